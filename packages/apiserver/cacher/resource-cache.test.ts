import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { codecOf } from '../registry/resources.ts';
import { StoredEntry } from './entry.ts';
import { ResourceCache } from './resource-cache.ts';

test('many objects are decoded in turns, those of the prefix only, and once', async () => {
  const codec = codecOf(configMaps);
  const cache = new ResourceCache({ codec, clock: systemClock, fieldText: () => '', log: silentLogger });
  const entries = Array.from({ length: 1_000 }, (_, i) => {
    const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: `cm-${i}`, namespace: i % 2 ? 'odd' : 'even' } };
    return [`${object.metadata.namespace}/${object.metadata.name}`, StoredEntry.read(codec, StoredEntry.draft(codec, object).stored, i + 1)] as const;
  });
  cache.replace(entries, 1_000);
  const decoding = cache.decode('odd/');
  assert.ok(decoding);
  let turns = 0;
  const count = (): void => {
    turns++;
    if (!entries.every(([key, entry]) => entry.decoded === key.startsWith('odd/'))) setImmediate(count);
  };
  setImmediate(count);
  await decoding;
  assert.ok(turns >= 2, `${turns} turns`);
  assert.ok(entries.every(([key, entry]) => entry.decoded === key.startsWith('odd/')));
  assert.equal(cache.decode('odd/'), undefined);
});
