/**
 * `pods/eviction`: deletes a pod if its disruption budget allows it.
 *
 * Source: kubernetes `pkg/registry/core/pod/storage/eviction.go`.
 */
import type { ApiCall, ApiReply, Caches, Handler } from '../../call.ts';
import { deleteObject } from '../delete.ts';
import { PLAIN_DELETE, type DeleteRequest } from '../delete-options.ts';
import { directUpdate } from '../direct-update.ts';
import { scopeOf } from '../object-handler.ts';
import type { StoredResource } from '../resources.ts';
import { admitSubresource, CREATED, readSubresourceCall } from '../subresource-call.ts';
import type { WriteServices } from '../write-scope.ts';
import { isPodReady } from '#kinds/core/pod/conditions.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodCondition } from '#kinds/core/pod/status.ts';
import { eviction as evictionSchema, type Eviction } from '#kinds/policy/eviction/schema.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import type { PodDisruptionBudget } from '#kinds/policy/pod-disruption-budget/schema.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { Condition } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { badRequest, forbidden, internalError, notFound, StatusError } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';

/** kubectl before 1.22 sends `v1beta1`, which upstream takes to this day. */
const TYPE = { group: 'policy', version: 'v1', kind: 'Eviction', schema: evictionSchema, olderVersions: ['policy/v1beta1'] };

/** A budget that remembers more unconfirmed evictions than this gets no more of them. Source: `MaxDisruptedPodSize`. */
const MAX_DISRUPTED_PODS = 2_000;

const RETRY_SECONDS = 10;

const BUDGETS = { group: 'policy', resource: 'poddisruptionbudgets' };

/** What the handler works with. */
export interface EvictionOptions {
  readonly services: WriteServices;
  readonly caches: Caches;
  readonly pods: StoredResource;
  readonly budgets: StoredResource;
}

function tooMany(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: { causes: [{ reason: 'DisruptionBudget', message }], ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}) },
  });
}

/** Pods whose eviction disrupts nothing. */
function needsNoBudget({ status, metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined || ['Succeeded', 'Failed', 'Pending'].includes(status.phase ?? '');
}

/** Whether a pod that is not ready may go without being counted. */
function goesUncounted(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (isPodReady(pod)) return false;
  return spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (status.currentHealthy >= status.desiredHealthy && status.desiredHealthy > 0);
}

/** The budget with one disruption less. @throws StatusError TooManyRequests, Forbidden */
function takeDisruption(budget: PodDisruptionBudget, podName: string, nowMs: number): PodDisruptionBudget {
  const { metadata, status } = budget;
  const name = metadata.name ?? '';
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, RETRY_SECONDS);
  if (status.disruptionsAllowed < 0) throw forbidden(BUDGETS, name, 'pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    throw forbidden(BUDGETS, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (status.disruptionsAllowed === 0)
    throw tooMany(`The disruption budget ${name} needs ${status.desiredHealthy} healthy pods and has ${status.currentHealthy} currently`, 0);
  const disruptionsAllowed = status.disruptionsAllowed - 1;
  const conditions = disruptionsAllowed === 0 ? withCondition(status.conditions, metadata.generation ?? 0, nowMs) : status.conditions;
  const disruptedPods = { ...status.disruptedPods, [podName]: formatTime(nowMs) };
  return { ...budget, status: { ...status, disruptionsAllowed, disruptedPods, ...(conditions ? { conditions } : {}) } };
}

function withCondition(conditions: readonly Condition[] | undefined, observedGeneration: number, nowMs: number): Condition[] {
  const type = 'DisruptionAllowed';
  const condition: Condition = {
    type,
    status: 'False',
    observedGeneration,
    lastTransitionTime: formatTime(nowMs),
    reason: 'InsufficientPods',
    message: '',
  };
  return [...(conditions ?? []).filter((one) => one.type !== type), condition];
}

/** The pod with the reason of its end. */
function markDisrupted(pod: Pod, nowMs: number): Pod {
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastTransitionTime: formatTime(nowMs),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    ...(pod.metadata.generation ? { observedGeneration: pod.metadata.generation } : {}),
  };
  const others = (pod.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget');
  return { ...pod, status: { ...pod.status, conditions: [...others, condition] } };
}

function deleteRequest({ deleteOptions }: Eviction, dryRun: boolean): DeleteRequest {
  return {
    ...PLAIN_DELETE,
    dryRun: dryRun || (deleteOptions?.dryRun ?? []).length > 0,
    gracePeriodSeconds: deleteOptions?.gracePeriodSeconds,
    preconditions: deleteOptions?.preconditions ?? {},
    propagationPolicy: deleteOptions?.propagationPolicy,
    orphanDependents: deleteOptions?.orphanDependents,
  };
}

/** Handles POST to `pods/NAME/eviction`. */
export function evictionHandler({ services, caches, pods, budgets }: EvictionOptions): Handler {
  const budgetsOf = (pod: Pod): PodDisruptionBudget[] =>
    caches
      .list(podDisruptionBudgets, pod.metadata.namespace ?? '')
      .filter(({ spec }) => compileLabelSelector(spec.selector).matches(pod.metadata.labels));

  const askBudget = async (pod: Pod, dryRun: boolean): Promise<void> => {
    const found = budgetsOf(pod);
    if (found.length > 1)
      throw internalError(new Error('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'));
    const [budget] = found;
    if (!budget || goesUncounted(pod, budget)) return;
    const nowMs = services.clock.now();
    await directUpdate(services, {
      resource: budgets,
      namespace: budget.metadata.namespace ?? '',
      name: budget.metadata.name ?? '',
      dryRun,
      change: (stored: KubeObject) => takeDisruption(stored as PodDisruptionBudget, pod.metadata.name ?? '', nowMs) as unknown as Draft<KubeObject>,
    });
  };

  return {
    async handle(call: ApiCall): Promise<ApiReply> {
      const subresource = readSubresourceCall(call, TYPE);
      const sent = subresource.sent as unknown as Eviction;
      const { namespace, name } = call.info;
      if (sent.metadata.name && sent.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object');
      await admitSubresource(services, pods.kind, subresource);
      const request = deleteRequest(sent, subresource.dryRun);
      if (!pods.storage.cache.get(`${namespace}/${name}`)) await services.freshness.newest();
      const pod = pods.storage.cache.get(`${namespace}/${name}`)?.object as Pod | undefined;
      if (!pod) throw notFound(pods.groupResource, name);
      const nowMs = services.clock.now();
      if (!needsNoBudget(pod)) {
        await askBudget(pod, request.dryRun);
        const change = (stored: KubeObject): Draft<KubeObject> => markDisrupted(stored as Pod, nowMs) as unknown as Draft<KubeObject>;
        await directUpdate(services, { resource: pods, namespace, name, dryRun: request.dryRun, change });
      }
      const options = { dryRun: request.dryRun, fieldManager: '', fieldValidation: 'ignore', force: false } as const;
      await deleteObject(services, { ...scopeOf(services, pods, call, options), subresource: '' }, request);
      return CREATED;
    },
  };
}
