/**
 * Pods that wait for a node.
 *
 *     add -> gated                     a preEnqueue plugin says no
 *         -> active  (heap by the profile's order)   -> pop -> cycle -> bound
 *     rejected -> unschedulable  -- event that may help, or 5 min -->  backoff (1 s..10 s)  -->  active
 *     failed   -> error backoff  -->  active
 *
 * When nothing is active, the backoff's first pod is taken early: waiting serves only to let others go first.
 *
 * Source: the documented behaviour of kube-scheduler's scheduling queue.
 */
import type { Clock } from '#base/clock.ts';
import { KeyedHeap } from '#base/heap.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { type ClusterEvent, podChangedForScheduling } from './events.ts';
import { InFlightEvents } from './in-flight-events.ts';
import type { SchedulerMetrics } from './metrics.ts';
import { type PodInfo, podInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';
import { UnschedulablePods } from './unschedulable-pods.ts';

/** A waiting pod with its history in the queue. */
export interface QueuedPod {
  info: PodInfo;
  readonly profile: Profile;
  /** For the profile's order. */
  readonly order: { priority: number; readonly addedMs: number };
  attempts: number;
  /** Attempts that ended with an error, in a row. */
  errors: number;
  /** Names of the plugins that rejected it last, or keep it out of the active queue; empty after an error. */
  rejectedBy: ReadonlySet<string>;
  /** Plugins among them that wait for something already under way. */
  pending: ReadonlySet<string>;
  /** When its last attempt ended. */
  failedMs: number;
}

/** How an attempt failed: by plugins (the pod waits for an event that helps one of them), or with an error when there are none (it backs off). */
export interface Rejections {
  readonly rejectedBy: ReadonlySet<string>;
  readonly pending?: ReadonlySet<string>;
}

/** Times of the queue, in milliseconds. */
export interface QueueTimes {
  readonly initialBackoffMs: number;
  readonly maxBackoffMs: number;
  /** A pod that no event helped is tried again after this. */
  readonly maxUnschedulableMs: number;
}

/** The documented defaults. */
export const QUEUE_TIMES: QueueTimes = { initialBackoffMs: 1_000, maxBackoffMs: 10_000, maxUnschedulableMs: 300_000 };

/** How many pods are where; names as in the `scheduler_pending_pods` metric. */
export interface QueueCounts {
  readonly active: number;
  readonly backoff: number;
  readonly unschedulable: number;
  readonly gated: number;
}

/** What a queue needs. */
export interface QueueOptions {
  readonly clock: Clock;
  readonly metrics: SchedulerMetrics;
  /** Called when there is something to do again. */
  readonly onActive: () => void;
  readonly times?: QueueTimes;
}

interface BackingOff {
  readonly pod: QueuedPod;
  readonly dueMs: number;
}

const NONE: ReadonlySet<string> = new Set();

/** The scheduling queue. Holds each unassigned pod once, so it is bounded by the number of pods. */
export class SchedulingQueue {
  readonly #options: QueueOptions;
  readonly #times: QueueTimes;
  readonly #active = new KeyedHeap<string, QueuedPod>((a, b) => a.profile.before(a.order, b.order));
  readonly #backoff = new KeyedHeap<string, BackingOff>((a, b) => a.dueMs < b.dueMs);
  readonly #errorBackoff = new KeyedHeap<string, BackingOff>((a, b) => a.dueMs < b.dueMs);
  readonly #unschedulable = new UnschedulablePods();
  readonly #gated = new UnschedulablePods();
  readonly #inFlight = new InFlightEvents();

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#times = options.times ?? QUEUE_TIMES;
  }

  get counts(): QueueCounts {
    return { active: this.#active.size, backoff: this.#backoff.size + this.#errorBackoff.size, unschedulable: this.#unschedulable.size, gated: this.#gated.size };
  }

  /** Whether `pop` would answer a pod, as far as gates allow. */
  get hasWork(): boolean {
    return this.#active.size + this.#backoff.size > 0;
  }

  /** Rejected pods by plugin and profile. */
  get unschedulable(): Pick<UnschedulablePods, 'counts'> {
    return this.#unschedulable;
  }

  /** Where a pod waits, with its history. */
  find(uid: string): { readonly where: keyof QueueCounts; readonly pod: QueuedPod } | undefined {
    const active = this.#active.get(uid);
    if (active) return { where: 'active', pod: active };
    const backoff = this.#backoff.get(uid) ?? this.#errorBackoff.get(uid);
    if (backoff) return { where: 'backoff', pod: backoff.pod };
    const rejected = this.#unschedulable.get(uid);
    if (rejected) return { where: 'unschedulable', pod: rejected };
    const gated = this.#gated.get(uid);
    return gated && { where: 'gated', pod: gated };
  }

  /** A pod without a node appeared. */
  add(pod: Pod, profile: Profile): void {
    const nowMs = this.#options.clock.monotonicMs();
    const info = podInfo(pod);
    const order = { priority: info.priority, addedMs: nowMs };
    this.#activate({ info, profile, order, attempts: 0, errors: 0, rejectedBy: NONE, pending: NONE, failedMs: nowMs }, 'UnscheduledPodAdd');
  }

  /** A waiting pod changed: its own change may help it. */
  update(pod: Pod, previous: Pod, profile: Profile): void {
    const uid = pod.metadata.uid!;
    const found = this.find(uid);
    if (!found) {
      this.add(pod, profile);
      return;
    }
    const waiting = found.pod;
    waiting.info = podInfo(pod, waiting.info);
    waiting.order.priority = waiting.info.priority;
    if (found.where === 'active') this.#active.set(uid, waiting);
    if (!podChangedForScheduling(pod, previous)) return;
    const event: ClusterEvent = { type: 'PodUpdate', next: pod, previous };
    if (found.where === 'gated') this.recheck(uid);
    else if (found.where === 'unschedulable' && mayHelp(waiting, event)) this.#retry(waiting, event.type);
  }

  delete(uid: string): void {
    this.#active.delete(uid);
    this.#backoff.delete(uid);
    this.#errorBackoff.delete(uid);
    this.#unschedulable.delete(uid);
    this.#gated.delete(uid);
  }

  /** The next pod to place: the attempt begins. It ends with `done` or `requeue`. */
  pop(): QueuedPod | undefined {
    const pod = this.#active.pop() ?? this.#popEarly();
    if (!pod) return undefined;
    pod.attempts++;
    this.#inFlight.start(pod.info.uid);
    return pod;
  }

  /** The pod is bound or gone. */
  done(uid: string): void {
    this.#inFlight.end(uid);
  }

  /** An attempt failed; the pod is tried again when that makes sense. */
  requeue(pod: QueuedPod, { rejectedBy, pending = NONE }: Rejections): void {
    const { uid } = pod.info;
    const missed = this.#inFlight.end(uid);
    pod.rejectedBy = rejectedBy;
    pod.pending = pending;
    pod.failedMs = this.#options.clock.monotonicMs();
    if (rejectedBy.size === 0) {
      pod.errors++;
      const dueMs = pod.failedMs + this.#backoffMs(pod.errors);
      this.#errorBackoff.set(uid, { pod, dueMs });
      this.#count('backoff', 'ScheduleAttemptFailure');
      return;
    }
    pod.errors = 0;
    if (missed === 'all' || missed.some((event) => mayHelp(pod, event))) this.#retry(pod, 'ScheduleAttemptFailure');
    else {
      this.#unschedulable.add(pod);
      this.#count('unschedulable', 'ScheduleAttemptFailure');
    }
  }

  /** Something happened in the cluster: pods it may help leave the unschedulable set. */
  notify(event: ClusterEvent): void {
    this.#inFlight.record(event);
    if (this.#unschedulable.size === 0 && this.#gated.size === 0) return;
    for (const pod of this.#unschedulable.helpedBy(event)) this.#retry(pod, event.type);
    this.#recheckGated(event);
  }

  /** Looks again at whether a pod may enter the active queue. */
  recheck(uid: string): void {
    const pod = this.#gated.get(uid);
    if (!pod) return;
    this.#gated.delete(uid);
    this.#activate(pod, 'ForceActivate');
  }

  /** Moves pods whose time has come; to be called regularly (once a second or oftener). Answers when the next one is due, in milliseconds from now. */
  flush(): number | undefined {
    const nowMs = this.#options.clock.monotonicMs();
    let nextMs: number | undefined;
    for (const heap of [this.#backoff, this.#errorBackoff]) {
      for (let first = heap.peek(); first && first.dueMs <= nowMs; first = heap.peek()) {
        heap.pop();
        this.#activate(first.pod, 'BackoffComplete');
      }
      const first = heap.peek();
      if (first) nextMs = Math.min(nextMs ?? Number.POSITIVE_INFINITY, Math.max(0, first.dueMs - nowMs));
    }
    for (const pod of this.#unschedulable.values()) if (nowMs - pod.failedMs > this.#times.maxUnschedulableMs) this.#retry(pod, 'UnschedulableTimeout');
    return nextMs;
  }

  /** Pods that were rejected (not those that failed with an error) need not wait while nothing else is to do. */
  #popEarly(): QueuedPod | undefined {
    for (let first = this.#backoff.pop(); first; first = this.#backoff.pop()) {
      if (!this.#isGated(first.pod)) return first.pod;
    }
    return undefined;
  }

  /** Gates other than the pod's own may open with events in the cluster. */
  #recheckGated(event: ClusterEvent): void {
    for (const pod of this.#gated.helpedBy(event)) this.recheck(pod.info.uid);
  }

  #retry(pod: QueuedPod, event: string): void {
    const { uid } = pod.info;
    this.#unschedulable.delete(uid);
    const dueMs = pod.failedMs + this.#backoffMs(pod.attempts);
    const waitsForPending = pod.pending.size > 0;
    if (pod.attempts === 0 || waitsForPending || dueMs <= this.#options.clock.monotonicMs()) this.#activate(pod, event);
    else if (!this.#isGated(pod)) {
      this.#backoff.set(uid, { pod, dueMs });
      this.#count('backoff', event);
      if (this.#active.size === 0) this.#options.onActive();
    }
  }

  #backoffMs(attempts: number): number {
    return Math.min(this.#times.initialBackoffMs * 2 ** Math.max(attempts - 1, 0), this.#times.maxBackoffMs);
  }

  /** Puts the pod aside when a preEnqueue plugin says no. */
  #isGated(pod: QueuedPod): boolean {
    const plugin = pod.profile.points.preEnqueue.find((one) => one.preEnqueue!(pod.info.pod));
    if (!plugin) return false;
    pod.rejectedBy = new Set([plugin.name]);
    this.#gated.add(pod);
    return true;
  }

  #activate(pod: QueuedPod, event: string): void {
    if (this.#isGated(pod)) {
      this.#count('gated', event);
      return;
    }
    this.#count('active', event);
    this.#active.set(pod.info.uid, pod);
    if (this.#active.size === 1) this.#options.onActive();
  }

  #count(queue: keyof QueueCounts, event: string): void {
    this.#options.metrics.incoming.increment([queue, event]);
  }
}

/** Whether one of the plugins that rejected the pod takes the event for help. */
function mayHelp({ rejectedBy, profile, info }: QueuedPod, event: ClusterEvent): boolean {
  for (const plugin of rejectedBy) if (profile.mayHelp(plugin, info.pod, event)) return true;
  return false;
}
