/**
 * Quotas: an object is written only when its namespace has enough left, and is counted at once.
 *
 * The count is a compare-and-swap on the quota's status, so that requests in parallel, on several servers too, never exceed it together.
 *
 * Source: apiserver `admission/plugin/resourcequota`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { checkLimited, type LimitedResource } from './limited-resources.ts';
import { refusal } from './refusal.ts';
import type { Caches } from '../call.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import type { ResourceQuota } from '#kinds/core/resource-quota/schema.ts';
import { addAmounts, isInScope, onlyNamed, quotaUsage, subtractAmounts, type QuotaAmounts } from '#kinds/core/resource-quota/usage.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { compareQuantities, quantitySign } from '#machinery/quantity.ts';

/** Changes the status of a quota; retried when others were faster. */
export type ChangeQuota = (namespace: string, name: string, change: (stored: ResourceQuota) => ResourceQuota | undefined) => Promise<unknown>;

/** What the plugin works with. */
export interface ResourceQuotaOptions {
  readonly caches: Caches;
  readonly changeQuota: ChangeQuota;
  /** What may be used only where a quota says so. */
  readonly limited?: readonly LimitedResource[];
}

/** Kinds whose updates may use more than before. */
const UPDATED: readonly string[] = ['services', 'persistentvolumeclaims'];

/** Pods must say what they want of these when a quota bounds them. */
const COMPUTE = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

function amountsText(amounts: QuotaAmounts): string {
  return Object.entries(amounts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}=${amount}`)
    .join(',');
}

/** What the request uses more than before. What it uses less is given back by the controller, once it is written. */
function delta(request: AdmissionRequest): QuotaAmounts {
  const { kind, object, old, nowMs } = request;
  const used = quotaUsage(kind, object as unknown as KubeObject, nowMs);
  const difference = old ? subtractAmounts(used, quotaUsage(kind, old, nowMs)) : used;
  return Object.fromEntries(Object.entries(difference).filter(([, amount]) => quantitySign(amount) > 0));
}

/** `limits.cpu for: a,b; requests.cpu for: a`: what containers leave out although a quota bounds it. */
function missing(pod: Pod, hard: QuotaAmounts): string | undefined {
  const bounded = Object.keys(hard).filter((name) => COMPUTE.has(name));
  const byResource = new Map<string, string[]>();
  const ofPod = pod.spec.resources;
  for (const container of [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]) {
    for (const name of bounded) {
      const side = name.startsWith('limits.') ? 'limits' : 'requests';
      const resource = name.replace(/^(limits|requests)\./, '');
      // What the pod says as a whole need not be said by its containers.
      if (ofPod?.[side]?.[resource] === undefined && container.resources?.[side]?.[resource] === undefined)
        byResource.set(name, [...(byResource.get(name) ?? []), container.name]);
    }
  }
  if (byResource.size === 0) return undefined;
  return [...byResource]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, containers]) => `${name} for: ${containers.toSorted().join(',')}`)
    .join('; ');
}

/** The quota with the request counted. @throws StatusError Forbidden */
function count(request: AdmissionRequest, quota: ResourceQuota, wanted: QuotaAmounts): ResourceQuota {
  const { spec, status, metadata } = quota;
  const hard = spec.hard ?? {};
  const requested = onlyNamed(wanted, hard);
  const unknown = Object.keys(requested).filter((name) => status.used?.[name] === undefined || status.hard?.[name] === undefined);
  if (unknown.length > 0) throw refusal(request, `status unknown for quota: ${metadata.name}, resources: ${unknown.toSorted().join(',')}`);
  const used = status.used ?? {};
  const after = addAmounts(onlyNamed(used, requested), requested);
  const exceeded = Object.fromEntries(
    Object.entries(after).filter(([name, amount]) => quantitySign(requested[name]!) > 0 && compareQuantities(amount, hard[name]!) > 0),
  );
  if (Object.keys(exceeded).length > 0) {
    const parts = [
      `requested: ${amountsText(onlyNamed(requested, exceeded))}`,
      `used: ${amountsText(onlyNamed(used, exceeded))}`,
      `limited: ${amountsText(onlyNamed(hard, exceeded))}`,
    ];
    throw refusal(request, `exceeded quota: ${metadata.name}, ${parts.join(', ')}`);
  }
  return { ...quota, status: { ...status, used: { ...used, ...after } } };
}

/** The plugin. It comes last: what other plugins refuse is not counted. */
export function resourceQuota({ caches, changeQuota, limited = [] }: ResourceQuotaOptions): AdmissionPlugin {
  const countAll = async (request: AdmissionRequest, quotas: readonly ResourceQuota[], wanted: QuotaAmounts): Promise<void> => {
    for (const quota of quotas) {
      if (request.options.dryRun) count(request, quota, wanted);
      else await changeQuota(request.namespace, quota.metadata.name ?? '', (stored) => count(request, stored, wanted));
    }
  };
  return {
    name: 'ResourceQuota',
    interest: { operations: ['CREATE', 'UPDATE'], subresources: ['resize'] },
    validate(request) {
      const { kind, operation, namespace, subresource } = request;
      // Pods use more than before only when they are resized.
      const grows = kind.group === '' && (kind.plural === 'pods' ? subresource === 'resize' : UPDATED.includes(kind.plural));
      if (namespace === '' || (operation === 'UPDATE' && !grows)) return undefined;
      const all = caches.list(resourceQuotas, namespace);
      if (all.length === 0 && limited.length === 0) return undefined;
      const object = request.object as unknown as KubeObject;
      const wanted = delta(request);
      const quotas = all.filter(
        (quota) =>
          isInScope(quota, kind, object) && Object.keys(onlyNamed(quotaUsage(kind, object, request.nowMs), quota.spec.hard ?? {})).length > 0,
      );
      if (kind.group === '' && kind.plural === 'pods' && operation === 'CREATE') {
        for (const { spec, metadata } of all.filter((quota) => isInScope(quota, kind, object))) {
          const text = missing(object as Pod, spec.hard ?? {});
          if (text) throw refusal(request, `failed quota: ${metadata.name}: must specify ${text}`);
        }
      }
      checkLimited(limited, { request, wanted, quotas: all });
      const affected = quotas.filter(({ spec }) => Object.keys(onlyNamed(wanted, spec.hard ?? {})).length > 0);
      return affected.length > 0 ? countAll(request, affected, wanted) : undefined;
    },
  };
}
