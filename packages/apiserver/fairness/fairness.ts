/** Priority and fairness: classifies each request and gives it a seat of its priority level. Source: KEP-1040. */
import type { Clock, Timer } from '#base/clock.ts';
import { flowSchemas } from '#kinds/flowcontrol/flow-schema/kind.ts';
import type { FlowSchema } from '#kinds/flowcontrol/flow-schema/schema.ts';
import { priorityLevelConfigurations } from '#kinds/flowcontrol/priority-level-configuration/kind.ts';
import type { PriorityLevelConfiguration } from '#kinds/flowcontrol/priority-level-configuration/schema.ts';
import type { ActiveCall, FlowIdentity } from '../active-call.ts';
import type { Caches, RequestInfo, User } from '../call.ts';
import type { Stage } from '../pipeline.ts';
import { schemaMatches } from './flow-matching.ts';
import { type LevelLimits, PriorityLevel } from './priority-level.ts';
import { divideSeats, smooth } from './seat-borrowing.ts';

/** Where a kind of request belongs. */
interface Class {
  readonly identity: FlowIdentity;
  readonly level: PriorityLevel;
  readonly by: 'user' | 'namespace' | 'none';
  readonly schema: string;
}

/** Seats of the whole server. Source: apiserver `--max-requests-inflight` plus `--max-mutating-requests-inflight`. */
const TOTAL_SEATS = 600;
/** Kinds of requests remembered per user. */
const MAX_REMEMBERED = 1024;
/** How soon a full level gets seats that others do not need. */
const BORROW_SOON_MS = 100;
/** How often seats are divided anew while some are borrowed. Source: apiserver `borrowingAdjustmentPeriod`. */
const BORROW_AGAIN_MS = 10_000;
const EXEMPT: LevelLimits = { seats: Number.POSITIVE_INFINITY, queueLength: 0, flowQueueLength: 0 };

/** Classifies and counts. */
export class Fairness implements Disposable {
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

  /** The caches must have loaded. */
  constructor(caches: Caches, clock: Clock) {
    this.#caches = caches;
    this.#clock = clock;
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

  /** Gives the call a seat. @throws StatusError TooManyRequests */
  enter(call: ActiveCall): void | Promise<void> {
    const found = this.#classify(call.user, call.info);
    call.flow = found.identity;
    if (found.level.tryEnter()) {
      call.seat = found.level;
      return undefined;
    }
    return found.level.queue(flowKey(found, call)).then(() => {
      call.seat = found.level;
    });
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
    if (!schema?.spec) return (this.#fallback ??= { identity: { flowSchemaUid: '', priorityLevelUid: '' }, level: new PriorityLevel('', EXEMPT, this.#clock), by: 'none', schema: '' });
    const name = schema.spec.priorityLevelConfiguration.name;
    const level = this.#levels.get(name);
    if (!level) return this.#fallback;
    const method = schema.spec.distinguisherMethod?.type;
    return {
      identity: { flowSchemaUid: schema.metadata.uid ?? '', priorityLevelUid: this.#caches.get(priorityLevelConfigurations, '', name)?.metadata.uid ?? '' },
      level,
      by: method === 'ByUser' ? 'user' : method === 'ByNamespace' ? 'namespace' : 'none',
      schema: schema.metadata.name ?? '',
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
      const limits = limitsOf(level, shares);
      const known = this.#levels.get(name);
      if (known) known.setLimits(limits);
      else this.#levels.set(name, new PriorityLevel(name, limits, this.#clock, () => this.#borrowAfter(BORROW_SOON_MS)));
    }
    for (const name of this.#levels.keys()) if (!names.has(name)) this.#levels.delete(name);
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

function flowKey(found: Class, call: ActiveCall): string {
  if (found.by === 'user') return `${found.schema} ${call.user.name}`;
  return found.by === 'namespace' ? `${found.schema} ${call.info.namespace}` : found.schema;
}

function sharesOf(level: PriorityLevelConfiguration): number {
  return level.spec?.limited ? (level.spec.limited.nominalConcurrencyShares ?? 30) : 0;
}

function limitsOf(level: PriorityLevelConfiguration, totalShares: number): LevelLimits {
  const limited = level.spec?.limited;
  if (!limited) return EXEMPT;
  const seats = Math.max(1, Math.ceil((TOTAL_SEATS * sharesOf(level)) / Math.max(totalShares, 1)));
  const queuing = limited.limitResponse?.queuing;
  const borrowing = {
    lendable: Math.round((seats * (limited.lendablePercent ?? 0)) / 100),
    borrowingLimit: limited.borrowingLimitPercent === undefined ? Number.POSITIVE_INFINITY : Math.round((seats * limited.borrowingLimitPercent) / 100),
  };
  if (limited.limitResponse?.type !== 'Queue') return { seats, ...borrowing, queueLength: 0, flowQueueLength: 0 };
  const { queues = 64, handSize = 8, queueLengthLimit = 50 } = queuing ?? {};
  return { seats, ...borrowing, queueLength: queues * queueLengthLimit, flowQueueLength: handSize * queueLengthLimit };
}
