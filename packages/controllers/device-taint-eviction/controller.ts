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
import { isReason } from '#machinery/status.ts';
import { DELETION_BUCKETS } from '../taint-eviction/controller.ts';
import { markDisrupted } from '../disruption/disruption-target.ts';
import { claimNameOf } from '../resourceclaim/claim-names.ts';
import { claimEvictionMs, evictingTaintsOf, hasEvictingTaint, isEvictingRule } from './device-taints.ts';

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
        ...(this.#rules ? [watch(this.#rules, (rule) => everyUser(isEvictingRule(rule)))] : []),
      ],
      reconcile: (key, context) => this.#reconcile(key, context),
    };
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
    this.#deletions?.increment();
    this.#delay?.observe(-afterMs / 1000);
    this.#running.delete(key);
    return undefined;
  }

  #dueMs(pod: Pod): number | undefined {
    const own = (pod.spec.resourceClaims ?? []).flatMap((one) => {
      const named = claimNameOf(pod, one);
      const claim = named.type === 'named' ? this.#claims.lister.get(`${pod.metadata.namespace}/${named.name}`) : undefined;
      return claim?.status.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) ? [claim] : [];
    });
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
