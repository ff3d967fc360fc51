/**
 * Commits: one transaction each, of which it is known what became of it.
 *
 * When an answer is lost, the commit may have happened, or may yet happen. Sending it again is safe if it expects a revision of a key that it changes: of the two at most
 * one finds that revision. If the second is refused, the key's history tells whether the first was what changed it.
 *
 *     Txn ─ answered ───────────────────────────────────────────────> result
 *         └ lost ─ Txn again ─ succeeded ───────────────────────────> committed
 *                            └ refused ─ first change since is ours ─> committed (by the first)
 *                                      └ is another's ──────────────> conflict
 */
import type { Clock } from '#base/clock.ts';
import { CompactedError, type CommitResult, type KeyValue, type Revision, type StoreEvent, type Write } from '../store.ts';
import { conflictsOf } from '../writes.ts';
import { OutcomeUnknownError, type EtcdClient } from './etcd-client.ts';
import { isCompacted, isLeaseGone, isOutOfSpace } from './etcd-errors.ts';
import { EtcdWatch } from './etcd-watch.ts';
import type { KeySpace } from './key-space.ts';
import { Leases } from './leases.ts';
import type { Int64, Methods } from './messages.ts';

/** How long an outcome is sought: elections take a second or two. */
const SEEK_FOR_MS = 15_000;
const RETRY_PAUSE_MS = 100;

type Answer = Methods['Txn'][1];

/** A write that makes sending its commit twice safe. */
type Fence = Write & { readonly expect: Revision };

/** What commits go through. */
export interface CommitOptions {
  readonly client: EtcdClient;
  readonly space: KeySpace;
  readonly clock: Clock;
  /** A revision that the store has certainly reached. */
  readonly known: () => Revision;
}

/** A write that takes the revision it expects away from every later attempt. */
function fenceOf(writes: readonly Write[]): Fence | undefined {
  const expecting = writes.filter((write): write is Fence => write.expect !== undefined && (write.value !== null || write.expect > 0));
  return expecting.find(({ value }) => value !== null) ?? expecting[0];
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : Buffer.compare(a, b) === 0;
}

/** Sends commits. */
export class Commits {
  readonly #options: CommitOptions;
  readonly #leases: Leases;

  constructor(options: CommitOptions) {
    this.#options = options;
    this.#leases = new Leases(options.client, options.clock);
  }

  /** @throws GrpcError when etcd refuses, OutcomeUnknownError, StoreUnavailableError when it was certainly not committed */
  async commit(writes: readonly Write[], signal: AbortSignal): Promise<CommitResult> {
    const fence = fenceOf(writes);
    const known = Math.max(this.#options.known(), fence?.expect ?? 0);
    try {
      const answer = await this.#send(writes, fence === undefined);
      return answer === 'lost' ? await this.#seek(writes, fence!, known, signal) : this.#resultOf(writes, answer);
    } catch (error) {
      if (!isOutOfSpace(error)) throw error;
      const revision = await this.#writtenAlthoughRefused(fence, known, error, signal);
      return { committed: true, revision };
    }
  }

  /**
   * The revision of a commit that etcd refused for want of space and carried out all the same, as it does with the one by which its members notice that they are full.
   * @throws the refusal when it was not carried out, OutcomeUnknownError when that cannot be known
   */
  async #writtenAlthoughRefused(fence: Fence | undefined, known: Revision, refusal: unknown, signal: AbortSignal): Promise<Revision> {
    const { client, space } = this.#options;
    if (!fence) throw new OutcomeUnknownError(client.endpoints, refusal);
    const { kvs } = await client.call('Range', { key: space.key(fence.key) }, { repeatable: true });
    const revision = await this.#ownChange(fence, known, kvs[0] && space.keyValue(kvs[0]), signal);
    if (revision === undefined) throw refusal;
    return revision;
  }

