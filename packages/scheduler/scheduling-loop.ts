/**
 * Takes pods from the queue, runs a cycle for each, binds in the background.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isReason } from '#machinery/status.ts';
import { bind, permit, type Placement, reserve, unreserve } from './binding-cycle.ts';
import type { SchedulerCache } from './cache.ts';
import { CycleRunner, type CycleResult, type Diagnosis, type Refusal, runFilters } from './cycle.ts';
import { fitErrorText, refusalText } from './diagnosis.ts';
import { EXTENDER, type Extenders } from './extenders.ts';
import type { Explanations } from './explanations.ts';
import type { CycleContext, PostFilterResult } from './framework.ts';
import type { SchedulerMetrics } from './metrics.ts';
import type { Nominator } from './nominator.ts';
import { podInfo } from './pod-info.ts';
import { type CycleTimes, PointTimes } from './point-times.ts';
import type { Profile } from './profile.ts';
import type { QueuedPod, Rejections, SchedulingQueue } from './queue.ts';
import { Refusals } from './refusals.ts';
import type { Failure, Reporter } from './reporter.ts';
import type { WaitingPods } from './waiting-pods.ts';

/** What the loop works with. */
export interface LoopParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly cache: SchedulerCache;
  readonly queue: SchedulingQueue;
  readonly nominator: Nominator;
  readonly reporter: Reporter;
  readonly tasks: TaskGroup;
  readonly waiting: WaitingPods;
  readonly metrics: SchedulerMetrics;
  readonly explanations: Explanations;
  readonly extenders: Extenders | undefined;
  /** The pod as the API last had it, by `namespace/name`. */
  currentPod(key: string): Pod | undefined;
}

/** Cycles run this long at a stretch before others in the process get their turn. */
const TURN_MS = 5;
/** Bindings under way at the same time; beyond, the next cycles wait. */
const MAX_BINDING = 500;

