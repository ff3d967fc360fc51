/**
 * What objects use of a quota, and which quotas count them. Admission asks before an object is written, the controller when it counts anew.
 *
 * Source: kubernetes `pkg/quota/v1/evaluator/core`, apiserver `quota/v1/generic`.
 */
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { addQuantities, compareQuantities, subtractQuantities } from '#machinery/quantity.ts';
import { timeToMs } from '#machinery/time.ts';
import type { PersistentVolumeClaim } from '../persistent-volume-claim/schema.ts';
import { qosClass } from '../pod/qos.ts';
import { podLimits, podRequests } from '../pod/requests.ts';
import { isExtendedResource } from '../pod/resource-names.ts';
import type { Pod } from '../pod/schema.ts';
import type { Service } from '../service/schema.ts';
import { needsNodePort } from '../service/traits.ts';
import type { ResourceQuota, ScopedResourceSelectorRequirement } from './schema.ts';

/** Amounts by the names that quotas use. */
export type QuotaAmounts = Readonly<Record<string, string>>;

/** Resources of the core group that are counted under their plural alone too. */
const PLAIN_COUNTS: readonly string[] = ['configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas'];

const CLAIM_CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';

function countName({ group, plural }: Pick<Kind, 'group' | 'plural'>): string {
  return group ? `count/${plural}.${group}` : `count/${plural}`;
}

/** Pods that have ended, or should have by now (their grace period counted once more, for clocks that differ), use nothing but their place. */
function usesResources({ metadata, status }: Pod, nowMs: number): boolean {
  if (status.phase === 'Succeeded' || status.phase === 'Failed') return false;
  if (!metadata.deletionTimestamp || metadata.deletionGracePeriodSeconds === undefined) return true;
  return nowMs <= timeToMs(metadata.deletionTimestamp) + metadata.deletionGracePeriodSeconds * 1000;
}

function podUsage(pod: Pod, nowMs: number): Record<string, string> {
  const used: Record<string, string> = { 'count/pods': '1' };
  if (!usesResources(pod, nowMs)) return used;
  used['pods'] = '1';
  for (const [name, amount] of Object.entries(podRequests(pod))) {
    if (isExtendedResource(name)) used[`requests.${name}`] = amount;
    else {
      used[name] = amount;
      used[`requests.${name}`] = amount;
    }
  }
  for (const [name, amount] of Object.entries(podLimits(pod))) {
    if (!isExtendedResource(name) && !name.startsWith('hugepages-')) used[`limits.${name}`] = amount;
  }
  return used;
}

function serviceUsage({ spec }: Service): Record<string, string> {
  const nodePorts = needsNodePort(spec) ? (spec.ports ?? []).length : (spec.ports ?? []).filter(({ nodePort }) => nodePort).length;
  return {
    'count/services': '1',
    services: '1',
    'services.nodeports': String(nodePorts),
    'services.loadbalancers': spec.type === 'LoadBalancer' ? '1' : '0',
  };
}

function claimUsage({ metadata, spec, status }: PersistentVolumeClaim): Record<string, string> {
  const used: Record<string, string> = { 'count/persistentvolumeclaims': '1', persistentvolumeclaims: '1' };
  const storageClass = metadata.annotations?.[CLAIM_CLASS_ANNOTATION] ?? spec.storageClassName;
  if (storageClass) used[`${storageClass}${CLASS_SUFFIX}persistentvolumeclaims`] = '1';
  const asked = spec.resources.requests?.['storage'];
  if (asked === undefined) return used;
  const allocated = status.allocatedResources?.['storage'];
  const storage = allocated !== undefined && compareQuantities(allocated, asked) > 0 ? allocated : asked;
  used['requests.storage'] = storage;
  if (storageClass) used[`${storageClass}${CLASS_SUFFIX}requests.storage`] = storage;
  return used;
}

/** What `object` uses. */
export function quotaUsage(kind: Pick<Kind, 'group' | 'plural'>, object: KubeObject, nowMs: number): QuotaAmounts {
  if (kind.group === '') {
    if (kind.plural === 'pods') return podUsage(object as Pod, nowMs);
    if (kind.plural === 'services') return serviceUsage(object as Service);
    if (kind.plural === 'persistentvolumeclaims') return claimUsage(object as PersistentVolumeClaim);
    if (PLAIN_COUNTS.includes(kind.plural)) return { [countName(kind)]: '1', [kind.plural]: '1' };
  }
  return { [countName(kind)]: '1' };
}

function matchesText({ operator, values = [] }: ScopedResourceSelectorRequirement, text: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return Boolean(text);
    case 'DoesNotExist':
      return !text;
    case 'In':
      return text !== undefined && values.includes(text);
    case 'NotIn':
      return text === undefined || !values.includes(text);
  }
}

function crossesNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  return [podAffinity, podAntiAffinity].some((affinity) => {
    const terms = [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((one) => one.podAffinityTerm),
    ];
    return terms.some((term) => (term?.namespaces?.length ?? 0) > 0 || term?.namespaceSelector !== undefined);
  });
}

function podInScope(requirement: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return (pod.spec.activeDeadlineSeconds ?? -1) >= 0;
    case 'NotTerminating':
      return (pod.spec.activeDeadlineSeconds ?? -1) < 0;
    case 'BestEffort':
      return qosClass(pod.spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(pod.spec) !== 'BestEffort';
    case 'PriorityClass':
      return matchesText(requirement, pod.spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(pod);
    default:
      return false;
  }
}

/** Whether the quota's scopes take in the object. */
export function isInScope({ spec }: ResourceQuota, kind: Pick<Kind, 'group' | 'plural'>, object: KubeObject): boolean {
  const requirements: ScopedResourceSelectorRequirement[] = [
    ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' as const })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ];
  return requirements.every((requirement) => {
    if (kind.group === '' && kind.plural === 'pods') return podInScope(requirement, object as Pod);
    if (kind.group === '' && kind.plural === 'persistentvolumeclaims' && requirement.scopeName === 'VolumeAttributesClass') {
      return matchesText(requirement, (object as PersistentVolumeClaim).spec.volumeAttributesClassName);
    }
    return false;
  });
}

/** The amounts whose names are among those of `names`. */
export function onlyNamed(amounts: QuotaAmounts, names: QuotaAmounts): QuotaAmounts {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => Object.hasOwn(names, name)));
}

/** The sum of two lists of amounts. */
export function addAmounts(a: QuotaAmounts, b: QuotaAmounts): QuotaAmounts {
  const sum: Record<string, string> = { ...a };
  for (const [name, amount] of Object.entries(b)) sum[name] = sum[name] === undefined ? amount : addQuantities(sum[name], amount);
  return sum;
}

/** `a` less `b`; what `a` lacks counts as nothing. */
export function subtractAmounts(a: QuotaAmounts, b: QuotaAmounts): QuotaAmounts {
  const rest: Record<string, string> = { ...a };
  for (const [name, amount] of Object.entries(b)) rest[name] = subtractQuantities(rest[name] ?? '0', amount);
  return rest;
}
