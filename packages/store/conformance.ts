/**
 * The contract of `store.ts` as a test suite: every engine passes it.
 */
import { describe } from 'node:test';
import { commitConformance } from './conformance/commits.ts';
import { compactionConformance } from './conformance/compaction.ts';
import type { ConformanceOptions, OpenStore } from './conformance/harness.ts';
import { modelConformance } from './conformance/model.ts';
import { snapshotConformance } from './conformance/snapshots.ts';
import { watchConformance } from './conformance/watches.ts';

/** Registers the suite for the engine that `open` opens. */
export function storeConformance(name: string, open: OpenStore, options: ConformanceOptions = {}): void {
  describe(`${name} store`, () => {
    commitConformance(open, options);
    snapshotConformance(open);
    watchConformance(open);
    compactionConformance(open);
    modelConformance(open, options);
  });
}
