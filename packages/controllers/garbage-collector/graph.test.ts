import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { DependencyGraph } from './graph.ts';
import { judge } from './verdict.ts';
import type { OwnerState } from './verdict.ts';

interface Shape {
  readonly owners?: readonly string[];
  readonly finalizers?: readonly string[];
  readonly deleting?: boolean;
}

/** Owners are uids; a trailing `!` blocks the owner's deletion. */
function objectOf(uid: string, { owners = [], finalizers = [], deleting = false }: Shape = {}): KubeObject {
  const ownerReferences = owners.map((text) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: text,
    uid: text.replace('!', ''),
    blockOwnerDeletion: text.endsWith('!'),
  }));
  return {
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { uid, name: uid, namespace: 'ns', ownerReferences, finalizers, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
  } as unknown as KubeObject;
}

class World {
  readonly graph = new DependencyGraph();
  put(uid: string, shape: Shape = {}): readonly string[] {
    return this.graph.put(configMaps as Kind, objectOf(uid, shape)).toSorted();
  }
}

test('only dependents and what waits for them are kept', () => {
  const world = new World();
  assert.deepEqual(world.put('alone'), []);
  assert.deepEqual(world.put('going', { deleting: true, finalizers: ['mine'] }), []);
  assert.equal(world.graph.size, 0);
  assert.deepEqual(world.put('child', { owners: ['parent'] }), ['child']);
  assert.deepEqual(world.put('child', { owners: ['parent'] }), []);
  assert.equal(world.graph.size, 1);
  assert.equal(world.graph.hasDependents('parent'), true);
  assert.deepEqual(world.put('child'), []);
  assert.equal(world.graph.size, 0);
  assert.equal(world.graph.hasDependents('parent'), false);
});

test('a gone owner makes its dependents look, a gone blocker its waiting owner', () => {
  const world = new World();
  world.put('a', { owners: ['parent!'] });
  world.put('b', { owners: ['parent'] });
  assert.deepEqual(world.graph.remove('parent').toSorted(), ['a', 'b']);
  assert.deepEqual(world.put('parent', { deleting: true, finalizers: ['foregroundDeletion'] }), ['a', 'b', 'parent']);
  assert.deepEqual(
    world.graph.blockersOf('parent').map((one) => one.uid),
    ['a'],
  );
  assert.deepEqual(world.put('a', { owners: ['parent'] }), ['a', 'parent']);
  assert.deepEqual(world.graph.blockersOf('parent'), []);
  assert.deepEqual(world.graph.remove('a'), ['parent']);
  assert.deepEqual(world.put('b', { owners: ['other'] }), ['b', 'parent']);
});

test('orphaning is for the owner to see to', () => {
  const world = new World();
  world.put('a', { owners: ['parent'] });
  assert.deepEqual(world.put('parent', { deleting: true, finalizers: ['orphan'] }), ['parent']);
  assert.equal(world.graph.get('parent')?.waiting, 'orphan');
});

test('verdicts', () => {
  const table: readonly (readonly [readonly OwnerState[], boolean, Shape, string])[] = [
    [[], false, {}, 'keep'],
    [['solid'], true, {}, 'keep'],
    [['solid', 'solid'], false, {}, 'keep'],
    [['solid', 'absent', 'waiting'], true, {}, 'drop-references 1,2'],
    [['absent'], false, {}, 'delete Background'],
    [['absent', 'absent'], true, {}, 'delete Background'],
    [['absent'], true, { finalizers: ['foregroundDeletion'] }, 'delete Foreground'],
    [['absent'], true, { finalizers: ['orphan'] }, 'delete Orphan'],
    [['waiting'], true, {}, 'delete Foreground'],
    [['waiting', 'absent'], true, {}, 'delete Foreground'],
    [['waiting'], false, {}, 'delete Background'],
  ];
  for (const [states, hasDependents, shape, expected] of table) {
    const verdict = judge(objectOf('x', { ...shape, owners: states.map((_, index) => String(index)) }), states, hasDependents);
    const text =
      verdict.type === 'keep' ? 'keep' : verdict.type === 'delete' ? `delete ${verdict.policy}` : `drop-references ${verdict.owners.join()}`;
    assert.equal(text, expected, JSON.stringify([states, hasDependents, shape]));
  }
});
