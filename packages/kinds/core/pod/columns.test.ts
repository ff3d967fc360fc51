import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { pod } from '../../testing/pods.ts';
import { pods } from './kind.ts';
import type { Pod } from './schema.ts';

const status = (members: object): Pod =>
  ({
    ...created(
      pods,
      pod({
        initContainers: [
          { name: 'i', image: 'i' },
          { name: 'j', image: 'j' },
        ],
      }),
    ),
    status: members,
  }) as Pod;
const now = Date.UTC(2026, 0, 1, 1);
const state = (name: string, members: object): object => ({
  name,
  ready: false,
  restartCount: 0,
  image: '',
  imageID: '',
  state: {},
  lastState: {},
  ...members,
});

const printed: readonly (readonly [string, Pod, string, string, string])[] = [
  ['pending', status({ phase: 'Pending' }), '0/1', 'Pending', '0'],
  [
    'init',
    status({
      phase: 'Pending',
      initContainerStatuses: [state('i', { state: { running: {} } }), state('j', { state: { waiting: { reason: 'PodInitializing' } } })],
    }),
    '0/1',
    'Init:0/2',
    '0',
  ],
  [
    'second init',
    status({
      phase: 'Pending',
      initContainerStatuses: [
        state('i', { state: { terminated: { exitCode: 0 } } }),
        state('j', { state: { waiting: { reason: 'PodInitializing' } } }),
      ],
    }),
    '0/1',
    'Init:1/2',
    '0',
  ],
  [
    'init error',
    status({
      phase: 'Pending',
      initContainerStatuses: [
        state('i', {
          restartCount: 2,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:55:00Z' } },
        }),
      ],
    }),
    '0/1',
    'Init:CrashLoopBackOff',
    '2 (5m ago)',
  ],
  ['running', status({ phase: 'Running', containerStatuses: [state('c', { ready: true, state: { running: {} } })] }), '1/1', 'Running', '0'],
  [
    'crash loop',
    status({
      phase: 'Running',
      containerStatuses: [
        state('c', {
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:55:00Z' } },
        }),
      ],
    }),
    '0/1',
    'CrashLoopBackOff',
    '3 (5m ago)',
  ],
  [
    'completed',
    status({ phase: 'Succeeded', containerStatuses: [state('c', { state: { terminated: { exitCode: 0, reason: 'Completed' } } })] }),
    '0/1',
    'Completed',
    '0',
  ],
  [
    'killed',
    status({ phase: 'Failed', containerStatuses: [state('c', { state: { terminated: { exitCode: 137, signal: 9 } } })] }),
    '0/1',
    'Signal:9',
    '0',
  ],
  ['evicted', status({ phase: 'Failed', reason: 'Evicted' }), '0/1', 'Evicted', '0'],
  [
    'terminating',
    { ...status({ phase: 'Running' }), metadata: { name: 'w', deletionTimestamp: '2026-01-01T00:00:00Z' } } as Pod,
    '0/1',
    'Terminating',
    '0',
  ],
];

for (const [name, object, ready, text, restarts] of printed) {
  test(`columns: ${name}`, () => {
    const cells = pods.columns.map((column) => column.cell(object, now));
    assert.deepEqual(cells.slice(1, 4), [ready, text, restarts]);
  });
}
