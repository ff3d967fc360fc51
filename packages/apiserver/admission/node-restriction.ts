/**
 * A node's agent changes its own node and the pods on it, and nothing else.
 *
 * Source: the NodeRestriction documentation; kubernetes `plugin/pkg/admission/noderestriction`.
 */
import type { AdmissionPlugin } from './admission.ts';
import { checkPod, checkToken, type NodeRequest } from './node-restriction-pods.ts';
import { refusal } from './refusal.ts';
import { nodeOf } from '../authorization/node-authorizer.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import type { Caches } from '../call.ts';
import { readCertificateRequest } from '#base/certificate-request.ts';
import type { CertificateSigningRequest } from '#kinds/certificates/certificate-signing-request/schema.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { ResourceSlice } from '#kinds/resource/resource-slice/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Draft } from '#machinery/schema.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
const RESTRICTED_LABELS = 'node-restriction.kubernetes.io';

/** Labels below these that a node may set on itself. Source: `kubeletapis.IsKubeletLabel`. */
const OWN_LABELS = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'node.kubernetes.io/windows-build',
]);
const OWN_LABEL_DOMAINS = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

const quoted = (text: string): string => JSON.stringify(text);

function domainOf(label: string): string {
  return label.includes('/') ? label.slice(0, label.indexOf('/')) : '';
}

const within = (domain: string, suffix: string): boolean => domain === suffix || domain.endsWith(`.${suffix}`);

function mayLabelItself(label: string): boolean {
  const domain = domainOf(label);
  if (within(domain, RESTRICTED_LABELS)) return false;
  if (!within(domain, 'kubernetes.io') && !within(domain, 'k8s.io')) return true;
  return OWN_LABELS.has(label) || OWN_LABEL_DOMAINS.some((own) => within(domain, own));
}

function changedLabels(next: Readonly<Record<string, string>>, before: Readonly<Record<string, string>>): string[] {
  const keys = new Set([...Object.keys(next), ...Object.keys(before)]);
  return [...keys].filter((key) => next[key] !== before[key]).toSorted();
}

function checkNode({ request, node }: NodeRequest): void {
  const { operation, object, old, subresource } = request;
  const name = request.name || (object?.metadata?.name ?? '');
  if (name !== node) throw refusal(request, `node ${quoted(node)} is not allowed to modify node ${quoted(name)}`);
  if (operation === 'DELETE' || !object) return;
  const next = object as Draft<Node>;
  const before = old as Node | undefined;
  const labels = changedLabels((next.metadata?.labels ?? {}) as Readonly<Record<string, string>>, before?.metadata.labels ?? {}).filter(
    (label) => !mayLabelItself(label),
  );
  if (labels.length > 0) {
    const verb = operation === 'CREATE' ? `node ${quoted(node)} is not allowed to set the following labels` : 'is not allowed to modify labels';
    throw refusal(request, `${verb}: ${labels.join(', ')}`);
  }
  if (operation === 'CREATE' || !before) return;
  if (subresource === '' && !sameValue(next.spec?.taints, before.spec.taints))
    throw refusal(request, `node ${quoted(node)} is not allowed to modify taints`);
  if (!sameValue(next.metadata?.ownerReferences, before.metadata.ownerReferences))
    throw refusal(request, `node ${quoted(node)} is not allowed to modify ownerReferences`);
}

function checkLease({ request, node }: NodeRequest): void {
  if (request.namespace !== LEASE_NAMESPACE) throw refusal(request, `can only access leases in the ${quoted(LEASE_NAMESPACE)} system namespace`);
  const name = request.name || (request.object?.metadata?.name ?? '');
  if (name !== node) throw refusal(request, 'can only access node lease with the same name as the requesting node');
}

function checkCsiNode({ request, node }: NodeRequest): void {
  const name = request.name || (request.object?.metadata?.name ?? '');
  if (name !== node) throw refusal(request, 'can only access CSINode with the same name as the requesting node');
}

/** What of a claim's status an agent writes while it makes a volume larger. */
const RESIZED = ['capacity', 'conditions', 'allocatedResources', 'allocatedResourceStatuses'] as const;

function checkClaim({ request, node }: NodeRequest): void {
  if (request.subresource !== 'status') throw refusal(request, 'may only update PVC status');
  if (request.operation !== 'UPDATE') throw refusal(request, `unexpected operation ${quoted(request.operation)}`);
  const rest = (claim: PersistentVolumeClaim): unknown => {
    const { managedFields: _managed, resourceVersion: _version, ...metadata } = claim.metadata;
    return {
      ...claim,
      metadata,
      status: Object.fromEntries(Object.entries(claim.status).filter(([name]) => !(RESIZED as readonly string[]).includes(name))),
    };
  };
  if (!sameValue(rest(request.object as unknown as PersistentVolumeClaim), rest(request.old as PersistentVolumeClaim))) {
    throw refusal(request, `node ${quoted(node)} is not allowed to update fields other than status.quantity and status.conditions`);
  }
}

function checkSlice({ request, node }: NodeRequest): void {
  const nodeOfSlice = (slice: unknown): string => (slice as ResourceSlice | undefined)?.spec.nodeName ?? '';
  if (request.operation === 'CREATE' && nodeOfSlice(request.object) !== node)
    throw refusal(request, 'can only create ResourceSlice with the same NodeName as the requesting node');
  if (request.operation !== 'CREATE' && nodeOfSlice(request.old) !== node)
    throw refusal(request, `can only ${request.operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`);
}

const NODE_SIGNERS = ['kubernetes.io/kube-apiserver-client-kubelet', 'kubernetes.io/kubelet-serving'];

function checkCertificateRequest({ request, node }: NodeRequest): void {
  const { spec } = request.object as Draft<CertificateSigningRequest>;
  if (request.operation !== 'CREATE' || request.subresource !== '' || !NODE_SIGNERS.includes(spec?.signerName ?? '')) return;
  let commonName: string;
  try {
    ({ commonName } = readCertificateRequest(Buffer.from(spec?.request ?? '', 'base64').toString()));
  } catch (error) {
    throw refusal(request, `unable to parse csr: ${(error as Error).message}`);
  }
  if (commonName !== `system:node:${node}`) throw refusal(request, `can only create a node CSR with CN=system:node:${node}`);
}

/** By `GROUP/PLURAL`. */
const CHECKS: Readonly<Record<string, (asked: NodeRequest) => void | Promise<void>>> = {
  '/nodes': checkNode,
  '/pods': checkPod,
  '/persistentvolumeclaims': checkClaim,
  '/serviceaccounts': (asked) => (asked.request.subresource === 'token' ? checkToken(asked) : undefined),
  'coordination.k8s.io/leases': checkLease,
  'storage.k8s.io/csinodes': checkCsiNode,
  'resource.k8s.io/resourceslices': checkSlice,
  'certificates.k8s.io/certificatesigningrequests': checkCertificateRequest,
};

/** What the plugin works with. */
export interface NodeRestrictionOptions {
  readonly caches: Caches;
  readonly authorizer: Authorizer;
}

/** The plugin. */
export function nodeRestriction({ caches, authorizer }: NodeRestrictionOptions): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    interest: { operations: ['CREATE', 'UPDATE', 'DELETE'], resources: Object.keys(CHECKS), subresources: true },
    admit(request) {
      const node = nodeOf(request.user);
      if (node === undefined) return undefined;
      if (node === '') throw refusal(request, 'could not determine node from user');
      return CHECKS[`${request.kind.group}/${request.kind.plural}`]!({ request, node, caches, authorizer });
    },
  };
}
