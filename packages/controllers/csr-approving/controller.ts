/**
 * Approves the certificate requests of kubelets that may have them: for themselves (renewal) or, for bootstrap users, for a node.
 *
 * Source: kube-controller-manager `pkg/controller/certificates/approver`.
 */
import type { ReconcileContext } from '#controller/controller.ts';
import type { ControllerEntry } from '#controller/manager.ts';
import { watchSelf } from '#controller/watches.ts';
import { subjectAccessReviews } from '#kinds/authorization/subject-access-review/kind.ts';
import { certificateSigningRequests } from '#kinds/certificates/certificate-signing-request/kind.ts';
import type { CertificateSigningRequest } from '#kinds/certificates/certificate-signing-request/schema.ts';
import { hasCondition, KUBELET_CLIENT_SIGNER, kubeletClientProblem, requestPem } from '../csr-signing/request.ts';
import type { ReadRequest } from '../csr-signing/request.ts';

/** A way in which a request can be approved: the permission it takes and what is said then. */
export interface Recognition {
  readonly subresource: 'selfnodeclient' | 'nodeclient';
  readonly message: string;
}

const SELF: Recognition = { subresource: 'selfnodeclient', message: 'Auto approving self kubelet client certificate after SubjectAccessReview.' };
const NODE: Recognition = { subresource: 'nodeclient', message: 'Auto approving kubelet client certificate after SubjectAccessReview.' };

/** The ways in which the request could be approved, to be tried in order. */
export function recognize({ spec }: CertificateSigningRequest, facts: ReturnType<ReadRequest>): readonly Recognition[] {
  if (spec.signerName !== KUBELET_CLIENT_SIGNER || kubeletClientProblem(facts, spec.usages ?? []) !== undefined) return [];
  return spec.username === facts.commonName ? [SELF, NODE] : [NODE];
}

/** `certificatesigningrequest-approving-controller`; `read` reads PEM requests. */
export function csrApprovingController(read: ReadRequest): ControllerEntry {
  return {
    name: 'certificatesigningrequest-approving-controller',
    make({ informers }) {
      const informer = informers.of(certificateSigningRequests);
      return {
        name: 'certificate',
        watches: [watchSelf(informer)],
        async reconcile(key, context) {
          const csr = informer.lister.get(key);
          if (!csr || csr.metadata.deletionTimestamp || csr.status.certificate || hasCondition(csr, 'Approved') || hasCondition(csr, 'Denied'))
            return;
          for (const way of recognize(csr, read(requestPem(csr)))) {
            if (!(await isAllowed(csr, way, context))) continue;
            await approve(csr, way, context);
            return;
          }
        },
      };
    },
  };
}

async function isAllowed({ spec }: CertificateSigningRequest, { subresource }: Recognition, { client, signal }: ReconcileContext): Promise<boolean> {
  const { username, uid, groups, extra } = spec;
  const review = {
    spec: {
      ...(username ? { user: username } : {}),
      ...(uid ? { uid } : {}),
      ...(groups ? { groups } : {}),
      ...(extra ? { extra } : {}),
      resourceAttributes: { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource },
    },
  };
  const { status } = await client.of(subjectAccessReviews).create(review, {}, signal);
  return status.allowed;
}

async function approve(csr: CertificateSigningRequest, { message }: Recognition, { client, signal }: ReconcileContext): Promise<void> {
  const approved = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
  const body = { ...csr, status: { ...csr.status, conditions: [...(csr.status.conditions ?? []), approved] } };
  await client.of(certificateSigningRequests).sub('PUT', csr.metadata.name ?? '', 'approval', body, signal);
}
