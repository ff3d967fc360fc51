import { type FieldError, invalid } from '#machinery/field-error.ts';
import { defineKind } from '#machinery/kind.ts';
import { nameColumn } from '../../cells.ts';
import { immutable } from '../../rules.ts';
import { type ClusterTrustBundle, clusterTrustBundle } from './schema.ts';

const BLOCK = /-----BEGIN ([^-]+)-----\r?\n([\s\S]*?)-----END \1-----/g;

/** Certificates in PEM, at least one, none twice, without headers. */
function trustBundleRules(field: string, text: string): FieldError[] {
  const problems: FieldError[] = [];
  const seen = new Set<string>();
  let index = 0;
  for (const [, type, body = ''] of text.matchAll(BLOCK)) {
    const der = body.replaceAll(/\s/g, '');
    if (type !== 'CERTIFICATE') problems.push(invalid(field, '<value omitted>', `entry ${index} has bad block type: ${type}`));
    else if (body.includes(':')) problems.push(invalid(field, '<value omitted>', `entry ${index} has PEM block headers`));
    else if (seen.has(der)) problems.push(invalid(field, '<value omitted>', `duplicate trust anchor (indices ${[...seen].indexOf(der)} and ${index})`));
    seen.add(der);
    index++;
  }
  return index === 0 ? [invalid(field, '<value omitted>', 'at least one trust anchor must be provided')] : problems;
}

/** Source: kubernetes `pkg/apis/certificates/validation` ValidateClusterTrustBundle. */
function validate({ metadata, spec }: ClusterTrustBundle): FieldError[] {
  const { name = '' } = metadata;
  const errors = trustBundleRules('spec.trustBundle', spec.trustBundle);
  if (!spec.signerName) {
    if (name.includes(':')) errors.unshift(invalid('metadata.name', name, 'ClusterTrustBundle without signer name must not have ":" in its name'));
    return errors;
  }
  const prefix = `${spec.signerName.replaceAll('/', ':')}:`;
  if (!name.startsWith(prefix)) errors.unshift(invalid('metadata.name', name, `ClusterTrustBundle for signerName ${spec.signerName} must be named with prefix ${prefix}`));
  return errors;
}

/** A path segment: bundles of signers have colons in their names. */
function validateName(name: string): string[] {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((mark) => name.includes(mark)).map((mark) => `may not contain '${mark}'`);
}

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
    validate,
    validateName,
    validateUpdate: (object, stored) => [...validate(object), ...immutable('spec.signerName', object.spec.signerName ?? '', stored.spec.signerName ?? '')],
  },
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName ?? '' },
  columns: [nameColumn, { name: 'SignerName', type: 'string', description: 'SignerName indicates the associated signer, if any.', cell: ({ spec }) => spec.signerName || '<none>' }],
});