  /** One transaction; `lost` when it is unknown what became of it and it may be sent again. */
  async #send(writes: readonly Write[], final: boolean): Promise<Answer | 'lost'> {
    const { client, space } = this.#options;
    for (;;) {
      const leases = writes.some(({ ttlMs }) => ttlMs !== undefined) ? await this.#leasesOf(writes) : undefined;
      try {
        return await client.call('Txn', space.transaction(writes, leases && ((write) => leases.get(write))), { repeatable: false, patient: final });
      } catch (error) {
        if (leases && isLeaseGone(error)) {
          this.#leases.forget();
          continue;
        }
        if (final || !(error instanceof OutcomeUnknownError)) throw error;
        return 'lost';
      }
    }
  }

  async #leasesOf(writes: readonly Write[]): Promise<ReadonlyMap<Write, Int64>> {
    const leases = new Map<Write, Int64>();
    for (const write of writes) if (write.ttlMs !== undefined) leases.set(write, await this.#leases.take(write.ttlMs));
    return leases;
  }

  #resultOf(writes: readonly Write[], { header, succeeded, responses }: Answer): CommitResult {
    const { space } = this.#options;
    const revision = space.revision(header.revision);
    if (succeeded) return { committed: true, revision };
    const held = this.#held(responses);
    return {
      committed: false,
      revision,
      conflicts: conflictsOf(
        writes,
        writes.map(({ key }) => held.get(key)),
      ),
    };
  }

  #held(responses: Answer['responses']): ReadonlyMap<string, KeyValue> {
    const { space } = this.#options;
    return new Map(responses.flatMap(({ responseRange }) => responseRange.kvs.map((kv) => space.keyValue(kv))).map((kv) => [kv.key, kv]));
  }

  /** Sends the commit again until there is an answer, and finds out whose change an answer of refusal speaks of. */
  async #seek(writes: readonly Write[], fence: Fence, known: Revision, signal: AbortSignal): Promise<CommitResult> {
    const { clock, client } = this.#options;
    const giveUpAt = clock.monotonicMs() + SEEK_FOR_MS;
    while (clock.monotonicMs() < giveUpAt) {
      await clock.sleep(RETRY_PAUSE_MS, signal);
      const answer = await this.#send(writes, false);
      if (answer === 'lost') continue;
      if (answer.succeeded) return this.#resultOf(writes, answer);
      const current = this.#held(answer.responses).get(fence.key);
      const revision = await this.#ownChange(fence, known, current, signal);
      return revision === undefined ? this.#resultOf(writes, answer) : { committed: true, revision };
    }
    throw new OutcomeUnknownError(client.endpoints);
  }

  /** The revision at which `fence` was written, if it was; `current` is what its key holds. */
  async #ownChange(fence: Fence, known: Revision, current: KeyValue | undefined, signal: AbortSignal): Promise<Revision | undefined> {
    const now = current?.modRevision ?? 0;
    if (now === fence.expect) return undefined;
    if (current && now > known && fence.value !== null && sameBytes(current.value, fence.value)) return now;
    try {
      // Somebody else had changed the key before the commit was sent.
      if (fence.expect > 0 ? (await this.#modRevisionAt(fence.key, known)) !== fence.expect : now <= known) return undefined;
      return await this.#ownEvent(fence, known, now, signal);
    } catch (error) {
      if (!(error instanceof CompactedError) && !isCompacted(error)) throw error;
      throw new OutcomeUnknownError(this.#options.client.endpoints, error);
    }
  }

  async #modRevisionAt(key: string, revision: Revision): Promise<Revision> {
    const { client, space } = this.#options;
    const { kvs } = await client.call('Range', { key: space.key(key), revision: space.toEtcd(revision) }, { repeatable: true });
    return kvs[0] ? space.revision(kvs[0].modRevision) : 0;
  }

  /** The revision of the event that is ours among those of the fence's key after `known`; its key was last written at `now`. */
  async #ownEvent(fence: Fence, known: Revision, now: Revision, signal: AbortSignal): Promise<Revision | undefined> {
    const { client, space } = this.#options;
    using watch = new EtcdWatch(client, space, { after: known, key: fence.key }, signal);
    for await (const commits of watch) {
      for (const { revision, events } of commits) {
        for (const event of events) {
          if (isFence(event, fence)) return revision;
          // The expected revision is gone with the first change; a key that did not exist may have been made and deleted before.
          if (fence.expect > 0 || revision >= now) return undefined;
        }
      }
    }
    throw new OutcomeUnknownError(client.endpoints, signal.reason);
  }
}

/** Whether `event` is what `fence` would cause. */
function isFence(event: StoreEvent, fence: Fence): boolean {
  if ((event.previous?.modRevision ?? 0) !== fence.expect) return false;
  return event.type === 'put' ? sameBytes(event.kv.value, fence.value) : fence.value === null;
}
