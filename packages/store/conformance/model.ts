import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareKeys } from '../keys.ts';
import type { KeyValue, Revision, Store, StoreEvent, Write } from '../store.ts';
import { bytes, shown, shownEvent, shownEvents, shownRange, watched, type ConformanceOptions, type OpenStore } from './harness.ts';

const RUNS = 60;
const KEYS = ['/a/1', '/a/2', '/a/2/x', '/b', '/b/\uffff', '/b/\u{10000}', '/c'];

/** The whole store at each of its revisions, kept in the plainest way. */
class Model {
  revision: Revision;
  compacted: Revision;
  readonly states = new Map<Revision, ReadonlyMap<string, KeyValue>>();
  readonly events: StoreEvent[] = [];

  constructor(revision: Revision) {
    this.revision = revision;
    this.compacted = 0;
    this.states.set(revision, new Map());
  }

  state(revision = this.revision): ReadonlyMap<string, KeyValue> {
    return this.states.get(revision)!;
  }

  /** The indexes of failed expectations; applies the writes if there are none. */
  commit(writes: readonly Write[]): number[] {
    const state = new Map(this.state());
    const failed = writes.flatMap(({ key, expect }, i) => (expect === undefined || expect === (state.get(key)?.modRevision ?? 0) ? [] : [i]));
    if (failed.length > 0) return failed;
    const revision = this.revision + 1;
    const events: StoreEvent[] = [];
    for (const { key, value } of writes) {
      const previous = state.get(key);
      if (value) {
        const kv: KeyValue = { key, value, createRevision: previous?.createRevision ?? revision, modRevision: revision };
        events.push({ type: 'put', kv, previous });
        state.set(key, kv);
      } else if (previous) {
        events.push({ type: 'delete', key, revision, previous });
        state.delete(key);
      }
    }
    if (events.length === 0) return [];
    this.revision = revision;
    this.states.set(revision, state);
    this.events.push(...events);
    return [];
  }

  shown(prefix: string, revision: Revision): (string | undefined)[] {
    return [...this.state(revision).values()]
      .filter((kv) => kv.key.startsWith(prefix))
      .sort((a, b) => compareKeys(a.key, b.key))
      .map(shown);
  }
}

/** What a write expects, relative to what the key holds when its commit is made. */
type Expectation = 'nothing' | 'current' | 'absence' | 'stale';

interface PlannedWrite {
  readonly key: string;
  readonly text: string | null;
  readonly expectation: Expectation;
}

/** Commits made in one tick, or a compaction so many revisions back. */
type Step = { readonly tick: readonly (readonly PlannedWrite[])[] } | { readonly compactBack: number };

const plannedWrite: fc.Arbitrary<PlannedWrite> = fc.record({
  key: fc.constantFrom(...KEYS),
  text: fc.option(fc.string({ maxLength: 5, unit: 'grapheme' }), { freq: 3 }),
  expectation: fc.constantFrom<Expectation>('nothing', 'nothing', 'current', 'current', 'absence', 'stale'),
});
const plannedCommit = fc.uniqueArray(plannedWrite, { selector: (planned) => planned.key, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ tick: fc.array(plannedCommit, { minLength: 1, maxLength: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ compactBack: fc.nat(4) }) },
);

function expectationOf(model: Model, planned: PlannedWrite): Revision | undefined {
  const current = model.state().get(planned.key)?.modRevision ?? 0;
  if (planned.expectation === 'current') return current;
  if (planned.expectation === 'absence') return 0;
  return planned.expectation === 'stale' ? Math.max(current - 1, 0) : undefined;
}

async function runTick(store: Store, model: Model, tick: readonly (readonly PlannedWrite[])[]): Promise<void> {
  const outcomes = tick.map((plannedWrites) => {
    const writes = plannedWrites.map((planned): Write => {
      const expect = expectationOf(model, planned);
      const value = planned.text === null ? null : bytes(planned.text);
      return expect === undefined ? { key: planned.key, value } : { key: planned.key, value, expect };
    });
    const state = model.state();
    const failed = model.commit(writes);
    const conflicts = failed.map((index) => [index, shown(state.get(writes[index]!.key))]);
    return { result: store.commit(writes), expected: { committed: failed.length === 0, revision: model.revision, conflicts } };
  });
  for (const { result, expected } of outcomes) {
    const actual = await result;
    const conflicts = actual.committed ? [] : actual.conflicts.map(({ index, current }) => [index, shown(current)]);
    assert.deepEqual({ committed: actual.committed, revision: actual.revision, conflicts }, expected);
  }
}

async function assertSame(store: Store, model: Model, start: Revision): Promise<void> {
  assert.equal(await store.currentRevision(), model.revision);
  for (let revision = Math.max(model.compacted, start); revision <= model.revision; revision++) {
    assert.deepEqual(await shownRange(store, '', revision), model.shown('', revision));
    assert.deepEqual(await shownRange(store, '/b', revision), model.shown('/b', revision));
    const after = (event: StoreEvent): boolean => (event.type === 'put' ? event.kv.modRevision : event.revision) > revision;
    const sorted = (events: readonly string[]): string[] => events.toSorted();
    assert.deepEqual(sorted(shownEvents(await watched(store, '', revision, model.revision))), sorted(model.events.filter(after).map(shownEvent)));
  }
}

/** Random histories against a naive model. */
export function modelConformance(open: OpenStore, { ordered = true, modelRuns = RUNS }: ConformanceOptions): void {
  test('any history reads back as the model says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await using store = await open();
        const start = await store.currentRevision();
        const model = new Model(start);
        for (const planned of steps) {
          if ('tick' in planned) {
            for (const tick of ordered ? [planned.tick] : planned.tick.map((commit) => [commit])) await runTick(store, model, tick);
          } else {
            const revision = Math.max(start, model.revision - planned.compactBack);
            await store.compact(revision);
            model.compacted = Math.max(model.compacted, revision);
          }
        }
        await assertSame(store, model, start);
      }),
      { numRuns: modelRuns },
    );
  });
}
