/**
 * What can go wrong between the API server and whoever calls it, on demand: errors, delays, lost answers, broken watches, partitions.
 *
 * Stands around the server's last stage, so calls over the socket and inside the process fail alike.
 */
import type { ApiCall, ApiReply, Handler, WatchItem } from '#apiserver/call.ts';
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import { durationToMs } from '#machinery/duration.ts';
import { StatusError, type StatusReason, conflict, internalError, serviceUnavailable, tooManyRequests } from '#machinery/status.ts';

/** Which calls a fault hits. What is left out matches everything. */
export interface FaultTarget {
  /** Who calls: the name its user agent begins with (`kube-scheduler`, `kube-controller-manager`, `kubelet`, `kubectl`; the cluster's own client is `test`). */
  readonly component?: string;
  readonly verb?: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
  /** `pods`, or with its subresource `pods/status`. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** An error to answer with: one of the usual ones, or any status. */
export type FaultError = 'Conflict' | 'InternalError' | 'ServiceUnavailable' | 'TooManyRequests' | { readonly code: number; readonly reason: StatusReason; readonly message: string };

/** What happens to the calls it hits. */
export interface Fault extends FaultTarget {
  /** The part of matching calls that is hit, 0 to 1; default all. */
  readonly probability?: number;
  /** How many calls are hit before the fault goes away; default: no limit. */
  readonly times?: number;
  /** Waits before anything else happens, `'2s'`. */
  readonly delay?: string;
  /** Answers with this error. */
  readonly error?: FaultError;
  /** `true`: with `error`, the request takes effect all the same, and only its answer is lost. */
  readonly afterEffect?: boolean;
}

/** The faults of one cluster. */
export interface Faults {
  /** Adds a fault; disposing the result takes it away. */
  add(fault: Fault): Disposable;
  /** Ends the open watches that match, as when connections break; says how many. */
  dropWatches(target?: Pick<FaultTarget, 'component' | 'resource'>): number;
  /** Cuts a component off: its watches end and all its calls fail until the result is disposed. */
  partition(component: string): Disposable;
  /** Takes all faults and partitions away. */
  clear(): void;
  /** How many calls have been hit. */
  readonly hits: number;
}

interface ActiveFault {
  readonly fault: Fault;
  left: number;
}

interface OpenWatch {
  readonly call: ApiCall;
  readonly stop: AbortController;
}

/** A server's own calls never fail: they are no calls in truth. */
const SERVER_AGENT = 'kube-apiserver';

const agentOf = (call: ApiCall): string => call.userAgent.split('/', 1)[0]!;

function matches(target: FaultTarget, call: ApiCall): boolean {
  const { info } = call;
  if (target.verb !== undefined && target.verb !== info.verb) return false;
  if (target.resource !== undefined && target.resource !== (info.subresource ? `${info.resource}/${info.subresource}` : info.resource)) return false;
  if (target.namespace !== undefined && target.namespace !== info.namespace) return false;
  if (target.name !== undefined && target.name !== info.name) return false;
  return target.component === undefined || target.component === agentOf(call);
}

function errorOf(error: FaultError, { info }: ApiCall): StatusError {
  switch (error) {
    case 'Conflict':
      return conflict(info, info.name, 'the object has been modified; please apply your changes to the latest version and try again');
    case 'InternalError':
      return internalError(new Error('fault on demand'));
    case 'ServiceUnavailable':
      return serviceUnavailable('fault on demand');
    case 'TooManyRequests':
      return tooManyRequests('fault on demand', 1);
    default:
      return new StatusError(error);
  }
}

/** The faults, and the handler that makes them happen. */
export class FaultInjector implements Faults {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #active = new Set<ActiveFault>();
  readonly #partitioned = new Map<string, number>();
  readonly #watches = new Set<OpenWatch>();
  hits = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  add(fault: Fault): Disposable {
    const active: ActiveFault = { fault, left: fault.times ?? Infinity };
    this.#active.add(active);
    return { [Symbol.dispose]: () => void this.#active.delete(active) };
  }

  dropWatches({ component, resource }: Pick<FaultTarget, 'component' | 'resource'> = {}): number {
    let dropped = 0;
    for (const { call, stop } of this.#watches) {
      const agent = agentOf(call);
      if (agent === SERVER_AGENT || (component !== undefined && component !== agent) || (resource !== undefined && resource !== call.info.resource)) continue;
      stop.abort();
      dropped++;
    }
    return dropped;
  }

  partition(component: string): Disposable {
    this.#partitioned.set(component, (this.#partitioned.get(component) ?? 0) + 1);
    this.dropWatches({ component });
    let healed = false;
    return {
      [Symbol.dispose]: () => {
        if (healed) return;
        healed = true;
        const left = (this.#partitioned.get(component) ?? 1) - 1;
        if (left > 0) this.#partitioned.set(component, left);
        else this.#partitioned.delete(component);
      },
    };
  }

  clear(): void {
    this.#active.clear();
    this.#partitioned.clear();
  }

  /** Stands around `inner`. */
  around(inner: Handler): Handler {
    return {
      handle: (call) => {
        if (this.#partitioned.size > 0 && this.#partitioned.has(agentOf(call))) throw serviceUnavailable('partitioned');
        const fault = this.#active.size > 0 ? this.#pick(call) : undefined;
        if (fault) return this.#suffer(call, fault, inner);
        return call.info.verb === 'watch' ? this.#watch(call, inner) : inner.handle(call);
      },
    };
  }

  #pick(call: ApiCall): Fault | undefined {
    if (agentOf(call) === SERVER_AGENT) return undefined;
    for (const active of this.#active) {
      const { fault } = active;
      if (!matches(fault, call) || (fault.probability !== undefined && this.#random.next() >= fault.probability)) continue;
      this.hits++;
      if (--active.left <= 0) this.#active.delete(active);
      return fault;
    }
    return undefined;
  }

  async #suffer(call: ApiCall, fault: Fault, inner: Handler): Promise<ApiReply> {
    if (fault.delay !== undefined) await this.#clock.sleep(durationToMs(fault.delay), call.signal);
    if (fault.error === undefined) return call.info.verb === 'watch' ? this.#watch(call, inner) : inner.handle(call);
    if (fault.afterEffect) await inner.handle(call);
    throw errorOf(fault.error, call);
  }

  /** Lets a watch be broken from here. */
  #watch(call: ApiCall, inner: Handler): ApiReply | Promise<ApiReply> {
    const open: OpenWatch = { call, stop: new AbortController() };
    call.endWith?.(open.stop.signal);
    const reply = inner.handle(call);
    const breakable = (one: ApiReply): ApiReply => (one.type === 'watch' ? { ...one, events: this.#whileOpen(open, one.events) } : one);
    return reply instanceof Promise ? reply.then(breakable) : breakable(reply);
  }

  async *#whileOpen(open: OpenWatch, events: AsyncIterable<readonly WatchItem[]>): AsyncGenerator<readonly WatchItem[]> {
    this.#watches.add(open);
    try {
      yield* events;
    } finally {
      this.#watches.delete(open);
    }
  }
}
