/**
 * Who may approve, sign and attest for a signer, and what the cluster's own client signer is never asked for.
 *
 * Source: kubernetes `plugin/pkg/admission/certificates`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import { type Authorizer, resourceAttributes } from '../authorization/authorizer.ts';
import { readCertificateRequest } from '#base/certificate-request.ts';
import type { CertificateSigningRequest } from '#kinds/certificates/certificate-signing-request/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';

const GROUP = 'certificates.k8s.io';
const REQUESTS = `${GROUP}/certificatesigningrequests`;
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
const MASTERS = 'system:masters';

/** Whether the user has `verb` on the signer by its name or by `DOMAIN/*`. */
async function isAllowed(authorizer: Authorizer, { user }: AdmissionRequest, verb: string, signer: string): Promise<boolean> {
  const all = `${signer.slice(0, Math.max(signer.indexOf('/'), 0))}/*`;
  for (const name of [signer, all]) {
    const { verdict } = await authorizer.authorize(user, resourceAttributes({ verb, group: GROUP, version: '*', resource: 'signers', name }));
    if (verdict === 'allow') return true;
  }
  return false;
}

/** Approving and denying needs the verb `approve` on the signer. */
export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    interest: { operations: ['UPDATE'], resources: [REQUESTS], subresources: ['approval'] },
    async validate(request) {
      if (request.subresource !== 'approval') return;
      const { signerName } = (request.old as CertificateSigningRequest).spec;
      if (!(await isAllowed(authorizer, request, 'approve', signerName)))
        throw refusal(request, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`);
    },
  };
}

/** Issuing a certificate and saying that it failed needs the verb `sign` on the signer. */
export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    interest: { operations: ['UPDATE'], resources: [REQUESTS], subresources: ['status'] },
    async validate(request) {
      if (request.subresource !== 'status') return;
      const before = request.old as CertificateSigningRequest;
      const { status } = request.object as unknown as CertificateSigningRequest;
      if (status.certificate === before.status.certificate && sameValue(status.conditions, before.status.conditions)) return;
      const { signerName } = before.spec;
      if (!(await isAllowed(authorizer, request, 'sign', signerName)))
        throw refusal(request, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`);
    },
  };
}

/** Trust bundles of a signer need the verb `attest` on it. */
export function clusterTrustBundleAttest(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    interest: { operations: ['CREATE', 'UPDATE'], resources: [`${GROUP}/clustertrustbundles`] },
    async validate(request) {
      const { metadata, spec } = (request.object ?? {}) as {
        readonly metadata?: { readonly deletionTimestamp?: string; readonly finalizers?: readonly string[] };
        readonly spec?: { readonly signerName?: string };
      };
      const ends = request.operation === 'UPDATE' && metadata?.deletionTimestamp !== undefined && !metadata.finalizers?.length;
      const signerName = spec?.signerName ?? '';
      if (ends || signerName === '') return;
      if (!(await isAllowed(authorizer, request, 'attest', signerName)))
        throw refusal(request, `user not permitted to attest for signerName ${JSON.stringify(signerName)}`);
    },
  };
}

/** Nobody becomes a member of system:masters by a request. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  interest: { operations: ['CREATE'], resources: [REQUESTS] },
  validate(request) {
    const { spec } = request.object as unknown as CertificateSigningRequest;
    if (spec.signerName !== CLIENT_SIGNER) return;
    let organizations: readonly string[];
    try {
      ({ organizations } = readCertificateRequest(Buffer.from(spec.request, 'base64').toString()));
    } catch (error) {
      throw refusal(request, `failed to parse CSR: ${(error as Error).message}`);
    }
    if (organizations.includes(MASTERS)) throw refusal(request, `use of ${CLIENT_SIGNER} signer with ${MASTERS} group is not allowed`);
  },
};
