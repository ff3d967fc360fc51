import assert from 'node:assert/strict';
import test from 'node:test';
import { created, deepFreeze, testContext, updated } from '../../testing/objects.ts';
import { createCases, row, updateCases } from '../../testing/tables.ts';
import type { Draft } from '#machinery/schema.ts';
import { deployments } from './kind.ts';
import type { Deployment } from './schema.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } };
const deployment = (spec: object): object => ({
  kind: 'Deployment',
  apiVersion: 'apps/v1',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, template, ...spec },
});

test('defaults', () => {
  const { spec, metadata } = created(deployments, deployment({}));
  assert.equal(spec.replicas, 1);
  assert.equal(spec.revisionHistoryLimit, 10);
  assert.equal(spec.progressDeadlineSeconds, 600);
  assert.deepEqual(spec.strategy, { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } });
  assert.equal(spec.template.spec.restartPolicy, 'Always');
  assert.equal(metadata.generation, 1);
});

createCases(deployments, {
  'negative replicas': [deployment({ replicas: -1 }), ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
  'selector of other pods': [
    deployment({ selector: { matchLabels: { app: 'other' } } }),
    ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
  ],
  'empty selector': [deployment({ selector: {} }), ['spec.selector: Invalid value: {}: empty selector is invalid for deployment']],
  'bad strategy': [
    deployment({ strategy: { type: 'Other' } }),
    ['spec.strategy: Unsupported value: {"type":"Other"}: supported values: "Recreate", "RollingUpdate"'],
  ],
  'recreate with rolling update': [
    deployment({ strategy: { type: 'Recreate', rollingUpdate: {} } }),
    [`spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy \`type\` is 'Recreate'`],
  ],
  'nothing may move': [
    deployment({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } }),
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
  ],
  'bad percentage': [
    deployment({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 'x%', maxSurge: 1 } } }),
    [
      `spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "x%": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
    ],
  ],
  'too much unavailable': [
    deployment({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '101%', maxSurge: 1 } } }),
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  ],
  'deadline before ready': [
    deployment({ minReadySeconds: 600 }),
    ['spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds'],
  ],
  'restart policy': [
    deployment({ template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } }),
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  'no containers': [deployment({ template: { ...template, spec: { containers: [] } } }), ['spec.template.spec.containers: Required value']],
});

updateCases(deployments, deployment({}), {
  'replicas and image': [
    (draft) => {
      draft.spec!.replicas = 3;
      draft.spec!.template!.spec!.containers![0]!.image = 'nginx:1.28';
    },
    [],
  ],
  selector: [
    (draft) => {
      draft.spec!.selector = { matchLabels: { app: 'other' } };
      draft.spec!.template!.metadata!.labels = { app: 'other' };
    },
    ['spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable'],
  ],
});

test('the generation counts changes of the spec', () => {
  const stored = created(deployments, deployment({}));
  assert.equal(updated(deployments, stored, (draft) => void (draft.metadata!.labels = { a: 'b' })).metadata.generation, 1);
  const next = updated(deployments, stored, (draft) => {
    draft.spec!.replicas = 2;
    draft.status = { replicas: 9 };
  });
  assert.equal(next.metadata.generation, 2);
  assert.equal(next.status.replicas, undefined);
});

test('status takes the status', () => {
  const stored = created(deployments, deployment({}));
  const draft = { ...stored } as unknown as Draft<Deployment>;
  const sent = deepFreeze({ ...stored, spec: { ...stored.spec, replicas: 7 }, status: { observedGeneration: 1, replicas: 1 } });
  deployments.subresources['status']!.update!.apply(draft, sent, stored, testContext);
  assert.equal(draft.spec!.replicas, 1);
  assert.equal(draft.status!.replicas, 1);
});

test('scale shows and takes replicas', () => {
  const stored = { ...created(deployments, deployment({})), status: { replicas: 1 } };
  const { view, apply, validate } = deployments.subresources['scale']!.update!;
  const scale = view!(stored) as unknown as { readonly kind: string; readonly spec: object; readonly status: object };
  assert.equal(scale.kind, 'Scale');
  assert.deepEqual(scale.spec, { replicas: 1 });
  assert.deepEqual(scale.status, { replicas: 1, selector: 'app=web' });
  const draft = { ...stored } as unknown as Draft<Deployment>;
  apply(draft, deepFreeze({ ...(scale as unknown as Deployment), spec: { replicas: 5 } } as unknown as Deployment), stored, testContext);
  assert.equal(draft.spec!.replicas, 5);
  assert.equal(stored.spec.replicas, 1);
  assert.equal(draft.metadata!.generation, 2);
  assert.deepEqual(validate!(draft as unknown as Deployment, stored, testContext), []);
});

test('columns', () => {
  const object = {
    ...created(deployments, deployment({ replicas: 3 })),
    status: { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 },
  };
  assert.deepEqual(row(deployments, object), {
    Name: 'web',
    Ready: '2/3',
    'Up-to-date': 3,
    Available: 1,
    Age: '<unknown>',
    Containers: 'c',
    Images: 'nginx:1.27',
    Selector: 'app=web',
  });
});
