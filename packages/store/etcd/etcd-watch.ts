import { AsyncQueue } from '#base/async-queue.ts';
import { CompactedError, StoreUnavailableError, type Revision } from '../store.ts';
import type { CommittedEvents } from '../watch-hub.ts';
import type { GrpcStream } from '#h2/grpc-client.ts';
import type { EtcdClient } from './etcd-client.ts';
import { ZERO_KEY, type KeySpace } from './key-space.ts';
import { toNumber, type Methods } from './messages.ts';

/** Messages that wait here before the stream is paused. */
const QUEUE_MESSAGES = 16;

type WatchResponse = Methods['Watch'][1];

/** Watches from the present on; `created` tells where that was. */
export const NOW: Revision = -1;

/** What is watched, from where on. */
export interface WatchScope {
  readonly after: Revision;
  /** Only this key; absent: all keys of the cluster. */
  readonly key?: string;
}

/**
 * One watch from one member: the commits after a revision, in order, until `signal` aborts.
 * The iteration throws CompactedError when they are gone, and GrpcError or StoreUnavailableError when the connection is lost.
 */
export class EtcdWatch implements AsyncIterable<readonly CommittedEvents[]>, Disposable {
  readonly #space: KeySpace;
  readonly #stream: GrpcStream;
  readonly #queue = new AsyncQueue<WatchResponse>(Infinity);
  readonly #signal: AbortSignal;
  readonly #stop = (): void => {
    this.#created.reject(this.#signal.reason);
    this.#queue.close();
  };
  readonly #created = Promise.withResolvers<Revision>();
  #reached: Revision;

  constructor(client: EtcdClient, space: KeySpace, { after, key }: WatchScope, signal: AbortSignal) {
    this.#space = space;
    this.#reached = after;
    this.#signal = signal;
    // Nobody need wait for it.
    this.#created.promise.catch(() => undefined);
    const range = key === undefined ? { key: ZERO_KEY, rangeEnd: ZERO_KEY } : { key: space.key(key) };
    // From the revision itself, not from the one after it: etcd then refuses exactly when a commit after it may be gone. What is known already is skipped.
    const request = { createRequest: { ...range, startRevision: after === NOW ? 0 : Math.max(space.toEtcd(after), 1), prevKv: true } };
    this.#stream = client.watch(request, { response: (response) => this.#take(response), end: (error) => this.#fail(error) });
    if (signal.aborted) this.#stop();
    else signal.addEventListener('abort', this.#stop, { once: true });
  }

  /** The member's revision when the watch began: a watch from `NOW` delivers what comes after it. */
  get created(): Promise<Revision> {
    return this.#created.promise;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly CommittedEvents[], void, undefined> {
    for (;;) {
      const responses = await this.#queue.take();
      if (!responses || this.#signal.aborted) return;
      for (const response of responses) {
        if (toNumber(response.compactRevision) > 0) throw new CompactedError(this.#space.revision(response.compactRevision));
        if (response.canceled) throw new StoreUnavailableError(`etcd ended the watch: ${response.cancelReason}`);
        const commits = this.#space.commits(response.events, this.#reached);
        if (commits.length === 0) continue;
        this.#reached = commits.at(-1)!.revision;
        yield commits;
      }
      this.#stream.pause(false);
    }
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#stop);
    this.#queue.close();
    this.#stream.cancel();
  }

  #take(response: WatchResponse): void {
    if (response.created) this.#created.resolve(this.#space.revision(response.header.revision));
    this.#queue.push(response);
    if (this.#queue.length >= QUEUE_MESSAGES) this.#stream.pause(true);
  }

  #fail(error: Error): void {
    this.#created.reject(error);
    this.#queue.fail(error);
  }
}
