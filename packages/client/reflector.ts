/**
 * Keeps a copy of one resource current: list, watch from there, resume where a watch ended, list again when history is gone.
 *
 *     initial ──watch with sendInitialEvents (or list)──> watching ──end, error──> watching from the last revision
 *        ^                                                   │
 *        └───────────────────── 410 ─────────────────────────┘
 *
 * Source: the behaviour of client-go's reflector.
 */
import { Backoff } from '#base/backoff.ts';
import type { BackoffPolicy } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields } from '#base/log.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { StatusError } from '#machinery/status.ts';
import type { Status } from '#machinery/status.ts';
import type { ResourceClient } from './client.ts';
import type { InformerScope } from './informer.ts';
import type { WatchEvent } from './transport.ts';

/** A change of one object. */
export interface ObjectEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

/** Where a reflector writes what it learns. */
export interface ReflectorSink<T> {
  /** The whole content at a revision. */
  replace(objects: readonly T[], resourceVersion: string): void;
  /** Changes in order; `resourceVersion` is what the copy is current to after them. */
  apply(events: readonly ObjectEvent<T>[], resourceVersion: string): void;
}

/** What a reflector needs. */
export interface ReflectorOptions<T extends KubeObject> {
  readonly resource: ResourceClient<T>;
  readonly scope: Pick<InformerScope, 'fieldSelector' | 'labelSelector'>;
  readonly sink: ReflectorSink<T>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const RETRY: BackoffPolicy = { initialMs: 800, factor: 2, maxMs: 30_000, jitter: 1 };

/** A watch that lasts this long counts as a success, however it ends, and retries begin anew. */
const HEALTHY_WATCH_MS = 1_000;

/** Servers end a watch after 5 to 10 minutes, so that load spreads again over several of them. */
const MIN_WATCH_SECONDS = 300;

/** The annotation of the bookmark that ends the initial events of a streaming list. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** History before the last known revision is gone. */
function isGone(error: unknown): boolean {
  return error instanceof StatusError && (error.code === 410 || error.reason === 'Expired' || error.reason === 'Gone');
}

/** The server does not know streaming lists. */
function isUnsupported(error: unknown): boolean {
  return error instanceof StatusError && (error.code === 400 || error.code === 422);
}

/** Runs until `signal` aborts. */
export async function runReflector<T extends KubeObject>(options: ReflectorOptions<T>, signal: AbortSignal): Promise<void> {
  const { clock, log } = options;
  const backoff = new Backoff(RETRY, options.random);
  const reflector = new Reflector(options);
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    try {
      await reflector.step(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isGone(error)) log.debug('watch history is gone, listing again', errorFields(error));
      else log.warn('watch failed', errorFields(error));
    }
    if (signal.aborted) return;
    if (clock.monotonicMs() - startedMs >= HEALTHY_WATCH_MS) backoff.reset();
    else if (reflector.progress) {
      backoff.reset();
      continue;
    }
    try {
      await clock.sleep(backoff.next(), signal);
    } catch {
      return; // aborted: the only way a sleep fails
    }
  }
}

class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  #resourceVersion: string | undefined;
  #streaming = true;
  /** Whether the last step learned something, so that the next may follow at once. */
  progress = false;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
  }

  /** Lists if needed, then watches until the watch ends. */
  async step(signal: AbortSignal): Promise<void> {
    this.progress = false;
    try {
      if (this.#resourceVersion !== undefined) await this.#watch(this.#resourceVersion, signal);
      else if (this.#streaming) await this.#stream(signal);
      else await this.#list(signal);
    } catch (error) {
      if (isGone(error)) {
        this.progress = this.#resourceVersion !== undefined;
        this.#resourceVersion = undefined;
      } else if (this.#streaming && this.#resourceVersion === undefined && isUnsupported(error)) {
        this.#streaming = false;
        this.progress = true;
        return;
      }
      throw error;
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const list = await this.#options.resource.list({ ...this.#options.scope }, signal);
    this.#replace(list.items, list.metadata.resourceVersion ?? '');
  }

  /** Gets the content as a stream of additions that a bookmark ends, then goes on with the same watch. */
  async #stream(signal: AbortSignal): Promise<void> {
    const initial = new Map<string, T>();
    let done = false;
    const events = this.#options.resource.watch(
      { ...this.#options.scope, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true, timeoutSeconds: this.#timeoutSeconds() },
      signal,
    );
    for await (const batch of events) {
      let at = 0;
      for (; !done && at < batch.length; at++) done = this.#gather(batch[at]!, initial);
      if (done && at < batch.length) this.#apply(batch.slice(at));
    }
  }

  /** Takes one initial event; true when it was the bookmark that ends them. */
  #gather(event: WatchEvent<T>, initial: Map<string, T>): boolean {
    if (event.type === 'ERROR') throw StatusError.fromStatus(event.object as Status);
    const { metadata } = event.object;
    if (event.type === 'BOOKMARK') {
      if (metadata.annotations?.[INITIAL_EVENTS_END] !== 'true') return false;
      this.#replace([...initial.values()], metadata.resourceVersion ?? '');
      initial.clear();
      return true;
    }
    const key = `${metadata.namespace ?? ''}/${metadata.name}`;
    if (event.type === 'DELETED') initial.delete(key);
    else initial.set(key, event.object);
    return false;
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const events = this.#options.resource.watch(
      { ...this.#options.scope, resourceVersion, allowWatchBookmarks: true, timeoutSeconds: this.#timeoutSeconds() },
      signal,
    );
    for await (const batch of events) this.#apply(batch);
  }

  #replace(objects: readonly T[], resourceVersion: string): void {
    this.#resourceVersion = resourceVersion;
    this.progress = true;
    this.#options.sink.replace(objects, resourceVersion);
  }

  #apply(batch: readonly WatchEvent<T>[]): void {
    const changes: ObjectEvent<T>[] = [];
    let failure: StatusError | undefined;
    for (const event of batch) {
      if (event.type === 'ERROR') {
        failure = StatusError.fromStatus(event.object as Status);
        break;
      }
      this.progress = true;
      this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
      if (event.type !== 'BOOKMARK') changes.push(event as ObjectEvent<T>);
    }
    this.#options.sink.apply(changes, this.#resourceVersion ?? '');
    if (failure) throw failure;
  }

  #timeoutSeconds(): number {
    return MIN_WATCH_SECONDS + this.#options.random.int(MIN_WATCH_SECONDS);
  }
}
