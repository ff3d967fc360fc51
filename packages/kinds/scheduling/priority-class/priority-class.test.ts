import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { createCases, updateCases } from '../../testing/tables.ts';
import { priorityClasses } from './kind.ts';

const priority = (members: object, name = 'high'): object => ({ kind: 'PriorityClass', apiVersion: 'scheduling.k8s.io/v1', metadata: { name }, value: 1000, ...members });
const reserved = (problem: string): string[] => [`metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`];

createCases(priorityClasses, {
  'the highest': [priority({ value: 1_000_000_000, globalDefault: true, preemptionPolicy: 'Never' }), []],
  'the lowest': [priority({ value: -2_147_483_648 }), []],
  'a class of the system': [priority({ value: 2_000_001_000 }, 'system-node-critical'), []],
  'another value': [priority({}, 'system-node-critical'), reserved('value of system-node-critical PriorityClass must be 2000001000')],
  'the default of all': [priority({ value: 2_000_000_000, globalDefault: true }, 'system-cluster-critical'), reserved('globalDefault of system-cluster-critical PriorityClass must be false')],
  'empty preemption': [priority({ preemptionPolicy: '' }), ['preemptionPolicy: Required value']],
});

updateCases(priorityClasses, priority({}), {
  'the default of all': [(draft) => void (draft.globalDefault = true), []],
});

test('defaults', () => assert.equal(created(priorityClasses, priority({})).preemptionPolicy, 'PreemptLowerPriority'));
