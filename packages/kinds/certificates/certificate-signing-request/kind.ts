import { defineKind } from '#machinery/kind.ts';
import { type CertificateSigningRequest, certificateSigningRequest } from './schema.ts';

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
    approval: { verbs: ['get', 'patch', 'update'] },
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
