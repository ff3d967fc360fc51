/** Priority and fairness: classifies each request and gives it a seat of its priority level. Source: KEP-1040. */
import type { Clock, Timer } from '#base/clock.ts';
import { flowSchemas } from '#kinds/flowcontrol/flow-schema/kind.ts';
import type { FlowSchema } from '#kinds/flowcontrol/flow-schema/schema.ts';
import { priorityLevelConfigurations } from '#kinds/flowcontrol/priority-level-configuration/kind.ts';
import type { PriorityLevelConfiguration } from '#kinds/flowcontrol/priority-level-configuration/schema.ts';
import type { ActiveCall, FlowIdentity } from '../active-call.ts';
import type { Caches, RequestInfo, User } from '../call.ts';
import { Peak } from '../endpoints/peak.ts';
import type { Stage } from '../pipeline.ts';
import { schemaMatches } from './flow-matching.ts';
import { type LevelLimits, PriorityLevel, Refusal, type RefusalReason, type Turn } from './priority-level.ts';
import type { SchemaHistograms, SchemaSeries } from './schema-series.ts';
import { divideSeats, smooth } from './seat-borrowing.ts';

/** The requests of one flow schema in one level. */
export interface SchemaCounts {
  readonly schema: string;
  readonly level: PriorityLevel;
  executing: number;
  executingSeats: number;
  waiting: number;
  waitingSeats: number;
  dispatched: number;
  readonly rejected: Map<RefusalReason, number>;
  readonly series: SchemaSeries | undefined;
}

/** Where a kind of request belongs. */
interface Class {
  readonly identity: FlowIdentity;
  readonly level: PriorityLevel;
  readonly by: 'user' | 'namespace' | 'none';
  readonly counts: SchemaCounts;
}

/** How many requests there may be. */
export interface FairnessOptions {
  /** Seats of the whole server; default 600. */
  readonly totalSeats?: number;
  /** How many seats a request takes; default 1 for all. */
  readonly seatsOf?: (info: RequestInfo, query: URLSearchParams) => number;
  /** Makes what requests are counted in; absent: times and sizes are not counted. */
  readonly histograms?: SchemaHistograms;
}

/** No request takes more of its level's seats than this share. Source: apiserver `flowcontrol`, maximum seats of a request. */
const MAX_SHARE = 0.15;

/** Seats of the whole server. Source: apiserver `--max-requests-inflight` plus `--max-mutating-requests-inflight`. */
const TOTAL_SEATS = 600;
/** Kinds of requests remembered per user. */
const MAX_REMEMBERED = 1024;
/** How soon a full level gets seats that others do not need. */
const BORROW_SOON_MS = 100;
/** How often seats are divided anew while some are borrowed. Source: apiserver `borrowingAdjustmentPeriod`. */
const BORROW_AGAIN_MS = 10_000;
const READING: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const EXEMPT: LevelLimits = { seats: Number.POSITIVE_INFINITY };

/** Classifies and counts. */
export class Fairness implements Disposable {
  /** Requests that wait. */
  readonly inQueue: Readonly<Record<'mutating' | 'readOnly', Peak>>;
  readonly #caches: Caches;
  readonly #clock: Clock;
  readonly #subscriptions: Disposable[];
  readonly #levels = new Map<string, PriorityLevel>();
  #schemas: readonly FlowSchema[] = [];
  #classes = new WeakMap<User, Map<string, Class>>();
  #fallback: Class;
  /** Demand of the limited levels, falling slowly. */
  readonly #smoothDemand = new Map<string, number>();
  #borrowing: Timer | undefined;
  readonly #counts = new Map<string, SchemaCounts>();
  readonly #options: FairnessOptions;

  /** The caches must have loaded. */
  constructor(caches: Caches, clock: Clock, options: FairnessOptions = {}) {
    this.#caches = caches;
    this.#clock = clock;
    this.#options = options;
    this.inQueue = { mutating: new Peak(clock), readOnly: new Peak(clock) };
    this.#fallback = this.#classOf(undefined);
    this.#subscriptions = [caches.subscribe(flowSchemas, () => this.#configure()), caches.subscribe(priorityLevelConfigurations, () => this.#configure())];
    this.#configure();
  }

