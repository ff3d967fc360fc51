/**
 * Commits that arrive while one transaction is being made durable wait and share the next one.
 */
import { Ring } from '#base/ring.ts';
import { StoreUnavailableError, type CommitResult, type Write } from '../store.ts';
import type { CommittedEvents } from '../watch-hub.ts';
import { conflictsOf, eventsOf } from '../writes.ts';
import { EngineError, type EngineClient } from './engine-client.ts';
import { NONE, Packer, unpackVersions, type CommitGroup, type CommitGroupResult } from './packed.ts';

/** Commits that share one transaction at most: enough to keep the disk busy, few enough that reads in between wait some milliseconds only. */
const MAX_GROUP_COMMITS = 256;
/** Bytes of values after which a group is closed. */
const MAX_GROUP_BYTES = 4 * 1_024 * 1_024;

interface WaitingCommit {
  readonly writes: readonly Write[];
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: Error) => void;
}

/** What the engine made of a group. */
type GroupOutcome = CommitGroupResult | { readonly failure: StoreUnavailableError };

/** A group on its way. */
interface SentGroup {
  readonly group: readonly WaitingCommit[];
  readonly keys: readonly string[];
  readonly outcome: Promise<GroupOutcome>;
}

/** Groups commits; calls `publish` with those that changed something once they are durable, before anyone hears of their success. */
export class GroupCommitter {
  readonly #engine: EngineClient;
  readonly #publish: (commits: readonly CommittedEvents[]) => void;
  readonly #waiting = new Ring<WaitingCommit>();
  #running: Promise<void> | undefined;
  #broken: StoreUnavailableError | undefined;

  constructor(engine: EngineClient, publish: (commits: readonly CommittedEvents[]) => void) {
    this.#engine = engine;
    this.#publish = publish;
  }

  /** See `Store.commit`. */
  commit(writes: readonly Write[]): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ writes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything that waits has been settled. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // One turn of the microtask queue: what is committed in the same tick goes into the same group.
    await Promise.resolve();
    let sent = this.#sendGroup();
    while (sent) {
      const outcome = await sent.outcome;
      // The engine gets the next group before this one's committers are told, so that it does not wait for them.
      const next = 'failure' in outcome ? undefined : this.#sendGroup();
      this.#tell(sent, outcome);
      sent = next ?? this.#sendGroup();
    }
    this.#running = undefined;
  }

  #takeGroup(): WaitingCommit[] {
    const group: WaitingCommit[] = [];
    let bytes = 0;
    while (this.#waiting.length > 0 && group.length < MAX_GROUP_COMMITS && bytes < MAX_GROUP_BYTES) {
      const commit = this.#waiting.shift()!;
      group.push(commit);
      for (const write of commit.writes) bytes += write.value?.byteLength ?? 0;
    }
    return group;
  }

  /** Sends what waits to the engine; `undefined` when nothing does. */
  #sendGroup(): SentGroup | undefined {
    if (this.#waiting.length === 0) return undefined;
    const group = this.#takeGroup();
    const packed = pack(group);
    return { group, keys: packed.keys, outcome: this.#commitGroup(packed) };
  }

  async #commitGroup(packed: CommitGroup): Promise<GroupOutcome> {
    try {
      if (this.#broken) throw this.#broken;
      return await this.#engine.call('commit', packed);
    } catch (error) {
      return { failure: error instanceof StoreUnavailableError ? error : new StoreUnavailableError('the commit failed', error) };
    }
  }

  #tell({ group, keys }: SentGroup, outcome: GroupOutcome): void {
    if ('failure' in outcome) {
      const { failure } = outcome;
      // Whether the disk holds the group is unknown: nothing may build on either answer until the store is opened again.
      if (!(failure instanceof EngineError && failure.transient)) this.#broken ??= failure;
      for (const commit of group) commit.reject(failure);
      return;
    }
    const settled = settle(group, keys, outcome);
    this.#publish(settled.events);
    group.forEach((commit, i) => commit.resolve(settled.results[i]!));
  }
}

function pack(group: readonly WaitingCommit[]): CommitGroup {
  const writeCounts: number[] = [];
  const keys: string[] = [];
  const expected: number[] = [];
  const values = new Packer();
  for (const { writes } of group) {
    writeCounts.push(writes.length);
    for (const write of writes) {
      keys.push(write.key);
      expected.push(write.expect ?? NONE);
      values.add(write.value);
    }
  }
  return { writeCounts, keys, expected, values: values.pack() };
}

/** What to tell each committer, and what to tell the watchers. */
function settle(
  group: readonly WaitingCommit[],
  keys: readonly string[],
  result: CommitGroupResult,
): { results: CommitResult[]; events: CommittedEvents[] } {
  const before = unpackVersions(keys, result.before, false);
  const results: CommitResult[] = [];
  const events: CommittedEvents[] = [];
  let first = 0;
  group.forEach(({ writes }, i) => {
    const revision = result.revisions[i]!;
    const held = before.slice(first, first + writes.length);
    first += writes.length;
    if (!result.committed[i]) {
      results.push({ committed: false, revision, conflicts: conflictsOf(writes, held) });
      return;
    }
    results.push({ committed: true, revision });
    const changed = eventsOf(writes, held, revision);
    if (changed.length > 0) events.push({ revision, events: changed });
  });
  return { results, events };
}
