import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { claimUses, protectionStep } from './uses.ts';

const claim = {
  metadata: { name: 'web-data', namespace: 'shop', ownerReferences: [{ kind: 'Pod', name: 'web', uid: 'p1', controller: true }] },
} as unknown as PersistentVolumeClaim;
const pod = (volume: object, spec: object = { nodeName: 'n1' }, metadata: object = {}): Pod =>
  ({
    metadata: { name: 'web', namespace: 'shop', uid: 'p1', ...metadata },
    spec: { volumes: [{ name: 'data', ...volume }], ...spec },
    status: {},
  }) as unknown as Pod;

test('which pods use a claim', () => {
  const named = { persistentVolumeClaim: { claimName: 'web-data' } };
  const rows: [string, Pod, boolean][] = [
    ['by name', pod(named), true],
    ['by name, ended', pod(named, { nodeName: 'n1' }, { deletionTimestamp: 'now', deletionGracePeriodSeconds: 0 }), true],
    ['not scheduled', pod(named, {}), false],
    ['another claim', pod({ persistentVolumeClaim: { claimName: 'other' } }), false],
    ['ephemeral', pod({ ephemeral: {} }), true],
    ['ephemeral of another pod', pod({ ephemeral: {} }, { nodeName: 'n1' }, { uid: 'p2' }), false],
    ['ephemeral, the pod is over', pod({ ephemeral: {} }, { nodeName: 'n1' }, { deletionTimestamp: 'now', deletionGracePeriodSeconds: 0 }), false],
  ];
  for (const [title, of, expected] of rows) assert.equal(claimUses(of, claim), expected, title);
});

test('what becomes of the finalizer', () => {
  const object = (finalizers: string[], deletionTimestamp?: string) =>
    ({ metadata: { finalizers, ...(deletionTimestamp ? { deletionTimestamp } : {}) } }) as never;
  const rows: [never, boolean, string][] = [
    [object([]), true, 'add'],
    [object(['f']), false, 'none'],
    [object(['f'], 'now'), true, 'none'],
    [object(['f'], 'now'), false, 'remove'],
    [object(['other'], 'now'), false, 'none'],
  ];
  for (const [of, used, expected] of rows)
    assert.equal(
      protectionStep(of, 'f', () => used),
      expected,
    );
});
