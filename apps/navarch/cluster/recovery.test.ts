import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRecovery } from './recovery.ts';

const nodes = ['node-1', 'node-2'];
const cases: { title: string; dead: string[]; down?: string[]; restart: string[]; newlyDown: string[] }[] = [
  { title: 'nothing died', dead: [], restart: [], newlyDown: [] },
  { title: 'the server alone', dead: ['server'], restart: ['server'], newlyDown: [] },
  { title: 'one agent alone', dead: ['node-1/agent'], restart: ['node-1/agent'], newlyDown: [] },
  { title: 'one containerd alone', dead: ['node-2/containerd'], restart: ['node-2/containerd'], newlyDown: [] },
  { title: 'a whole node', dead: ['node-1/agent', 'node-1/containerd'], restart: [], newlyDown: ['node-1'] },
  {
    title: 'everything at once',
    dead: ['server', 'node-1/agent', 'node-1/containerd', 'node-2/agent', 'node-2/containerd'],
    restart: ['server', 'node-1/containerd', 'node-1/agent', 'node-2/containerd', 'node-2/agent'],
    newlyDown: [],
  },
  { title: 'a node that is already down stays down', dead: ['server', 'node-1/agent', 'node-1/containerd'], down: ['node-1'], restart: ['server'], newlyDown: [] },
];

for (const { title, dead, down = [], restart, newlyDown } of cases) {
  test(`recovery: ${title}`, () => {
    assert.deepEqual(planRecovery({ dead: new Set(dead), nodes, downNodes: new Set(down) }), { restart, newlyDown });
  });
}
