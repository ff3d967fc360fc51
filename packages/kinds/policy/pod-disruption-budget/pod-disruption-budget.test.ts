import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { createCases, row } from '../../testing/tables.ts';
import { podDisruptionBudgets } from './kind.ts';

const budget = (spec: object): object => ({
  kind: 'PodDisruptionBudget',
  apiVersion: 'policy/v1',
  metadata: { name: 'b', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
});

createCases(podDisruptionBudgets, {
  'both limits': [
    budget({ minAvailable: 1, maxUnavailable: 1 }),
    [
      'spec: Invalid value: {"minAvailable":1,"selector":{"matchLabels":{"app":"web"}},"maxUnavailable":1}: minAvailable and maxUnavailable cannot be both set',
    ],
  ],
  negative: [budget({ minAvailable: -1 }), ['spec.minAvailable: Invalid value: -1: must be greater than or equal to 0']],
  'too much': [budget({ maxUnavailable: '101%' }), ['spec.maxUnavailable: Invalid value: "101%": must not be greater than 100%']],
  'no percentage': [
    budget({ maxUnavailable: 'most' }),
    [
      `spec.maxUnavailable: Invalid value: "most": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
    ],
  ],
  'bad selector': [
    budget({ selector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } }),
    ['spec.selector.matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator'],
  ],
  'bad eviction policy': [
    budget({ unhealthyPodEvictionPolicy: 'Sometimes' }),
    ['spec.unhealthyPodEvictionPolicy: Unsupported value: "Sometimes": supported values: "AlwaysAllow", "IfHealthyBudget"'],
  ],
});

test('columns', () => {
  const cells = row(podDisruptionBudgets, {
    ...created(podDisruptionBudgets, budget({ maxUnavailable: '50%' })),
    status: { disruptionsAllowed: 2 },
  } as never);
  assert.deepEqual(cells, { Name: 'b', 'Min Available': 'N/A', 'Max Unavailable': '50%', 'Allowed Disruptions': 2, Age: '<unknown>' });
});
