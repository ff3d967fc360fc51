import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { violations, violationsText } from './evaluate.ts';
import type { PodLike } from './check.ts';
import type { Level } from './policy.ts';
import { pod } from '#kinds/core/pod/schema.ts';
import { decodeObject } from '#machinery/decode.ts';
import { arbitraryMessage } from '#machinery/testing/arbitrary.ts';

const anyPod = arbitraryMessage(pod).map((sent) => decodeObject<PodLike>(pod, sent, { mode: 'ignore' }).object);

test('whatever a pod is, levels only ever allow less, and never fail', () => {
  fc.assert(
    fc.property(anyPod, fc.nat(60), (one, minor) => {
      // A volume has one source: validation sees to that before.
      fc.pre((one.spec.volumes ?? []).every((volume) => Object.keys(volume).length <= 2));
      const count = (level: Level, at: number): number => violations(one, { level, minor: at }).length;
      assert.equal(count('privileged', minor), 0);
      if (count('baseline', minor) > 0) assert.ok(count('restricted', minor) > 0);
      assert.equal(
        violationsText(violations(one, { level: 'restricted', minor: 60 })),
        violationsText(violations(one, { level: 'restricted', minor: Infinity })),
      );
    }),
    { numRuns: 150 },
  );
});
