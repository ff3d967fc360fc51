/**
 * `startController`: keys whose world changed are reconciled, one at a time each, again and again until it succeeds.
 *
 *     watches ──keys──> work queue ──> own writes seen? ──> reconcile(key) ──> done | again later | failed: again after back-off
 */
import type { Clock } from '#base/clock.ts';
import { nextTurn } from '#base/event-loop.ts';
import { errorFields } from '#base/log.ts';
import type { Logger } from '#base/log.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { DEFAULT_RATE_LIMITS, WorkQueue } from '#base/work-queue.ts';
import type { RateLimits } from '#base/work-queue.ts';
import type { Client } from '#client/client.ts';
import type { Informer } from '#client/informer.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { GIVE_UP_MS, OwnWrites } from './own-writes.ts';
import { recordingClient } from './recording-client.ts';
import type { Watch } from './watches.ts';

/** What a reconcile gets besides its key. */
export interface ReconcileContext {
  /** Writes through it are remembered: the key is not reconciled again before the watched caches show them. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** How often this key has failed in a row. */
  readonly failures: number;
}

/** When to look at the key again although nothing changed. */
export interface ReconcileAgain {
  readonly afterMs: number;
}

/** Brings the world of one key closer to what is wanted. Throwing means: try again after a back-off. */
export type Reconcile = (key: string, context: ReconcileContext) => Promise<ReconcileAgain | void>;

/** A controller: what it watches and what it does. */
export interface Controller {
  readonly name: string;
  readonly watches: readonly Watch[];
  readonly reconcile: Reconcile;
  /** Keys that are reconciled at the same time. */
  readonly concurrency?: number;
  readonly rateLimits?: RateLimits;
  /** Told when a key has to wait because the cache of a kind does not show what was written for it. */
  readonly onStale?: (kind: Kind) => void;
  /** Runs beside the reconciles once the caches have synced, for periodic work. `enqueue` adds keys. */
  readonly background?: (context: Omit<ReconcileContext, 'failures'>, enqueue: (key: string) => void) => Promise<void>;
}

/** What controllers run on. */
export interface ControllerRuntime {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of every reconcile: how long the key waited and how long it took, in seconds. */
  readonly observe?: (name: string, waitedSeconds: number, workedSeconds: number) => void;
}

/** Counts since the start, for metrics. */
export interface ControllerStats {
  /** Keys that wait now. */
  readonly depth: number;
  readonly added: number;
  /** Keys that were put back after a failure. */
  readonly retried: number;
  /** Keys being worked on. */
  readonly working: number;
  readonly reconciled: number;
  readonly failed: number;
  /** Time spent reconciling, all workers together, in milliseconds. */
  readonly busyMs: number;
  /** For how long the keys being worked on have been, together and the longest, in milliseconds. */
  readonly unfinishedMs: number;
  readonly longestMs: number;
}

/** A running controller; disposing it waits for reconciles under way. */
export interface RunningController extends AsyncDisposable {
  readonly name: string;
  readonly stats: ControllerStats;
  /** Whether nothing waits and nothing runs. */
  readonly idle: boolean;
  enqueue(key: string): void;
}

/** Upstream's usual number of workers per controller. */
const DEFAULT_CONCURRENCY = 5;
/** A worker that ran this long, or took this many keys, lets the rest of the process run. */
const TURN_MS = 5;
const TURN_KEYS = 100;

class Running implements RunningController {
  readonly #controller: Controller;
  readonly #runtime: ControllerRuntime;
  readonly #queue: WorkQueue<string>;
  readonly #writes: OwnWrites;
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #log: Logger;
  readonly #counts = { added: 0, retried: 0, working: 0, reconciled: 0, failed: 0, busyMs: 0 };
  /** When work on keys began. */
  readonly #startedMs = new Map<string, number>();
  /** When waiting keys began to wait; kept only when somebody observes. */
  readonly #waitingSince = new Map<string, number>();

  constructor(controller: Controller, runtime: ControllerRuntime) {
    this.#controller = controller;
    this.#runtime = runtime;
    this.#log = runtime.log.with({ controller: controller.name });
    this.#queue = new WorkQueue(runtime.clock, controller.rateLimits ?? DEFAULT_RATE_LIMITS);
    for (const { informer } of controller.watches) this.#informers.set(kindKey(informer.kind), informer);
    this.#writes = new OwnWrites(runtime.clock, this.#informers.values());
  }

  readonly #parked = new Set<string>();
  readonly #tasks = openTaskGroup((name, error) => this.#log.error('controller task failed', { task: name, ...errorFields(error) }));
  readonly #subscriptions: Disposable[] = [];

  get name(): string {
    return this.#controller.name;
  }