  [Symbol.dispose](): void {
    for (const subscription of this.#subscriptions) subscription[Symbol.dispose]();
    this.#borrowing?.cancel();
  }

  /** The levels with what runs and waits in them, for metrics. */
  levels(): Iterable<PriorityLevel> {
    return this.#levels.values();
  }

  /** What runs and waits, by flow schema. */
  counts(): Iterable<SchemaCounts> {
    return this.#counts.values();
  }

  /** Gives the call its seats. @throws StatusError TooManyRequests */
  enter(call: ActiveCall): void | Promise<void> {
    const found = this.#classify(call.user, call.info);
    call.flow = found.identity;
    const seats = this.#seatsOf(call, found.level);
    if (!found.level.tryEnter(seats)) return this.#wait(call, found, seats);
    this.#seat(call, found.counts, seats);
    found.counts.series?.waited.observe(0);
    return undefined;
  }

  #seatsOf({ info, query }: ActiveCall, level: PriorityLevel): number {
    const seats = this.#options.seatsOf?.(info, query) ?? 1;
    return seats <= 1 ? 1 : Math.max(1, Math.min(seats, Math.ceil(level.limits.seats * MAX_SHARE)));
  }

  #seat(call: ActiveCall, counts: SchemaCounts, seats: number, turn?: Turn): void {
    counts.executing++;
    counts.executingSeats += seats;
    counts.dispatched++;
    const { series } = counts;
    series?.seats.observe(seats);
    const clock = this.#clock;
    const sinceMs = clock.monotonicMs();
    call.seat = {
      leave() {
        counts.executing--;
        counts.executingSeats -= seats;
        series?.executed[call.info.verb === 'watch' ? 'watch' : 'regular'].observe((clock.monotonicMs() - sinceMs) / 1000);
        counts.level.leave(seats, turn);
      },
    };
  }

  async #wait(call: ActiveCall, found: Class, seats: number): Promise<void> {
    const { level, counts } = found;
    const { schema, series } = counts;
    const sinceMs = this.#clock.monotonicMs();
    const inQueue = this.inQueue[READING.has(call.info.verb) ? 'readOnly' : 'mutating'];
    counts.waiting++;
    counts.waitingSeats += seats;
    inQueue.raise();
    let turn: Turn;
    try {
      const waiting = level.queue({ schema, flow: distinguisherOf(found, call), seats, about: { call } satisfies WaitingCall, signal: call.signal, queued: (length) => series?.queueLength.observe(length) });
      turn = await waiting;
      call.queuedMs = this.#clock.monotonicMs() - sinceMs;
      series?.waited.observe(call.queuedMs / 1000);
    } catch (error) {
      call.wasRefused = true;
      if (error instanceof Refusal) counts.rejected.set(error.why, (counts.rejected.get(error.why) ?? 0) + 1);
      series?.waitedInVain.observe((this.#clock.monotonicMs() - sinceMs) / 1000);
      throw error;
    } finally {
      counts.waiting--;
      counts.waitingSeats -= seats;
      inQueue.lower();
    }
    this.#seat(call, counts, seats, turn);
  }

  #countsOf(schema: string, level: PriorityLevel): SchemaCounts {
    const key = `${schema}\n${level.name}`;
    const known = this.#counts.get(key);
    if (known?.level === level) return known;
    const made: SchemaCounts = { schema, level, executing: 0, executingSeats: 0, waiting: 0, waitingSeats: 0, dispatched: 0, rejected: new Map(), series: this.#options.histograms?.of(level.name, schema) };
    this.#counts.set(key, made);
    return made;
  }

  #classify(user: User, info: RequestInfo): Class {
    let known = this.#classes.get(user);
    if (!known) this.#classes.set(user, (known = new Map()));
    const key = info.isResource ? `${info.verb} ${info.group}/${info.resource}/${info.subresource} ${info.namespace}` : `${info.verb} ${info.path}`;
    let found = known.get(key);
    if (found === undefined) {
      if (known.size >= MAX_REMEMBERED) known.clear();
      found = this.#classOf(this.#schemas.find((schema) => schema.spec !== undefined && schemaMatches(schema.spec, user, info)));
      known.set(key, found);
    }
    return found;
  }

  #classOf(schema: FlowSchema | undefined): Class {
    if (!schema?.spec) {
      const level = new PriorityLevel('', EXEMPT, this.#clock);
      const counts: SchemaCounts = { schema: '', level, executing: 0, executingSeats: 0, waiting: 0, waitingSeats: 0, dispatched: 0, rejected: new Map(), series: undefined };
      return (this.#fallback ??= { identity: { flowSchemaUid: '', priorityLevelUid: '' }, level, by: 'none', counts });
    }
    const name = schema.spec.priorityLevelConfiguration.name;
    const level = this.#levels.get(name);
    if (!level) return this.#fallback;
    const method = schema.spec.distinguisherMethod?.type;
    return {
      identity: { flowSchemaUid: schema.metadata.uid ?? '', priorityLevelUid: this.#caches.get(priorityLevelConfigurations, '', name)?.metadata.uid ?? '' },
      level,
      by: method === 'ByUser' ? 'user' : method === 'ByNamespace' ? 'namespace' : 'none',
      counts: this.#countsOf(schema.metadata.name ?? '', level),
    };
  }

  #configure(): void {
    this.#classes = new WeakMap();
    const precedence = (schema: FlowSchema): number => schema.spec?.matchingPrecedence ?? 1000;
    this.#schemas = [...this.#caches.list(flowSchemas)].sort((a, b) => precedence(a) - precedence(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
    const levels = this.#caches.list(priorityLevelConfigurations);
    const shares = levels.reduce((sum, level) => sum + sharesOf(level), 0);
    const names = new Set<string>();
    for (const level of levels) {
      const name = level.metadata.name ?? '';
      names.add(name);
      const limits = limitsOf(level, shares, this.#options.totalSeats ?? TOTAL_SEATS);
      const known = this.#levels.get(name);
      if (known) known.setLimits(limits);
      else this.#levels.set(name, new PriorityLevel(name, limits, this.#clock, () => this.#borrowAfter(BORROW_SOON_MS)));
    }
    for (const name of this.#levels.keys()) if (!names.has(name)) this.#levels.delete(name);
    // Counts of what is gone go when nothing is counted there any more.
    for (const [key, { schema, level, executing, waiting }] of this.#counts)
      if (executing + waiting === 0 && !this.#schemas.some(({ metadata, spec }) => metadata.name === schema && spec?.priorityLevelConfiguration.name === level.name)) this.#counts.delete(key);
  }

  #borrowAfter(ms: number): void {
    this.#borrowing ??= this.#clock.after(ms, () => {
      this.#borrowing = undefined;
      if (this.#divide()) this.#borrowAfter(BORROW_AGAIN_MS);
    });
  }

  /** Divides the seats anew; answers whether a level has others than its own. */
  #divide(): boolean {
    const limited = [...this.#levels.values()].filter(({ limits }) => Number.isFinite(limits.seats));
    const lenders = limited.map((level) => {
      const { seats: nominal, lendable = 0, borrowingLimit = 0 } = level.limits;
      const demand = level.takeDemand();
      const smoothDemand = smooth(this.#smoothDemand.get(level.name) ?? 0, demand);
      this.#smoothDemand.set(level.name, smoothDemand);
      return { nominal, lendable, borrowingLimit, demand, smoothDemand };
    });
    // Nobody wants more than its own: everybody gets it back.
    const wanted = lenders.some(({ nominal, smoothDemand }) => smoothDemand > nominal);
    const seats = wanted ? divideSeats(lenders) : lenders.map(({ nominal }) => nominal);
    for (const [index, level] of limited.entries()) level.setSeats(seats[index]!);
    return wanted;
  }
}

/** The stage. Streams that last as long as their client likes hold no seat; watches only until they have begun. */
export function fairnessStage(fairness: Fairness): Stage {
  return {
    name: 'fairness',
    enter(call) {
      if (call.longRunning && call.info.verb !== 'watch') return undefined;
      return fairness.enter(call);
    },
    leave(call) {
      call.seat?.leave();
      call.seat = undefined;
    },
  };
}

/** A call that waits, as `Waiting.about`. */
export interface WaitingCall {
  readonly call: ActiveCall;
}

/** What tells the flows of a schema apart. */
function distinguisherOf({ by }: Class, call: ActiveCall): string {
  if (by === 'user') return call.user.name;
  return by === 'namespace' ? call.info.namespace : '';
}

function sharesOf(level: PriorityLevelConfiguration): number {
  return level.spec?.limited ? (level.spec.limited.nominalConcurrencyShares ?? 30) : (level.spec?.exempt?.nominalConcurrencyShares ?? 0);
}

function limitsOf(level: PriorityLevelConfiguration, totalShares: number, totalSeats: number): LevelLimits {
  const limited = level.spec?.limited;
  if (!limited) return EXEMPT;
  const seats = Math.max(1, Math.ceil((totalSeats * sharesOf(level)) / Math.max(totalShares, 1)));
  const queuing = limited.limitResponse?.queuing;
  const borrowing = {
    lendable: Math.round((seats * (limited.lendablePercent ?? 0)) / 100),
    borrowingLimit: limited.borrowingLimitPercent === undefined ? Number.POSITIVE_INFINITY : Math.round((seats * limited.borrowingLimitPercent) / 100),
  };
  if (limited.limitResponse?.type !== 'Queue') return { seats, ...borrowing };
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = queuing ?? {};
  return { seats, ...borrowing, queuing: { queues, handSize, queueLengthLimit } };
}
