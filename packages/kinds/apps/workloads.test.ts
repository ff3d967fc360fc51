import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated, withGates } from '../testing/objects.ts';
import { createCases, row, updateCases } from '../testing/tables.ts';
import { daemonSets } from './daemon-set/kind.ts';
import { replicaSets } from './replica-set/kind.ts';
import { statefulSets } from './stateful-set/kind.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx:1.27' }] } };
const workload = (kind: string, spec: object): object => ({
  kind,
  apiVersion: 'apps/v1',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } }, template, ...spec },
});
const replicaSet = (spec: object): object => workload('ReplicaSet', spec);
const statefulSet = (spec: object): object => workload('StatefulSet', spec);
const daemonSet = (spec: object): object => workload('DaemonSet', spec);

createCases(replicaSets, {
  'negative replicas': [
    replicaSet({ replicas: -1, minReadySeconds: -1 }),
    [
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
      'spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
  'selector of other pods': [
    replicaSet({ selector: { matchLabels: { app: 'x' } } }),
    ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
  ],
  'restart policy': [
    replicaSet({ template: { ...template, spec: { ...template.spec, restartPolicy: 'OnFailure' } } }),
    ['spec.template.spec.restartPolicy: Unsupported value: "OnFailure": supported values: "Always"'],
  ],
});

updateCases(replicaSets, replicaSet({}), {
  replicas: [(draft) => void (draft.spec!.replicas = 2), []],
  selector: [
    (draft) => void (draft.spec!.selector = { matchLabels: { app: 'web', tier: 'x' } }),
    [
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"x"}}: field is immutable',
    ],
  ],
});

createCases(statefulSets, {
  'bad policy': [
    statefulSet({ podManagementPolicy: 'Random' }),
    [`spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'`],
  ],
  'bad strategy': [
    statefulSet({ updateStrategy: { type: 'Other' } }),
    [`spec.updateStrategy: Invalid value: {"type":"Other"}: must be 'RollingUpdate' or 'OnDelete'`],
  ],
  'partition on delete': [
    statefulSet({ updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } }),
    [`spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy 'RollingUpdate'`],
  ],
  'negative partition': [
    statefulSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: -1 } } }),
    ['spec.updateStrategy.rollingUpdate.partition: Invalid value: -1: must be greater than or equal to 0'],
  ],
  'negative start': [statefulSet({ ordinals: { start: -1 } }), ['spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0']],
  'bad retention': [
    statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Keep', whenScaled: 'Delete' } }),
    ['spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "Keep": supported values: "Retain", "Delete"'],
  ],
});

updateCases(statefulSets, statefulSet({ serviceName: 'web' }), {
  'replicas and template': [
    (draft) => {
      draft.spec!.replicas = 2;
      draft.spec!.template!.spec!.containers![0]!.image = 'nginx:1.28';
    },
    [],
  ],
  'service name': [
    (draft) => void (draft.spec!.serviceName = 'other'),
    [
      `spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden`,
    ],
  ],
});

createCases(daemonSets, {
  'bad strategy': [
    daemonSet({ updateStrategy: { type: 'Other' } }),
    ['spec.updateStrategy: Unsupported value: {"type":"Other"}: supported values: "RollingUpdate", "OnDelete"'],
  ],
  'nothing may move': [
    daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } }),
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
  ],
  'surge and unavailable': [
    daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 1 } } }),
    ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero'],
  ],
  'deadline of pods': [
    daemonSet({ template: { ...template, spec: { ...template.spec, activeDeadlineSeconds: 5 } } }),
    ['spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported'],
  ],
});

updateCases(daemonSets, daemonSet({}), {
  selector: [
    (draft) => {
      draft.spec!.selector = { matchLabels: { app: 'x' } };
      draft.spec!.template!.metadata!.labels = { app: 'x' };
    },
    ['spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable'],
  ],
});

test('a daemon set counts versions of its template', () => {
  const stored = created(daemonSets, daemonSet({}));
  assert.equal(stored.metadata.generation, 1);
  const next = updated(daemonSets, stored, (draft) => void (draft.spec!.template!.spec!.hostNetwork = true));
  assert.equal(next.metadata.generation, 2);
});

test('defaults of stateful sets', () => {
  const { spec } = created(
    statefulSets,
    statefulSet({
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }],
    }),
  );
  assert.equal(spec.podManagementPolicy, 'OrderedReady');
  assert.deepEqual(spec.updateStrategy, { type: 'RollingUpdate', rollingUpdate: { partition: 0 } });
  const several = created(statefulSets, statefulSet({}), withGates({ MaxUnavailableStatefulSet: true }));
  assert.deepEqual(several.spec.updateStrategy, { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: 1 } });
  assert.deepEqual(spec.persistentVolumeClaimRetentionPolicy, { whenDeleted: 'Retain', whenScaled: 'Retain' });
  assert.equal(spec.volumeClaimTemplates![0]!.spec.volumeMode, 'Filesystem');
  assert.equal(spec.volumeClaimTemplates![0]!.status.phase, 'Pending');
});

test('columns', () => {
  const set = { ...created(replicaSets, replicaSet({ replicas: 2 })), status: { replicas: 2, readyReplicas: 1 } };
  assert.deepEqual(row(replicaSets, set), {
    Name: 'web',
    Desired: 2,
    Current: 2,
    Ready: 1,
    Age: '<unknown>',
    Containers: 'c',
    Images: 'nginx:1.27',
    Selector: 'app=web',
  });
  const daemon = created(daemonSets, daemonSet({ template: { ...template, spec: { ...template.spec, nodeSelector: { disk: 'ssd' } } } }));
  assert.equal(row(daemonSets, daemon)['Node Selector'], 'disk=ssd');
  assert.equal(row(statefulSets, created(statefulSets, statefulSet({ replicas: 3 })))['Ready'], '0/3');
});