  get stats(): ControllerStats {
    const nowMs = this.#runtime.clock.monotonicMs();
    const ages = [...this.#startedMs.values()].map((startMs) => nowMs - startMs);
    return { depth: this.#queue.length, ...this.#counts, unfinishedMs: ages.reduce((sum, age) => sum + age, 0), longestMs: Math.max(0, ...ages) };
  }

  get idle(): boolean {
    return this.#queue.idle;
  }

  enqueue(key: string): void {
    this.#counts.added++;
    if (this.#runtime.observe && !this.#waitingSince.has(key)) this.#waitingSince.set(key, this.#runtime.clock.monotonicMs());
    this.#queue.add(key);
  }

  start(): void {
    const enqueue = (key: string): void => this.enqueue(key);
    for (const one of this.#controller.watches) this.#subscriptions.push(one.attach(enqueue));
    for (const informer of this.#informers.values()) {
      const progressed = (): void => {
        for (const key of this.#writes.settled(informer)) if (this.#parked.delete(key)) this.#queue.add(key);
      };
      this.#subscriptions.push(informer.listen({ progressed }));
    }
    this.#tasks.run(this.name, async (signal) => {
      for (const informer of this.#informers.values()) await informer.whenSynced(signal);
      for (let i = 0; i < (this.#controller.concurrency ?? DEFAULT_CONCURRENCY); i++) this.#tasks.run(`${this.name} worker`, (stop) => this.#work(stop));
      const { background } = this.#controller;
      if (background) this.#tasks.run(`${this.name} background`, (stop) => background({ ...this.#runtime, log: this.#log, signal: stop }, enqueue));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#queue.close();
    await this.#tasks[Symbol.asyncDispose]();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { clock } = this.#runtime;
    let turnMs = clock.monotonicMs();
    let turnKeys = 0;
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      const lagging = this.#writes.lagging(key);
      if (!lagging) await this.#reconcile(key, signal);
      else {
        this.#controller.onStale?.(lagging);
        this.#park(key);
      }
      this.#queue.done(key);
      if (++turnKeys < TURN_KEYS && clock.monotonicMs() - turnMs < TURN_MS) continue;
      await nextTurn();
      turnMs = clock.monotonicMs();
      turnKeys = 0;
    }
  }

  /** Sets a key aside until its own writes are visible, or are given up. */
  #park(key: string): void {
    this.#parked.add(key);
    this.#queue.addAfter(key, GIVE_UP_MS);
  }

  async #reconcile(key: string, signal: AbortSignal): Promise<void> {
    const { clock, observe } = this.#runtime;
    const startMs = clock.monotonicMs();
    const sinceMs = this.#waitingSince.get(key) ?? startMs;
    this.#waitingSince.delete(key);
    this.#counts.working++;
    this.#startedMs.set(key, startMs);
    const context: ReconcileContext = { client: this.#recording(key), clock, log: this.#log.with({ key }), signal, failures: this.#queue.retries(key) };
    try {
      const again = await this.#controller.reconcile(key, context);
      this.#queue.forget(key);
      this.#counts.reconciled++;
      if (again) this.#queue.addAfter(key, again.afterMs);
    } catch (error) {
      if (signal.aborted) return;
      this.#counts.failed++;
      this.#counts.retried++;
      const expected = isReason(error, 'Conflict') || isReason(error, 'NotFound') || isReason(error, 'AlreadyExists');
      this.#log[expected ? 'debug' : 'warn']('reconcile failed, it will be tried again', { key, ...errorFields(error) });
      this.#queue.addRateLimited(key);
    } finally {
      const workedMs = clock.monotonicMs() - startMs;
      this.#counts.working--;
      this.#startedMs.delete(key);
      this.#counts.busyMs += workedMs;
      observe?.(this.name, (startMs - sinceMs) / 1000, workedMs / 1000);
    }
  }

  #recording(key: string): Client {
    const informerOf = (kind: Kind): Informer<KubeObject> | undefined => this.#informers.get(kindKey(kind));
    return recordingClient(this.#runtime.client, {
      wrote: (kind, object) => {
        const informer = informerOf(kind);
        if (informer) this.#writes.wrote(key, informer, object);
      },
      deleted: (kind, deletedKey, uid) => {
        const informer = informerOf(kind);
        if (informer) this.#writes.deleted(key, informer, deletedKey, uid);
      },
    });
  }
}

function kindKey(kind: Pick<Kind, 'group' | 'plural'>): string {
  return `${kind.plural}.${kind.group}`;
}

/** Starts a controller: it begins to work as soon as its informers have synced. */
export function startController(controller: Controller, runtime: ControllerRuntime): RunningController {
  const running = new Running(controller, runtime);
  running.start();
  return running;
}
