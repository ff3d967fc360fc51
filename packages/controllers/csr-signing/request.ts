/**
 * What certificate requests for Kubernetes' own signers must look like.
 *
 * Source: the documented signers `kubernetes.io/*`; kubernetes `pkg/apis/certificates/helpers.go`.
 */
import { isIP } from 'node:net';
import type { CertificateRequest } from '#base/certificate-request.ts';
import type { CertificateSigningRequest } from '#kinds/certificates/certificate-signing-request/schema.ts';

/** What a request asks for. */
export type RequestFacts = Omit<CertificateRequest, 'publicKey'>;

/** Reads a PEM request. @throws Error when it is malformed or not signed by its own key */
export type ReadRequest = (pem: string) => RequestFacts;

/** Clients of the API server. */
export const API_CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
/** Kubelets as clients of the API server. */
export const KUBELET_CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
/** Kubelets as servers. */
export const KUBELET_SERVING_SIGNER = 'kubernetes.io/kubelet-serving';
/** Anything, without promises. */
export const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';

/** The PEM text of a request. */
export function requestPem({ spec }: CertificateSigningRequest): string {
  return Buffer.from(spec.request, 'base64').toString();
}

/** Whether a condition of this type is True. */
export function hasCondition({ status }: CertificateSigningRequest, type: 'Approved' | 'Denied' | 'Failed'): boolean {
  return status.conditions?.some((one) => one.type === type && one.status === 'True') ?? false;
}

function usagesProblem(usages: readonly string[], use: 'client auth' | 'server auth'): string | undefined {
  const wanted = ['digital signature', 'key encipherment', use].toSorted();
  const given = usages.toSorted().join();
  return given === wanted.join() || given === ['digital signature', use].toSorted().join() ? undefined : `usages did not match [${wanted.join(' ')}]`;
}

function nodeNameProblem({ commonName, organizations }: RequestFacts): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes';
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';
}

/** Why the request is not one for a kubelet's client certificate. */
export function kubeletClientProblem(facts: RequestFacts, usages: readonly string[]): string | undefined {
  const { organizations, alternativeNames, emailAddresses, uris } = facts;
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes';
  if (alternativeNames.some((name) => isIP(name) === 0)) return 'DNS subjectAltNames are not allowed';
  if (emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (alternativeNames.length > 0) return 'IP subjectAltNames are not allowed';
  if (uris.length > 0) return 'URI subjectAltNames are not allowed';
  return nodeNameProblem(facts) ?? usagesProblem(usages, 'client auth');
}

function kubeletServingProblem(facts: RequestFacts, usages: readonly string[]): string | undefined {
  const { organizations, alternativeNames, emailAddresses, uris } = facts;
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes') return 'subject organization is not system:nodes';
  if (alternativeNames.length === 0) return 'DNS or IP subjectAltName is required';
  if (emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (uris.length > 0) return 'URI subjectAltNames are not allowed';
  return usagesProblem(usages, 'server auth') ?? nodeNameProblem(facts);
}

function clientProblem(usages: readonly string[]): string | undefined {
  for (const usage of usages) {
    if (usage !== 'digital signature' && usage !== 'key encipherment' && usage !== 'client auth')
      return `invalid usage for client certificate: ${usage}`;
  }
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

/** Judges an approved request: for a signer of ours and good, good for nothing, or for somebody else. */
export function judgeRequest(
  signerName: string,
  facts: RequestFacts,
  usages: readonly string[],
): { readonly type: 'sign' | 'foreign' } | { readonly type: 'refuse'; readonly why: string } {
  const verdict = (why: string | undefined): ReturnType<typeof judgeRequest> => (why === undefined ? { type: 'sign' } : { type: 'refuse', why });
  switch (signerName) {
    case API_CLIENT_SIGNER:
      return verdict(clientProblem(usages));
    case KUBELET_CLIENT_SIGNER:
      return verdict(kubeletClientProblem(facts, usages));
    case KUBELET_SERVING_SIGNER:
      return verdict(kubeletServingProblem(facts, usages));
    case LEGACY_SIGNER:
      return verdict(
        usages.includes('client auth') || usages.includes('server auth') ? undefined : 'neither usage "client auth" nor "server auth" is asked for',
      );
    default:
      return { type: 'foreign' };
  }
}
