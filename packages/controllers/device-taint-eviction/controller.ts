/**
 * Deletes pods whose devices are tainted with NoExecute and who do not (or no longer) tolerate that.
 *
 * Source: kube-controller-manager `pkg/controller/devicetainteviction`.
 */
import type { Counter, Histogram } from '#base/metrics.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { resourceClaims } from '#kinds/resource/resource-claim/kind.ts';
import type { ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';
import { deviceTaintRules } from '#kinds/resource/device-taint-rule/kind.ts';
import type { DeviceTaintRule } from '#kinds/resource/device-taint-rule/schema.ts';
import { resourceSlices } from '#kinds/resource/resource-slice/kind.ts';
import type { ResourceSlice } from '#kinds/resource/resource-slice/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';
import { DELETION_BUCKETS } from '../taint-eviction/controller.ts';
import { markDisrupted } from '../disruption/disruption-target.ts';
import { claimNameOf } from '../resourceclaim/claim-names.ts';
import { findCondition, withoutCondition } from '../workload/conditions.ts';
import type { DeviceId } from './device-taints.ts';
import { claimEvictionMs, evictingTaintsOf, hasEvictingTaint, isEvictingRule, publishedDevices, selects } from './device-taints.ts';
import { evictionInProgress } from './rule-status.ts';

/** Between two looks at the status of a rule. */
const RULE_STATUS_MS = 10_000;

const DISRUPTION = { reason: 'DeletionByDeviceTaintManager', message: 'Device Taint manager: deleting due to NoExecute taint' } as const;

/** `device-taint-eviction-controller`; `rules` where `devicetaintrules` are served. */
export function deviceTaintEvictionController({ rules = false }: { readonly rules?: boolean } = {}): ControllerEntry {
  return {
    name: 'device-taint-eviction-controller',
    component: 'device-taint-eviction',
    make: (dependencies) => new DeviceTaintEviction(dependencies, rules).controller(),
  };
}

class DeviceTaintEviction {
  readonly #dependencies: ControllerDependencies;
  readonly #pods: Informer<Pod>;
  readonly #claims: Informer<ResourceClaim>;
  readonly #slices: Informer<ResourceSlice>;
  readonly #rules: Informer<DeviceTaintRule> | undefined;
  readonly #deletions: Counter | undefined;
  readonly #delay: Histogram | undefined;
  /** Pods whose time runs, by key. */
  readonly #running = new Set<string>();
  /** What rules did since the start, by uid: how many pods they cost, and when that shall be told. */
  readonly #done = new Map<string, { evicted: number; tellMs: number }>();
  #enqueue: (key: string) => void = () => undefined;

  constructor(dependencies: ControllerDependencies, withRules: boolean) {
    const { informers } = dependencies;
    this.#dependencies = dependencies;
    this.#pods = informers.of(pods);
    this.#claims = informers.of(resourceClaims);
    this.#slices = informers.of(resourceSlices);
    this.#rules = withRules ? informers.of(deviceTaintRules) : undefined;
    const prefix = 'device_taint_eviction_controller_pod';
    this.#deletions = dependencies.metrics?.counter({ name: `${prefix}_deletions_total`, help: 'Total number of Pods deleted by DeviceTaintEvictionController since its start.' });
    this.#delay = dependencies.metrics?.histogram({
      name: `${prefix}_deletion_duration_seconds`,
      help: "Latency, in seconds, between the time when a device taint effect has been activated and a Pod's deletion via DeviceTaintEvictionController.",
      buckets: DELETION_BUCKETS,
    });
  }

  controller(): Controller {
    const users = (claim: ResourceClaim): string[] => (claim.status.reservedFor ?? []).map(({ name }) => `${claim.metadata.namespace}/${name}`);
    const everyUser = (isEvicting: boolean): string[] => (isEvicting || this.#running.size > 0 ? this.#claims.lister.list().flatMap(users) : []);
    return {
      name: 'device_taint_eviction',
      watches: [
        watchSelf(this.#pods, { changed: (pod, old) => pod.spec.nodeName !== old.spec.nodeName }),
        watch(this.#claims, users),
        watch(this.#slices, (slice) => everyUser(hasEvictingTaint(slice))),
        ...(this.#rules ? [watch(this.#rules, (rule) => everyUser(isEvictingRule(rule))), watchSelf(this.#rules, { changed: (rule, old) => !sameValue(rule.spec, old.spec) })] : []),
      ],
      // Names of rules have no namespace.
      reconcile: (key, context) => (key.includes('/') ? this.#reconcile(key, context) : this.#tellRule(key, context)),
      background: (_context, enqueue) => {
        this.#enqueue = enqueue;
        return Promise.resolve();
      },
    };
  }

  async #tellRule(name: string, { client, clock, signal }: ReconcileContext): Promise<ReconcileAgain | void> {
    const rule = this.#rules?.lister.get(name);
    if (!rule) {
      const known = new Set(this.#rules?.lister.list().map(({ metadata }) => metadata.uid));
      for (const uid of this.#done.keys()) if (!known.has(uid)) this.#done.delete(uid);
      return undefined;
    }
    const { uid = '', generation } = rule.metadata;
    const nowMs = clock.now();
    const known = findCondition(rule.status.conditions, 'EvictionInProgress');
    const isOld = known && known.observedGeneration === generation;
    const done = this.#done.get(uid);
    const dueMs = isOld ? Math.max(done?.tellMs ?? 0, timeToMs(known.lastTransitionTime) + RULE_STATUS_MS) : 0;
    if (dueMs > nowMs) return { afterMs: dueMs - nowMs };
    const { effect } = rule.spec.taint;
    const isCounted = effect === 'NoExecute' || effect === 'None';
    const count = (devices: readonly DeviceId[]): number => devices.filter((device) => selects(rule, device)).length;
    const next = evictionInProgress(rule, {
      pending: isCounted ? this.#pods.lister.list().flatMap((pod) => (this.#drives(rule, pod) ? [pod.metadata.namespace ?? ''] : [])) : [],
      evicted: done?.evicted ?? 0,
      published: count(publishedDevices(this.#slices.lister.list())),
      allocated: count(this.#claims.lister.list().flatMap(({ status }) => status.allocation?.devices.results ?? [])),
    });
    if (known && sameValue({ ...known, lastTransitionTime: '' }, { ...next, lastTransitionTime: '' })) return undefined;
    const conditions = [...withoutCondition(rule.status.conditions, next.type), { ...next, lastTransitionTime: formatTime(nowMs) }];
    try {
      await client.of(deviceTaintRules).patch(name, { type: 'merge', body: { metadata: { uid }, status: { conditions } }, subresource: 'status' }, {}, signal);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
    return undefined;
  }

  /** Whether the pod has to go because of the rule, or had to if the rule drove pods away. */
  #drives(rule: DeviceTaintRule, pod: Pod): boolean {
    if (pod.metadata.deletionTimestamp || !pod.spec.nodeName) return false;
    const taint = { ...rule.spec.taint, effect: 'NoExecute' as const };
    return this.#claimsOf(pod).some((claim) => claimEvictionMs(claim, (device) => (selects(rule, device) ? [taint] : [])) !== undefined);
  }

  #countEviction(pod: Pod, nowMs: number): void {
    for (const rule of this.#rules?.lister.list() ?? []) {
      const { name = '', uid = '' } = rule.metadata;
      if (!isEvictingRule(rule) || !this.#drives(rule, pod)) continue;
      this.#done.set(uid, { evicted: (this.#done.get(uid)?.evicted ?? 0) + 1, tellMs: nowMs + RULE_STATUS_MS });
      this.#enqueue(name);
    }
  }

  async #reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const pod = this.#pods.lister.get(key);
    if (!pod || pod.metadata.deletionTimestamp || !pod.spec.nodeName) {
      this.#running.delete(key);
      return undefined;
    }
    const dueMs = this.#dueMs(pod);
    if (dueMs === undefined) {
      if (this.#running.delete(key)) this.#say(pod, 'Cancelling deletion');
      return undefined;
    }
    const afterMs = dueMs - context.clock.now();
    if (afterMs > 0) {
      this.#running.add(key);
      return { afterMs };
    }
    await this.#evict(pod, context);
    this.#countEviction(pod, context.clock.now());
    this.#deletions?.increment();
    this.#delay?.observe(-afterMs / 1000);
    this.#running.delete(key);
    return undefined;
  }

  /** The claims that the pod holds. */
  #claimsOf(pod: Pod): readonly ResourceClaim[] {
    return (pod.spec.resourceClaims ?? []).flatMap((one) => {
      const named = claimNameOf(pod, one);
      const claim = named.type === 'named' ? this.#claims.lister.get(`${pod.metadata.namespace}/${named.name}`) : undefined;
      return claim?.status.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) ? [claim] : [];
    });
  }

  #dueMs(pod: Pod): number | undefined {
    const own = this.#claimsOf(pod);
    if (own.length === 0) return undefined;
    const taintsOf = evictingTaintsOf(this.#slices.lister.list(), this.#rules?.lister.list() ?? []);
    const due = own.map((claim) => claimEvictionMs(claim, taintsOf)).filter((one) => one !== undefined);
    return due.length > 0 ? Math.min(...due) : undefined;
  }

  async #evict(pod: Pod, { client, clock, signal, failures, log }: ReconcileContext): Promise<void> {
    const { namespace = '', name = '', uid } = pod.metadata;
    if (failures === 0) this.#say(pod, 'Marking for deletion');
    try {
      await markDisrupted(client, pod, DISRUPTION, { nowMs: clock.now(), signal });
      await client.of(pods).namespace(namespace).delete(name, uid ? { preconditions: { uid } } : {}, signal);
      log.info('a pod lost its tainted device', { pod: objectKey(pod) });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }

  #say(pod: Pod, text: string): void {
    this.#dependencies.events.event(pod, 'Normal', 'DeviceTaintManagerEviction', text);
  }
}
