import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Node } from '#kinds/core/node/schema.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { detachStep, FORCE_DETACH_MS, isExclusive, multiAttachText, needsVolumes } from './attachments.ts';

const pod = (status: object, metadata: object = {}): Pod =>
  ({ metadata: { name: 'p', namespace: 'shop', ...metadata }, spec: { nodeName: 'n' }, status }) as unknown as Pod;
const node = (ready: string, volumesInUse: string[], taint?: string): Node =>
  ({
    metadata: { name: 'n' },
    spec: taint ? { taints: [{ key: taint, effect: 'NoExecute' }] } : {},
    status: { volumesInUse, conditions: [{ type: 'Ready', status: ready }] },
  }) as unknown as Node;

test('when pods need their volumes', () => {
  const running = { state: { running: {} } };
  const ended = { state: { terminated: { exitCode: 0 } } };
  const deleting = { deletionTimestamp: 'now' };
  const rows: [string, Pod, boolean][] = [
    ['new', pod({ phase: 'Pending' }), true],
    ['running', pod({ phase: 'Running', containerStatuses: [running] }), true],
    ['done', pod({ phase: 'Succeeded' }), false],
    ['failed', pod({ phase: 'Failed' }), false],
    ['ending', pod({ phase: 'Running', containerStatuses: [running, ended] }, deleting), true],
    ['ended', pod({ phase: 'Running', containerStatuses: [ended] }, deleting), false],
    ['deleted, nothing known of it', pod({ phase: 'Pending' }, deleting), true],
  ];
  for (const [title, of, expected] of rows) assert.equal(needsVolumes(of), expected, title);
});

test('when a volume may be taken from its node', () => {
  const soon = 60_000;
  const rows: [string, Node | undefined, number, string][] = [
    ['not in use', node('True', []), 0, 'detach'],
    ['in use', node('True', ['v']), FORCE_DETACH_MS * 2, 'wait undefined'],
    ['in use on a silent node', node('Unknown', ['v']), soon, `wait ${FORCE_DETACH_MS - soon}`],
    ['… for long enough', node('Unknown', ['v']), FORCE_DETACH_MS, 'detach'],
    ['out of service', node('Unknown', ['v'], 'node.kubernetes.io/out-of-service'), 0, 'detach'],
    ['the node is gone', undefined, 0, `wait ${FORCE_DETACH_MS}`],
  ];
  for (const [title, of, ms, expected] of rows) {
    const step = detachStep(of, 'v', ms);
    assert.equal(step.type === 'wait' ? `wait ${step.ms}` : step.type, expected, title);
  }
});

test('exclusive volumes, and what is said of them', () => {
  const volume = (...accessModes: string[]): PersistentVolume => ({ spec: { accessModes } }) as unknown as PersistentVolume;
  assert.deepEqual(
    [volume('ReadWriteOnce'), volume('ReadWriteOncePod'), volume('ReadWriteOnce', 'ReadOnlyMany'), volume('ReadWriteMany'), volume()].map(
      isExclusive,
    ),
    [true, true, false, false, false],
  );
  const other = (name: string, namespace = 'shop'): Pod => pod({}, { name, namespace });
  assert.equal(
    multiAttachText('v', [], 'shop'),
    'Multi-Attach error for volume "v" Volume is already exclusively attached to one node and can\'t be attached to another',
  );
  assert.equal(multiAttachText('v', [other('a'), other('b')], 'shop'), 'Multi-Attach error for volume "v" Volume is already used by pod(s) a, b');
  assert.equal(
    multiAttachText('v', [other('a'), other('b', 'else')], 'shop'),
    'Multi-Attach error for volume "v" Volume is already used by pod(s) a and 1 pod(s) in different namespaces',
  );
  assert.equal(
    multiAttachText('v', [other('b', 'else')], 'shop'),
    'Multi-Attach error for volume "v" Volume is already used by 1 pod(s) in different namespaces',
  );
});
