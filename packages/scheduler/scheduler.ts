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
import { isReason } from '#machinery/status.ts';
import { bind, permit, type Placement, type Refusal, reserve, unreserve } from './binding-cycle.ts';
import { SchedulerCache } from './cache.ts';
import { type CycleRotation, type Diagnosis, runCycle } from './cycle.ts';
import { DEFAULT_SCHEDULER_NAME, defaultProfile } from './default-profile.ts';
import { fitErrorText, refusalText } from './diagnosis.ts';
import type { PostFilterResult } from './framework.ts';
import type { PluginHandle } from './plugins/registry.ts';
import type { Profile } from './profile.ts';
import { type QueueCounts, type QueuedPod, SchedulingQueue } from './queue.ts';
import { type Failure, Reporter } from './reporter.ts';
import { WaitingPods } from './waiting-pods.ts';
import { watchCluster } from './watchers.ts';

/** What the scheduler needs. */
export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Makes the profiles. Default: one, `default-scheduler`. */
  readonly profiles?: (handle: PluginHandle) => readonly Profile[];
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
  const events = openEventSeriesRecorder({ client, controller: DEFAULT_SCHEDULER_NAME, instance: options.instance ?? 'navarch', clock, log });
  const tasks = openTaskGroup((name, error) => log.error('scheduler task failed', { task: name, error }));
  const made = (options.profiles ?? ((handle) => [defaultProfile(handle)]))({ client, informers, clock, log, events, tasks });
  const profiles = new Map(made.map((profile) => [profile.schedulerName, profile]));
  const cache = new SchedulerCache();
  let wake = Promise.withResolvers<void>();
  const queue = new SchedulingQueue(clock, () => wake.resolve());
  const loop = new SchedulingLoop(options, { cache, queue, reporter: new Reporter(client, events, clock), tasks, waiting: new WaitingPods(clock) });
  const subscription = watchCluster(informers, cache, queue, profiles);
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

interface LoopParts {
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly reporter: Reporter;
  readonly tasks: TaskGroup;
  readonly waiting: WaitingPods;
}

class SchedulingLoop {
  readonly #options: SchedulerOptions;
  readonly #parts: LoopParts;
  readonly #rotation: CycleRotation = { nextIndex: 0 };
  #binding = 0;
  /** Called when a binding ended while the loop waited for room. */
  onRoom: (() => void) | undefined;

  constructor(options: SchedulerOptions, parts: LoopParts) {
    this.#options = options;
    this.#parts = parts;
  }

  get mayBind(): boolean {
    return this.#binding < MAX_BINDING;
  }

  /** Schedules pods for a few milliseconds. */
  runTurn(signal: AbortSignal): void {
    const { clock } = this.#options;
    const endMs = clock.monotonicMs() + TURN_MS;
    while (this.mayBind && !signal.aborted) {
      const queued = this.#parts.queue.pop();
      if (!queued) return;
      this.#schedule(queued);
      if (clock.monotonicMs() >= endMs) return;
    }
  }

  #schedule(queued: QueuedPod): void {
    const { profile, info } = queued;
    const { cache, tasks } = this.#parts;
    const result = runCycle(profile, info, { cache }, this.#rotation, this.#options.random);
    if (result.type === 'unfit') {
      this.#fail(queued, result.diagnosis);
      return;
    }
    const placement = { profile, info, node: result.node, states: result.states };
    cache.assume(info, result.node.name);
    const answer = reserve(placement) ?? permit(placement);
    if ('plugin' in answer) {
      this.#refuse(queued, placement, answer);
      return;
    }
    this.#binding++;
    tasks.run('bind', (signal) => this.#bind(queued, placement, answer, signal));
  }

  /** Undoes a placement that a plugin refused after the cycle. */
  #refuse(queued: QueuedPod, placement: Placement, { plugin, rejection }: Refusal): void {
    this.#undo(placement);
    this.#parts.queue.requeue(queued, new Set([plugin]));
    this.#report(queued, { reason: 'Unschedulable', message: refusalText(rejection) });
  }

  #undo(placement: Placement): void {
    unreserve(placement);
    this.#parts.cache.forget(placement.info.uid);
    this.#parts.queue.notify({ type: 'AssignedPodDelete', previous: placement.info.pod });
  }

  async #bind(queued: QueuedPod, placement: Placement, waits: ReadonlyMap<string, number>, signal: AbortSignal): Promise<void> {
    const { info, node } = placement;
    try {
      const refusal = await bind(placement, waits, this.#parts.waiting, signal);
      if (!refusal) this.#parts.reporter.scheduled(info, node);
      else if (!signal.aborted) this.#refuse(queued, placement, refusal);
    } catch (error) {
      this.#undo(placement);
      if (signal.aborted || isReason((error as Error).cause, 'NotFound') || this.#isGone(info.uid, info.key)) return;
      this.#options.log.warn('binding failed', { pod: info.key, node: node.name, error });
      this.#parts.queue.requeue(queued, new Set());
      this.#report(queued, { reason: 'SchedulerError', message: (error as Error).message });
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
    const { queue } = this.#parts;
    if (diagnosis.nodeCount === 0) {
      queue.requeue(queued, new Set(queued.profile.plugins.map((plugin) => plugin.name)));
      this.#report(queued, { reason: 'Unschedulable', message: 'no nodes available to schedule pods' });
      return;
    }
    queue.requeue(queued, diagnosis.rejectedBy);
    const outcome = this.#postFilter(queued, diagnosis);
    this.#report(queued, { reason: 'Unschedulable', message: fitErrorText(diagnosis, outcome?.message), nominated: outcome?.nominated });
  }

  #postFilter({ profile, info }: QueuedPod, diagnosis: Diagnosis): PostFilterResult | undefined {
    for (const plugin of profile.points.postFilter) {
      const outcome = plugin.postFilter!(info, diagnosis, { cache: this.#parts.cache });
      if (outcome) return outcome;
    }
    return undefined;
  }

  #report({ info }: QueuedPod, failure: Failure): void {
    this.#parts.tasks.run('report', (signal) => this.#parts.reporter.failed(info.pod, failure, signal));
  }
}
