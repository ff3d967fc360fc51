/**
 * `startScheduler`: takes pods from the queue, runs a cycle for each, binds in the background.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import { openTaskGroup, type TaskGroup } from '#base/task-group.ts';
import type { Client } from '#client/client.ts';
import { openEventSeriesRecorder } from '#client/event-series-recorder.ts';
import type { InformerFactory } from '#client/informer.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { isReason } from '#machinery/status.ts';
import { Binder } from './binder.ts';
import { SchedulerCache } from './cache.ts';
import { defaultSelectorFrom } from './default-selector.ts';
import { type CycleRotation, type Diagnosis, runCycle } from './cycle.ts';
import { fitErrorText, preemptionText } from './diagnosis.ts';
import type { Profile } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import { type Budget, findCandidate, whyNotEligible } from './preemption.ts';
import { defaultProfile } from './profile.ts';
import { type QueueCounts, type QueuedPod, SchedulingQueue } from './queue.ts';
import { watchCluster } from './watchers.ts';

/** What the scheduler needs. */
export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Default: one profile, `default-scheduler`. */
  readonly profiles?: readonly Profile[];
  /** Who this scheduler is in events. */
  readonly instance?: string;
}

/** A running scheduler. */
export interface Scheduler extends AsyncDisposable {
  readonly pending: QueueCounts;
}

/** Cycles run this long at a stretch before others in the process get their turn. */
const TURN_MS = 5;
/** How often waiting pods are looked at when nothing else wakes the queue. */
const FLUSH_MS = 1_000;
/** Bindings under way at the same time; beyond, the next cycles wait. */
const MAX_BINDING = 500;

/** Starts scheduling once the caches have synced. */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { client, informers, clock, log } = options;
  const profiles = new Map((options.profiles ?? [defaultProfile({ defaultSelector: defaultSelectorFrom(informers) })]).map((profile) => [profile.schedulerName, profile]));
  const events = openEventSeriesRecorder({ client, controller: [...profiles.keys()][0]!, instance: options.instance ?? 'navarch', clock, log });
  const cache = new SchedulerCache();
  let wake = Promise.withResolvers<void>();
  const queue = new SchedulingQueue(clock, () => wake.resolve());
  const tasks = openTaskGroup((name, error) => log.error('scheduler task failed', { task: name, error }));
  const loop = new SchedulingLoop(options, cache, queue, new Binder(client, events, clock), tasks);
  informers.of(podDisruptionBudgets);
  const subscription = watchCluster(informers, cache, queue, (pod) => profiles.get(pod.spec.schedulerName ?? ''));
  tasks.run('loop', async (signal) => {
    await informers.whenSynced(signal);
    signal.addEventListener('abort', () => wake.resolve(), { once: true });
    while (!signal.aborted) {
      loop.runTurn(signal);
      const flushMs = queue.flush();
      if (queue.counts.active > 0 && loop.mayBind) {
        await clock.sleep(0, signal);
        continue;
      }
      wake = Promise.withResolvers<void>();
      loop.onRoom = wake.resolve;
      const timer = clock.after(Math.min(flushMs ?? FLUSH_MS, FLUSH_MS), wake.resolve);
      if (!signal.aborted) await wake.promise;
      timer.cancel();
    }
  });
  return {
    get pending() {
      return queue.counts;
    },
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]();
      await tasks[Symbol.asyncDispose]();
      await events[Symbol.asyncDispose]();
    },
  };
}

class SchedulingLoop {
  readonly #options: SchedulerOptions;
  readonly #cache: SchedulerCache;
  readonly #queue: SchedulingQueue;
  readonly #binder: Binder;
  readonly #tasks: TaskGroup;
  readonly #rotation: CycleRotation = { nextIndex: 0 };
  #binding = 0;
  /** Called when a binding ended while the loop waited for room. */
  onRoom: (() => void) | undefined;

  constructor(options: SchedulerOptions, cache: SchedulerCache, queue: SchedulingQueue, binder: Binder, tasks: TaskGroup) {
    this.#options = options;
    this.#cache = cache;
    this.#queue = queue;
    this.#binder = binder;
    this.#tasks = tasks;
  }

  get mayBind(): boolean {
    return this.#binding < MAX_BINDING;
  }

