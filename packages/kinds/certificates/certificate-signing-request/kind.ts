import { defineKind } from '#machinery/kind.ts';
import { type CertificateSigningRequest, certificateSigningRequest } from './schema.ts';
import { csrApprovalSubresource, csrColumns, csrStatusSubresource, csrStrategy } from './strategy.ts';

/** `certificatesigningrequests` of certificates.k8s.io. */
export const certificateSigningRequests = defineKind<CertificateSigningRequest>({
  group: 'certificates.k8s.io',
  version: 'v1',
  kind: 'CertificateSigningRequest',
  plural: 'certificatesigningrequests',
  shortNames: ['csr'],
  namespaced: false,
  schema: certificateSigningRequest,
  subresources: {
    approval: csrApprovalSubresource,
    status: csrStatusSubresource,
  },
  strategy: csrStrategy,
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName },
  columns: csrColumns,
});
