/**
 * Pods that wait for a node.
 *
 *     add -> gated                     a preEnqueue plugin says no
 *         -> active  (heap by priority, then time)   -> pop -> cycle -> bound
 *     rejected -> unschedulable  -- event that may help, or 5 min -->  backoff (1 s..10 s)  -->  active
 *
 * Source: the documented behaviour of kube-scheduler's scheduling queue.
 */
import type { Clock } from '#base/clock.ts';
import { KeyedHeap } from '#base/heap.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ClusterEvent } from './events.ts';
import { type PodInfo, podInfo } from './pod-info.ts';
import type { Profile } from './profile.ts';

/** A waiting pod with its history in the queue. */
export interface QueuedPod {
  info: PodInfo;
  readonly profile: Profile;
  /** When it first came, for fairness among equals (milliseconds, monotonic). */
  readonly addedMs: number;
  attempts: number;
  /** Names of the plugins that rejected it last; empty after an error. */
  rejectedBy: ReadonlySet<string>;
  /** When its last attempt ended. */
  failedMs: number;
}

const INITIAL_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 10_000;
/** A pod that no event helped is tried again after this. */
const MAX_UNSCHEDULABLE_MS = 300_000;

/** How many pods are where; names as in the `scheduler_pending_pods` metric. */
export interface QueueCounts {
  readonly active: number;
  readonly backoff: number;
  readonly unschedulable: number;
  readonly gated: number;
}

/** The scheduling queue. Holds each unassigned pod once, so it is bounded by the number of pods. */
export class SchedulingQueue {
  readonly #clock: Clock;
  /** Called when the active queue stops being empty. */
  readonly #onActive: () => void;
  readonly #active = new KeyedHeap<string, QueuedPod>((a, b) => (a.info.priority === b.info.priority ? a.addedMs < b.addedMs : a.info.priority > b.info.priority));
  readonly #backoff = new KeyedHeap<string, { readonly pod: QueuedPod; readonly dueMs: number }>((a, b) => a.dueMs < b.dueMs);
  readonly #unschedulable = new Map<string, QueuedPod>();
  readonly #gated = new Map<string, QueuedPod>();

  constructor(clock: Clock, onActive: () => void) {
    this.#clock = clock;
    this.#onActive = onActive;
  }

  get counts(): QueueCounts {
    return { active: this.#active.size, backoff: this.#backoff.size, unschedulable: this.#unschedulable.size, gated: this.#gated.size };
  }

  /** A pod without a node appeared. */
  add(pod: Pod, profile: Profile): void {
    const nowMs = this.#clock.monotonicMs();
    this.#enter({ info: podInfo(pod), profile, addedMs: nowMs, attempts: 0, rejectedBy: new Set(), failedMs: nowMs });
  }

  /** A waiting pod changed: its own change may help it. */
  update(pod: Pod, previous: Pod, profile: Profile): void {
    const uid = pod.metadata.uid!;
    const active = this.#active.get(uid);
    if (active) {
      active.info = podInfo(pod);
      this.#active.set(uid, active);
      return;
    }
    const inBackoff = this.#backoff.get(uid);
    if (inBackoff) {
      inBackoff.pod.info = podInfo(pod);
      return;
    }
    const waiting = this.#unschedulable.get(uid) ?? this.#gated.get(uid);
    if (!waiting) {
      this.add(pod, profile);
      return;
    }
    waiting.info = podInfo(pod);
    if (this.#gated.delete(uid)) this.#enter(waiting);
    else if (changedForScheduling(pod, previous)) this.#retry(uid, waiting);
  }

  delete(uid: string): void {
    this.#active.delete(uid);
    this.#backoff.delete(uid);
    this.#unschedulable.delete(uid);
    this.#gated.delete(uid);
  }

  /** The next pod to place. */
  pop(): QueuedPod | undefined {
    const pod = this.#active.pop();
    if (pod) pod.attempts++;
    return pod;
  }

  /** An attempt failed: by these plugins (wait for an event that helps one of them), or with an error when there are none (back off). */
  requeue(pod: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    pod.rejectedBy = rejectedBy;
    pod.failedMs = this.#clock.monotonicMs();
    if (rejectedBy.size === 0) this.#retry(pod.info.uid, pod);
    else this.#unschedulable.set(pod.info.uid, pod);
  }

  /** Something happened in the cluster: pods it may help leave the unschedulable set. */
  notify(event: ClusterEvent): void {
    for (const [uid, pod] of this.#unschedulable) {
      for (const plugin of pod.rejectedBy) {
        if (pod.profile.mayHelp(plugin, pod.info.pod, event)) {
          this.#retry(uid, pod);
          break;
        }
      }
    }
  }

  /** Moves pods whose time has come; to be called regularly (once a second or oftener). Answers when the next one is due, in milliseconds from now. */
  flush(): number | undefined {
    const nowMs = this.#clock.monotonicMs();
    for (let first = this.#backoff.peek(); first && first.dueMs <= nowMs; first = this.#backoff.peek()) {
      this.#backoff.pop();
      this.#activate(first.pod);
    }
    for (const [uid, pod] of this.#unschedulable) if (nowMs - pod.failedMs > MAX_UNSCHEDULABLE_MS) this.#retry(uid, pod);
    const next = this.#backoff.peek();
    return next && Math.max(0, next.dueMs - nowMs);
  }

  #enter(pod: QueuedPod): void {
    const gatedBy = pod.profile.points.preEnqueue.filter((plugin) => plugin.preEnqueue!(pod.info.pod));
    if (gatedBy.length > 0) this.#gated.set(pod.info.uid, pod);
    else this.#activate(pod);
  }

  #retry(uid: string, pod: QueuedPod): void {
    this.#unschedulable.delete(uid);
    const dueMs = pod.failedMs + Math.min(INITIAL_BACKOFF_MS * 2 ** Math.max(pod.attempts - 1, 0), MAX_BACKOFF_MS);
    if (pod.attempts === 0 || dueMs <= this.#clock.monotonicMs()) this.#activate(pod);
    else this.#backoff.set(uid, { pod, dueMs });
  }

  #activate(pod: QueuedPod): void {
    this.#active.set(pod.info.uid, pod);
    if (this.#active.size === 1) this.#onActive();
  }
}

/** Whether the pod's own update may make it fit: status and resourceVersion alone do not. */
function changedForScheduling(next: Pod, previous: Pod): boolean {
  return (
    next.spec !== previous.spec && (JSON.stringify(next.spec) !== JSON.stringify(previous.spec) || JSON.stringify(next.metadata.labels) !== JSON.stringify(previous.metadata.labels))
  );
}
