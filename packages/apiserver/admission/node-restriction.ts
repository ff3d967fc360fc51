/**
 * A node's agent changes its own node and the pods on it, and nothing else.
 *
 * Source: the NodeRestriction documentation; kubernetes `plugin/pkg/admission/noderestriction`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import { nodeOf } from '../authorization/node-authorizer.ts';
import type { Caches } from '../call.ts';
import type { TokenRequest } from '#kinds/authentication/token-request/schema.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Draft } from '#machinery/schema.ts';

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
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

/** A request of a node. */
interface NodeRequest {
  readonly request: AdmissionRequest;
  readonly node: string;
  readonly caches: Caches;
}

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
    const verb = operation === 'CREATE' ? 'is not allowed to set the following labels' : 'is not allowed to modify labels';
    throw refusal(request, `${verb}: ${labels.join(', ')}`);
  }
  if (operation === 'CREATE' || !before) return;
  if (subresource === '' && !sameValue(next.spec?.taints, before.spec.taints))
    throw refusal(request, `node ${quoted(node)} is not allowed to modify taints`);
  if (!sameValue(next.metadata?.ownerReferences, before.metadata.ownerReferences))
    throw refusal(request, `node ${quoted(node)} is not allowed to modify ownerReferences`);
}

function checkNewPod({ request, node }: NodeRequest): void {
  const pod = request.object as Draft<Pod>;
  if (pod.metadata?.annotations?.[MIRROR_ANNOTATION] === undefined) {
    throw refusal(request, `pod does not have ${quoted(MIRROR_ANNOTATION)} annotation, node ${quoted(node)} can only create mirror pods`);
  }
  if (pod.spec?.nodeName !== node) throw refusal(request, `node ${quoted(node)} can only create pods with spec.nodeName set to itself`);
  if (pod.spec.serviceAccountName) throw refusal(request, `node ${quoted(node)} can not create pods that reference a service account`);
  for (const { secret, configMap, persistentVolumeClaim, projected } of pod.spec.volumes ?? []) {
    if (secret) throw refusal(request, `node ${quoted(node)} can not create pods that reference secrets`);
    if (configMap) throw refusal(request, `node ${quoted(node)} can not create pods that reference configmaps`);
    if (persistentVolumeClaim) throw refusal(request, `node ${quoted(node)} can not create pods that reference persistentvolumeclaims`);
    if (projected) throw refusal(request, `node ${quoted(node)} can not create pods that reference projected volumes`);
  }
}

function checkPod(asked: NodeRequest): void {
  const { request, node, caches } = asked;
  const { operation, subresource } = request;
  if (subresource === '' && operation === 'CREATE') return checkNewPod(asked);
  const pod = (request.old as Pod | undefined) ?? caches.get(pods, request.namespace, request.name);
  const own = pod?.spec.nodeName === node;
  if (subresource === '' && operation === 'DELETE') {
    if (!own) throw refusal(request, `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`);
  } else if (subresource === 'status' && operation === 'UPDATE') {
    if (!own) throw refusal(request, `node ${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`);
    if (!sameValue(request.object?.metadata?.labels ?? {}, pod?.metadata.labels ?? {}))
      throw refusal(request, `node ${quoted(node)} cannot update labels through pod status`);
  } else if (subresource === 'eviction') {
    if (!own) throw refusal(request, `node ${quoted(node)} can only evict pods with spec.nodeName set to itself`);
  } else throw refusal(request, `unexpected operation ${quoted(operation)}, node ${quoted(node)} can only create and delete mirror pods`);
}

function checkToken({ request, node, caches }: NodeRequest): void {
  const bound = (request.object as Draft<TokenRequest>).spec?.boundObjectRef;
  if (!bound) throw refusal(request, 'node requested token not bound to a pod');
  if (bound.kind !== 'Pod') throw refusal(request, `node requested token not bound to a pod`);
  if (!bound.uid) throw refusal(request, 'node requested token with a pod binding without a uid');
  const pod = caches.get(pods, request.namespace, bound.name ?? '');
  if (pod && pod.metadata.uid !== bound.uid)
    throw refusal(
      request,
      `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod?.spec.nodeName !== node) throw refusal(request, 'node requested token bound to a pod scheduled on a different node');
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

/** By `GROUP/PLURAL`. */
const CHECKS: Readonly<Record<string, (asked: NodeRequest) => void>> = {
  '/nodes': checkNode,
  '/pods': checkPod,
  '/serviceaccounts': (asked) => {
    if (asked.request.subresource === 'token') checkToken(asked);
  },
  'coordination.k8s.io/leases': checkLease,
  'storage.k8s.io/csinodes': checkCsiNode,
};

/** The plugin. */
export function nodeRestriction(caches: Caches): AdmissionPlugin {
  return {
    name: 'NodeRestriction',
    interest: { operations: ['CREATE', 'UPDATE', 'DELETE'], resources: Object.keys(CHECKS), subresources: true },
    admit(request) {
      const node = nodeOf(request.user);
      if (node === undefined) return;
      if (node === '') throw refusal(request, 'could not determine node from user');
      CHECKS[`${request.kind.group}/${request.kind.plural}`]!({ request, node, caches });
    },
  };
}