/** Runs cycles. */
export class SchedulingLoop {
  readonly #parts: LoopParts;
  readonly #runner: CycleRunner;
  readonly #times: PointTimes;
  #binding = 0;
  /** Called when a binding ended while the loop waited for room. */
  onRoom: (() => void) | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#runner = new CycleRunner(parts.random);
    this.#times = new PointTimes(parts.clock, parts.metrics);
  }

  get mayBind(): boolean {
    return this.#binding < MAX_BINDING;
  }

  get bindingCount(): number {
    return this.#binding;
  }

  /** Schedules pods for a few milliseconds. */
  async runTurn(signal: AbortSignal): Promise<void> {
    const { clock, queue } = this.#parts;
    const endMs = clock.monotonicMs() + TURN_MS;
    while (this.mayBind && !signal.aborted) {
      const queued = queue.pop();
      if (!queued) return;
      if (this.#parts.extenders?.concern(queued.info.pod)) await this.#scheduleWithExtenders(queued, signal);
      else this.#schedule(queued);
      if (clock.monotonicMs() >= endMs) return;
    }
  }

  #schedule(queued: QueuedPod): void {
    const { clock, metrics, log } = this.#parts;
    const { profile, info } = queued;
    const startMs = clock.monotonicMs();
    const context = this.#contextOf(profile);
    let result: CycleResult;
    try {
      result = this.#runner.run(profile, info, context);
    } catch (error) {
      log.error('a scheduling cycle failed', { pod: info.key, ...errorFields(error) });
      this.#failed(queued, startMs, error);
      return;
    }
    metrics.algorithmSeconds.observe((clock.monotonicMs() - startMs) / 1_000);
    const cycle = { queued, context, startMs };
    if (result.type === 'unfit') this.#reject(cycle, result.diagnosis);
    else this.#place(cycle, result);
  }

  #contextOf({ schedulerName }: Profile): TimedContext {
    const { cache, nominator } = this.#parts;
    return { cache, nominator, times: this.#times.cycle(schedulerName) };
  }

  /** The same with extenders in between: others may change while they think, so the chosen node is looked at again at the end. */
  async #scheduleWithExtenders(queued: QueuedPod, signal: AbortSignal): Promise<void> {
    const { clock, extenders, cache } = this.#parts;
    const { profile, info } = queued;
    const startMs = clock.monotonicMs();
    const context = this.#contextOf(profile);
    const cycle = { queued, context, startMs };
    try {
      const found = this.#runner.filter(profile, info, context);
      if (found.type === 'unfit') {
        this.#reject(cycle, found.diagnosis);
        return;
      }
      const nodes = [...found.feasible];
      const { nodes: left, refused } = await extenders!.filter(info.pod, nodes, signal);
      const refusals = new Refusals();
      for (const [node, refusal] of found.refusals) refusals.add(node, refusal);
      for (const [node, rejection] of refused) refusals.add(node, { plugin: EXTENDER, rejection });
      if (left.length === 0) {
        const rejectedBy = new Set(refusals.values().map(({ plugin }) => plugin));
        this.#reject(cycle, { nodes: cache.nodes, refusals, rejectedBy, pending: new Set(), filters: found.filters });
        return;
      }
      const extra = await extenders!.prioritize(info.pod, left, signal);
      const result = this.#runner.choose(profile, info, { ...found, feasible: left, refusals }, context, extra);
      const stillThere = cache.node(result.node.name) === result.node && !this.#isGone(info.uid, info.key);
      if (stillThere && !runFilters(found.filters, info, result.node)) this.#place(cycle, result);
      else this.#requeue(queued, { rejectedBy: new Set() });
    } catch (error) {
      if (!signal.aborted) this.#failed(queued, startMs, error);
    }
  }

  #place({ queued, context, startMs }: Cycle, { node, states, record }: Extract<CycleResult, { type: 'fit' }>): void {
    const { cache, tasks, explanations, nominator } = this.#parts;
    const { profile, info } = queued;
    const placement = { profile, info, node, states, times: context.times };
    cache.assume(info, node.name);
    nominator.delete(info.uid);
    explanations.placed(this.#explained(queued), node, record, cache.nodes.length);
    const answer = reserve(placement) ?? permit(placement);
    if ('plugin' in answer) {
      this.#refuse(queued, placement, answer, startMs);
      return;
    }
    this.#binding++;
    tasks.run('bind', (signal) => this.#bind({ queued, placement, waits: answer, startMs }, signal));
  }

  async #bind({ queued, placement, waits, startMs }: Binding, signal: AbortSignal): Promise<void> {
    const { waiting, reporter, queue, extenders, metrics } = this.#parts;
    const { info, node } = placement;
    try {
      const refusal = await bind(placement, { waits, waiting, extenders, permitWaitSeconds: metrics.permitWaitSeconds }, signal);
      if (refusal) {
        if (!signal.aborted) this.#refuse(queued, placement, refusal, startMs);
        return;
      }
      queue.done(info.uid);
      this.#measure(queued, 'scheduled', startMs);
      reporter.scheduled(info, node);
    } catch (error) {
      this.#undo(placement);
      if (signal.aborted || isReason((error as Error).cause, 'NotFound') || this.#isGone(info.uid, info.key)) {
        queue.done(info.uid);
        return;
      }
      this.#parts.log.warn('binding failed', { pod: info.key, node: node.name, ...errorFields(error) });
      this.#failed(queued, startMs, error);
    } finally {
      this.#binding--;
      this.onRoom?.();
    }
  }

  /** An error, not a refusal: the pod backs off. */
  #failed(queued: QueuedPod, startMs: number, error: unknown): void {
    this.#measure(queued, 'error', startMs);
    this.#requeue(queued, { rejectedBy: new Set() });
    this.#report(queued, { reason: 'SchedulerError', message: (error as Error).message });
  }

  /** Undoes a placement that a plugin refused after the cycle. */
  #refuse(queued: QueuedPod, placement: Placement, { plugin, rejection }: Refusal, startMs: number): void {
    this.#measure(queued, 'unschedulable', startMs);
    this.#undo(placement);
    const rejectedBy = new Set([plugin]);
    this.#requeue(queued, { rejectedBy, ...(rejection.pending ? { pending: rejectedBy } : {}) });
    this.#report(queued, { reason: 'Unschedulable', message: refusalText(rejection) });
  }

  #undo(placement: Placement): void {
    unreserve(placement);
    this.#parts.cache.forget(placement.info.uid);
    this.#parts.queue.notify({ type: 'AssignedPodDelete', previous: placement.info.pod });
  }

  /** Whether the pod was deleted or got a node by other hands. */
  #isGone(uid: string, key: string): boolean {
    const current = this.#parts.currentPod(key);
    return !current || current.metadata.uid !== uid || Boolean(current.spec.nodeName);
  }

  #reject({ queued, context, startMs }: Cycle, diagnosis: Diagnosis): void {
    this.#measure(queued, 'unschedulable', startMs);
    if (diagnosis.nodes.length === 0) {
      this.#requeue(queued, { rejectedBy: new Set(queued.profile.plugins.map((plugin) => plugin.name)) });
      this.#tell(queued, diagnosis, { message: 'no nodes available to schedule pods' });
      return;
    }
    const { times } = context;
    const beginMs = times.nowMs();
    const outcome = this.#postFilter(queued, diagnosis, context);
    const settle = (made: PostFilterResult | undefined): void => {
      times.point('PostFilter', made?.nominated ? 'Success' : 'Unschedulable', times.nowMs() - beginMs);
      this.#settle(queued, diagnosis, made);
    };
    if (outcome instanceof Promise) this.#parts.tasks.run('post-filter', async () => settle(await outcome));
    else settle(outcome);
  }

  #settle(queued: QueuedPod, diagnosis: Diagnosis, outcome: PostFilterResult | undefined): void {
    const { nominator } = this.#parts;
    if (outcome?.nominated) nominator.set(queued.info, outcome.nominated);
    else if (outcome?.nominated === '') nominator.delete(queued.info.uid);
    this.#requeue(queued, { rejectedBy: outcome?.nominated ? new Set([...diagnosis.rejectedBy, 'DefaultPreemption']) : diagnosis.rejectedBy, pending: diagnosis.pending });
    this.#tell(queued, diagnosis, { message: fitErrorText(diagnosis, outcome?.message), nominated: outcome?.nominated });
  }

  #postFilter({ profile, info }: QueuedPod, diagnosis: Diagnosis, context: CycleContext): PostFilterResult | undefined | Promise<PostFilterResult | undefined> {
    for (const plugin of profile.points.postFilter) {
      const outcome = plugin.postFilter!(info, diagnosis, context);
      if (outcome) return outcome;
    }
    return undefined;
  }

  #tell(queued: QueuedPod, diagnosis: Diagnosis, { message, nominated }: Omit<Failure, 'reason'>): void {
    this.#parts.explanations.refused(this.#explained(queued), diagnosis, message);
    this.#report(queued, { reason: 'Unschedulable', message, nominated });
  }

  /** Back into the queue with the pod as it is by now, unless it is gone. */
  #requeue(queued: QueuedPod, rejections: Rejections): void {
    const { queue, currentPod } = this.#parts;
    const { uid, key, pod } = queued.info;
    const current = currentPod(key);
    if (!current || current.metadata.uid !== uid || current.spec.nodeName) {
      queue.done(uid);
      return;
    }
    if (current !== pod) queued.info = podInfo(current, queued.info);
    queue.requeue(queued, rejections);
  }

  #report({ info }: QueuedPod, failure: Failure): void {
    this.#parts.tasks.run('report', (signal) => this.#parts.reporter.failed(info.pod, failure, signal));
  }

  #explained({ info, attempts, profile }: QueuedPod): { uid: string; key: string; attempt: number; profile: string; atMs: number } {
    return { uid: info.uid, key: info.key, attempt: attempts, profile: profile.schedulerName, atMs: this.#parts.clock.now() };
  }

  #measure({ profile, attempts, order }: QueuedPod, result: 'scheduled' | 'unschedulable' | 'error', startMs: number): void {
    const { metrics, clock } = this.#parts;
    const labels = [result, profile.schedulerName];
    const nowMs = clock.monotonicMs();
    metrics.attempts.increment(labels);
    metrics.attemptSeconds.observe((nowMs - startMs) / 1_000, labels);
    if (result !== 'scheduled') return;
    metrics.podAttempts.observe(attempts);
    metrics.sliSeconds.observe((nowMs - order.addedMs) / 1_000, [attempts < MAX_ATTEMPTS_LABEL ? String(attempts) : `${MAX_ATTEMPTS_LABEL}+`]);
  }
}

/** Higher numbers of attempts share a label. */
const MAX_ATTEMPTS_LABEL = 15;

/** A cycle's context with somewhere for its times to go. */
interface TimedContext extends CycleContext {
  readonly times: CycleTimes;
}

/** A cycle that has run. */
interface Cycle {
  readonly queued: QueuedPod;
  readonly context: TimedContext;
  readonly startMs: number;
}

interface Binding {
  readonly queued: QueuedPod;
  readonly placement: Placement;
  readonly waits: ReadonlyMap<string, number>;
  readonly startMs: number;
}