  /** Schedules pods for a few milliseconds. */
  runTurn(signal: AbortSignal): void {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + TURN_MS;
    while (this.mayBind && !signal.aborted) {
      const queued = this.#queue.pop();
      if (!queued) return;
      this.#schedule(queued);
      if (clock.monotonicMs() >= endMs) return;
    }
  }

  #schedule(queued: QueuedPod): void {
    const { profile, info } = queued;
    const result = runCycle(profile, info, { cache: this.#cache }, this.#rotation, this.#options.random);
    if (result.type === 'unfit') {
      this.#fail(queued, result.diagnosis);
      return;
    }
    const rejectedBy = this.#reserve(queued, result.node);
    if (rejectedBy) {
      this.#queue.requeue(queued, new Set([rejectedBy]));
      return;
    }
    this.#cache.assume(info, result.node.name);
    this.#binding++;
    this.#tasks.run('bind', (signal) => this.#bind(queued, result.node, signal));
  }

  /** Lets plugins claim things; answers the plugin that refused, after undoing the others. */
  #reserve({ profile, info }: QueuedPod, node: NodeInfo): string | undefined {
    for (const [index, plugin] of profile.reservers.entries()) {
      if (!plugin.reserve?.(info, node)) continue;
      for (const done of profile.reservers.slice(0, index + 1).toReversed()) done.unreserve?.(info, node);
      return plugin.name;
    }
    return undefined;
  }

  async #bind(queued: QueuedPod, node: NodeInfo, signal: AbortSignal): Promise<void> {
    const { profile, info } = queued;
    try {
      await this.#binder.bind(profile, info, node, signal);
    } catch (error) {
      for (const plugin of profile.reservers.toReversed()) plugin.unreserve?.(info, node);
      this.#cache.forget(info.uid);
      this.#queue.notify({ type: 'AssignedPodDelete', previous: info.pod });
      if (signal.aborted || isReason(error, 'NotFound') || this.#isGone(info.uid, info.key)) return;
      this.#options.log.warn('binding failed', { pod: info.key, node: node.name, error });
      this.#queue.requeue(queued, new Set());
      await this.#binder.reject(info.pod, 'SchedulerError', `binding rejected: ${(error as Error).message}`, undefined, signal);
    } finally {
      this.#binding--;
      this.onRoom?.();
    }
  }

  /** Whether the pod was deleted or got a node by other hands. */
  #isGone(uid: string, key: string): boolean {
    const current = this.#options.informers.of(pods).lister.get(key);
    return !current || current.metadata.uid !== uid || Boolean(current.spec.nodeName);
  }

  #fail(queued: QueuedPod, diagnosis: Diagnosis): void {
    const { info } = queued;
    const pod = info.pod;
    if (diagnosis.nodeCount === 0) {
      this.#queue.requeue(queued, new Set(queued.profile.plugins.map((plugin) => plugin.name)));
      this.#report(queued, 'no nodes available to schedule pods', undefined);
      return;
    }
    this.#queue.requeue(queued, diagnosis.rejectedBy);
    const ineligible = whyNotEligible(info, { cache: this.#cache });
    if (ineligible) {
      this.#report(queued, fitErrorText(diagnosis, `preemption: ${ineligible}`), undefined);
      return;
    }
    const preemption = findCandidate(info, diagnosis, { cache: this.#cache }, this.#budgets());
    if (preemption.type === 'none') {
      this.#report(queued, fitErrorText(diagnosis, preemptionText(diagnosis.nodeCount, preemption.reasonByNode)), undefined);
      return;
    }
    const { candidate } = preemption;
    this.#report(queued, fitErrorText(diagnosis), candidate.node);
    this.#tasks.run('preempt', (signal) => this.#binder.evict(pod, candidate, signal));
  }

  #report({ info }: QueuedPod, message: string, nominated: string | undefined): void {
    this.#tasks.run('report', (signal) => this.#binder.reject(info.pod, 'Unschedulable', message, nominated, signal));
  }

  #budgets(): Budget[] {
    return this.#options.informers.of(podDisruptionBudgets).lister.list().map((budget) => {
      const selects = compileLabelSelector(budget.spec.selector);
      return {
        disruptionsAllowed: budget.status.disruptionsAllowed,
        matches: (pod) => pod.metadata.namespace === budget.metadata.namespace && selects.matches(pod.metadata.labels ?? {}),
      };
    });
  }
}
