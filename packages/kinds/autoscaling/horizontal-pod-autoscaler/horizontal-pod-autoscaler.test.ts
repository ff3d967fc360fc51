import assert from 'node:assert/strict';
import test from 'node:test';
import { created, decoded, testContext } from '../../testing/objects.ts';
import { createCases, row } from '../../testing/tables.ts';
import { horizontalPodAutoscalersV1 } from './kind-v1.ts';
import { horizontalPodAutoscalers } from './kind.ts';

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const metadata = { name: 'web', namespace: 'default' };
const autoscaler = (spec: object): object => ({
  kind: 'HorizontalPodAutoscaler',
  apiVersion: 'autoscaling/v2',
  metadata,
  spec: { maxReplicas: 5, scaleTargetRef, ...spec },
});
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };

createCases(horizontalPodAutoscalers, {
  'no replicas at all': [
    autoscaler({ minReplicas: 0 }),
    [
      'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1',
      'spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas',
    ],
  ],
  'fewer than the minimum': [autoscaler({ minReplicas: 9 }), ['spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`']],
  'no maximum': [
    autoscaler({ maxReplicas: 0 }),
    [
      'spec.maxReplicas: Invalid value: 0: must be greater than 0',
      'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`',
    ],
  ],
  'no target': [
    autoscaler({ scaleTargetRef: { kind: '', name: '' } }),
    [
      'spec.scaleTargetRef.kind: Required value',
      'spec.scaleTargetRef.name: Required value',
      'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
    ],
  ],
  'bad metric type': [
    autoscaler({ metrics: [{ type: 'Other' }] }),
    ['spec.metrics[0].type: Unsupported value: "Other": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'],
  ],
  'metric without source': [
    autoscaler({ metrics: [{ type: 'Resource' }] }),
    ['spec.metrics[0].resource: Required value: must populate information for the given metric source'],
  ],
  'two targets': [
    autoscaler({
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50, averageValue: '1' } } }],
    }),
    ['spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization'],
  ],
  'no utilization': [
    autoscaler({ metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }] }),
    ['spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization'],
  ],
  'bad scaling policy': [
    autoscaler({ behavior: { scaleUp: { selectPolicy: 'Best', policies: [{ type: 'Pods', value: 0, periodSeconds: 4000 }] } } }),
    [
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Best": supported values: "Disabled", "Max", "Min"',
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
      'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 4000: must be less than or equal to 1800',
    ],
  ],
});

test('the old version is stored as the new one and comes back', () => {
  const manifest = {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: { maxReplicas: 5, scaleTargetRef, targetCPUUtilizationPercentage: 60 },
  };
  const old = decoded(horizontalPodAutoscalersV1, manifest);
  horizontalPodAutoscalersV1.defaults?.(old, testContext);
  const stored = horizontalPodAutoscalersV1.stored!.toStored(old as never);
  assert.equal(stored.apiVersion, 'autoscaling/v2');
  assert.deepEqual((stored as unknown as { spec: { metrics: unknown } }).spec.metrics, [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
  ]);
  assert.deepEqual(horizontalPodAutoscalersV1.stored!.fromStored(stored), old);
});

test('what the old version cannot say goes through annotations', () => {
  const memory = { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } } };
  const stored = created(
    horizontalPodAutoscalers,
    autoscaler({ metrics: [cpu, memory], behavior: { scaleDown: { stabilizationWindowSeconds: 5 } } }),
  );
  const old = horizontalPodAutoscalersV1.stored!.fromStored(stored);
  assert.equal(old.spec.targetCPUUtilizationPercentage, 50);
  assert.ok(old.metadata.annotations!['autoscaling.alpha.kubernetes.io/metrics']!.includes('memory'));
  const back = horizontalPodAutoscalersV1.stored!.toStored(old) as typeof stored;
  assert.deepEqual(
    back.spec.metrics!.toSorted((a, b) => (a.resource!.name < b.resource!.name ? -1 : 1)),
    stored.spec.metrics,
  );
  assert.deepEqual(back.spec.behavior, stored.spec.behavior);
  assert.deepEqual(back.metadata.annotations ?? {}, {});
});

test('columns', () => {
  const object = { ...created(horizontalPodAutoscalers, autoscaler({ metrics: [cpu] })), status: { currentReplicas: 2, desiredReplicas: 2 } };
  assert.deepEqual(row(horizontalPodAutoscalers, object as never), {
    Name: 'web',
    Reference: 'Deployment/web',
    Targets: 'cpu: <unknown>/50%',
    MinPods: '1',
    MaxPods: 5,
    Replicas: 2,
    Age: '<unknown>',
  });
});
