import assert from 'node:assert/strict';
import test from 'node:test';
import { created, lines, testContext, updated } from '../../testing/objects.ts';
import { createCases, statusCases, updateCases } from '../../testing/tables.ts';
import { horizontalPodAutoscalersV1 } from './kind-v1.ts';
import { horizontalPodAutoscalers } from './kind.ts';

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const autoscaler = (spec: object): object => ({
  kind: 'HorizontalPodAutoscaler',
  apiVersion: 'autoscaling/v2',
  metadata: { name: 'web', namespace: 'default' },
  spec: { maxReplicas: 5, scaleTargetRef, ...spec },
});
const target = (members: object): object => autoscaler({ scaleTargetRef: { ...scaleTargetRef, ...members } });
const metric = (...metrics: readonly object[]): object => autoscaler({ metrics });
const scaling = (rules: object): object => autoscaler({ behavior: { scaleDown: rules } });
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
const pods = (members: object): object => ({ type: 'Pods', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '1' }, ...members } });
const object = (members: object): object => ({
  type: 'Object',
  object: { describedObject: { apiVersion: 'v1', kind: 'Service', name: 'web' }, metric: { name: 'requests' }, target: { type: 'Value', value: '10' }, ...members },
});
const external = (members: object): object => ({ type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '30' }, ...members } });
const container = (members: object): object => ({
  type: 'ContainerResource',
  containerResource: { name: 'cpu', container: 'c', target: { type: 'Utilization', averageUtilization: 50 }, ...members },
});
const AT = 'spec.metrics[0]';
const DOWN = 'spec.behavior.scaleDown';

createCases(horizontalPodAutoscalers, {
  'every source': [metric(cpu, pods({}), object({}), external({}), container({})), []],
  'target without a group': [target({ apiVersion: 'v1' }), ['spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group']],
  'target without a version': [target({ apiVersion: undefined }), ['spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group']],
  'target of the first group': [target({ apiVersion: 'v1', kind: 'ReplicationController' }), []],
  'target of too many parts': [target({ apiVersion: 'a/b/c' }), ['spec.scaleTargetRef.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c']],
  'target that is a path': [
    target({ kind: 'a/b', name: '..' }),
    [`spec.scaleTargetRef.kind: Invalid value: "a/b": may not contain '/'`, `spec.scaleTargetRef.name: Invalid value: "..": may not be '..'`],
  ],
  'metric without type': [
    metric({}),
    [
      `${AT}.type: Required value: must specify a metric source type`,
      `${AT}.type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"`,
    ],
  ],
  'metric of another type': [metric({ ...cpu, type: 'Pods' }), [`${AT}.pods: Required value: must populate information for the given metric source`]],
  'metric of two types': [metric({ ...cpu, ...pods({}), type: 'Resource' }), [`${AT}.pods: Forbidden: must populate the given metric source only`]],
  'nameless metric': [metric(pods({ metric: { name: '' } })), [`${AT}.pods.metric.name: Required value: must specify a metric name`]],
  'metric that is a path': [metric(pods({ metric: { name: 'a/b' } })), [`${AT}.pods.metric.name: Invalid value: "a/b": may not contain '/'`]],
  'pods without an average': [
    metric(pods({ target: { type: 'Value', value: '1' } })),
    [`${AT}.pods.target.averageValue: Required value: must specify a positive target averageValue`],
  ],
  'target of no type': [
    metric(pods({ target: { type: '', averageValue: '0' } })),
    [
      `${AT}.pods.target.type: Required value: must specify a metric target type`,
      `${AT}.pods.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue`,
      `${AT}.pods.target.averageValue: Invalid value: "0": must be positive`,
    ],
  ],
  'target of another type': [
    metric({ ...cpu, resource: { name: 'cpu', target: { type: 'Most', averageUtilization: 0 } } }),
    [
      `${AT}.resource.target.type: Invalid value: "Most": must be either Utilization, Value, or AverageValue`,
      `${AT}.resource.target.averageUtilization: Invalid value: 0: must be greater than 0`,
    ],
  ],
  'resource without name': [metric({ ...cpu, resource: { ...cpu.resource, name: '' } }), [`${AT}.resource.name: Required value: must specify a resource name`]],
  'object without value': [
    metric(object({ target: { type: 'Value' }, describedObject: { apiVersion: 'a/b/c', kind: '', name: 'x' } })),
    [
      `${AT}.object.describedObject.kind: Required value`,
      `${AT}.object.describedObject.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c`,
      `${AT}.object.target.averageValue: Required value: must set either a target value or averageValue`,
    ],
  ],
  'object value': [metric(object({ target: { type: 'Value', value: '-1' } })), [`${AT}.object.target.value: Invalid value: "-1": must be positive`]],
  'external without value': [
    metric(external({ target: { type: 'Value' } })),
    [`${AT}.external.target.averageValue: Required value: must set either a target value for metric or a per-pod target`],
  ],
  'external with two values': [
    metric(external({ target: { type: 'Value', value: '1', averageValue: '1' } })),
    [`${AT}.external.target.value: Forbidden: may not set both a target value for metric and a per-pod target`],
  ],
  'container resource without container': [
    metric(container({ container: '', name: '', target: { type: 'Utilization' } })),
    [
      `${AT}.containerResource.name: Required value: must specify a resource name`,
      `${AT}.containerResource.container: Required value: must specify a container`,
      `${AT}.containerResource.target.averageUtilization: Required value: must set either a target raw value or a target utilization`,
    ],
  ],
  'window below zero': [scaling({ stabilizationWindowSeconds: -1 }), [`${DOWN}.stabilizationWindowSeconds: Invalid value: -1: must be greater than or equal to zero`]],
  'window of more than an hour': [scaling({ stabilizationWindowSeconds: 3601 }), [`${DOWN}.stabilizationWindowSeconds: Invalid value: 3601: must be less than or equal to 3600`]],
  'policy of no type': [
    scaling({ policies: [{ type: '', value: 1, periodSeconds: 0 }] }),
    [
      `${DOWN}.policies[0].type: Unsupported value: "": supported values: "Percent", "Pods"`,
      `${DOWN}.policies[0].periodSeconds: Invalid value: 0: must be greater than zero`,
    ],
  ],
  'negative tolerance': [scaling({ tolerance: '-1' }), [`${DOWN}.tolerance: Invalid value: "-1": must be greater than or equal to 0`]],
  tolerance: [scaling({ tolerance: '0.05' }), []],
});

