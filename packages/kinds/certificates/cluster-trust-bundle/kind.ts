import { defineKind } from '#machinery/kind.ts';
import { validatePathSegmentName } from '#machinery/names.ts';
import { nameColumn } from '../../cells.ts';
import { type ClusterTrustBundle, clusterTrustBundle } from './schema.ts';
import { validateTrustBundle, validateTrustBundleUpdate } from './validation.ts';

/** `clustertrustbundles` of certificates.k8s.io. */
export const clusterTrustBundles = defineKind<ClusterTrustBundle>({
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterTrustBundle',
  plural: 'clustertrustbundles',
  namespaced: false,
  schema: clusterTrustBundle,
  enabledByDefault: false,
  strategy: {
    // Bundles of signers have colons in their names; `validate` knows the rest.
    validateName: validatePathSegmentName,
    validate: validateTrustBundle,
    validateUpdate: validateTrustBundleUpdate,
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName ?? '' },
  columns: [nameColumn, { name: 'SignerName', type: 'string', description: 'SignerName indicates the associated signer, if any.', cell: ({ spec }) => spec.signerName || '<none>' }],
});