updateCases(horizontalPodAutoscalers, target({ apiVersion: 'v1' }), {
  'a version that was accepted before': [(draft) => void (draft.spec!.maxReplicas = 9), []],
  'another version': [
    (draft) => void (draft.spec!.scaleTargetRef!.apiVersion = 'v2'),
    ['spec.scaleTargetRef.apiVersion: Invalid value: "v2": apiVersion must specify API group'],
  ],
});

updateCases(horizontalPodAutoscalers, autoscaler({ minReplicas: 0, metrics: [external({})] }), {
  'no replicas, as before': [(draft) => void (draft.spec!.maxReplicas = 9), []],
});

updateCases(horizontalPodAutoscalers, metric(object({ describedObject: { apiVersion: 'a/b/c', kind: 'A', name: 'a' } })), {
  'objects of no version, as before': [(draft) => void (draft.spec!.maxReplicas = 9), []],
});

test('no replicas with the feature', () => {
  const zero = created(horizontalPodAutoscalers, autoscaler({ minReplicas: 0, metrics: [object({})] }));
  assert.deepEqual(lines(horizontalPodAutoscalers.strategy.validate!(zero, { ...testContext, gate: () => true })), []);
  assert.equal(horizontalPodAutoscalers.strategy.validate!(zero, testContext).length, 1);
});

statusCases(horizontalPodAutoscalers, autoscaler({}), {
  negative: [
    { desiredReplicas: 0 },
    { desiredReplicas: -1, currentReplicas: -1 },
    ['status.currentReplicas: Invalid value: -1: must be greater than or equal to 0', 'status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0'],
  ],
});

const old = { kind: 'HorizontalPodAutoscaler', apiVersion: 'autoscaling/v1', metadata: { name: 'web', namespace: 'default' }, spec: { maxReplicas: 5, scaleTargetRef } };
createCases(horizontalPodAutoscalersV1, {
  'the rules are the same': [{ ...old, spec: { ...old.spec, maxReplicas: 0 } }, ['spec.maxReplicas: Invalid value: 0: must be greater than 0', 'spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`']],
});
statusCases(horizontalPodAutoscalersV1, old, {
  negative: [{ currentReplicas: 0, desiredReplicas: 0 }, { currentReplicas: -1, desiredReplicas: 0 }, ['status.currentReplicas: Invalid value: -1: must be greater than or equal to 0']],
});

test('the status of an autoscaler stays', () => {
  const stored = { ...created(horizontalPodAutoscalers, autoscaler({})), status: { desiredReplicas: 3 } };
  assert.deepEqual(updated(horizontalPodAutoscalers, stored, (draft) => void (draft.status = { desiredReplicas: 9 })).status, { desiredReplicas: 3 });
});
