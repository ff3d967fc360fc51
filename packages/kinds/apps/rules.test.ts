import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated } from '../testing/objects.ts';
import { createCases, statusCases, updateCases, warningCases } from '../testing/tables.ts';
import { controllerRevisions } from './controller-revision/kind.ts';
import { daemonSets } from './daemon-set/kind.ts';
import { deployments } from './deployment/kind.ts';
import { replicaSets } from './replica-set/kind.ts';
import { statefulSets } from './stateful-set/kind.ts';

const labels = { app: 'web' };
const pod = { containers: [{ name: 'c', image: 'nginx:1.27' }] };
const template = { metadata: { labels }, spec: pod };
const workload =
  (kind: string) =>
  (spec: object, name = 'web'): object => ({
    kind,
    apiVersion: 'apps/v1',
    metadata: { name, namespace: 'default' },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  });
const deployment = workload('Deployment');
const replicaSet = workload('ReplicaSet');
const statefulSet = workload('StatefulSet');
const daemonSet = workload('DaemonSet');
const negative = (field: string): string => `${field}: Invalid value: -1: must be greater than or equal to 0`;
const PERCENT = `a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`;
const MISMATCH = 'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`';

createCases(deployments, {
  minimal: [deployment({}), []],
  'negative numbers': [
    deployment({ replicas: -1, minReadySeconds: -1, revisionHistoryLimit: -1, progressDeadlineSeconds: -1 }),
    [
      negative('spec.replicas'),
      negative('spec.minReadySeconds'),
      negative('spec.revisionHistoryLimit'),
      negative('spec.progressDeadlineSeconds'),
      'spec.progressDeadlineSeconds: Invalid value: -1: must be greater than minReadySeconds',
    ],
  ],
  'no selector': [deployment({ selector: undefined }), ['spec.selector: Required value', MISMATCH]],
  'selector that is not one': [
    deployment({ selector: { matchExpressions: [{ key: 'app', operator: 'Like', values: ['web'] }] } }),
    [
      'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
      'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Like","values":["web"]}]}: invalid label selector',
    ],
  ],
  'negative surge': [
    deployment({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: -1, maxUnavailable: -1 } } }),
    [negative('spec.strategy.rollingUpdate.maxUnavailable'), negative('spec.strategy.rollingUpdate.maxSurge')],
  ],
  'surge of more than all': [deployment({ strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '200%', maxUnavailable: 0 } } }), []],
  'ephemeral containers': [
    deployment({ template: { ...template, spec: { ...pod, ephemeralContainers: [{ name: 'd', image: 'i' }] } } }),
    ['spec.template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template'],
  ],
  'deadline of pods': [
    deployment({ template: { ...template, spec: { ...pod, activeDeadlineSeconds: 5 } } }),
    ['spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported'],
  ],
});

updateCases(deployments, deployment({}), {
  'everything but the selector': [
    (draft) => void Object.assign(draft.spec!, { paused: true, minReadySeconds: 5, strategy: { type: 'Recreate' }, revisionHistoryLimit: 0 }),
    [],
  ],
});

statusCases(deployments, deployment({}), {
  counts: [{}, { replicas: 3, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 1, unavailableReplicas: 2, observedGeneration: 1 }, []],
  negative: [{}, { unavailableReplicas: -1, terminatingReplicas: -1, observedGeneration: -1 }, [negative('status.unavailableReplicas'), negative('status.terminatingReplicas'), negative('status.observedGeneration')]],
  'parts larger than the whole': [
    {},
    { replicas: 1, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 3 },
    [
      'status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than status.replicas',
      'status.availableReplicas: Invalid value: 3: cannot be greater than readyReplicas',
    ],
  ],
  'fewer collisions': [{ collisionCount: 2 }, { collisionCount: 1 }, ['status.collisionCount: Invalid value: 1: cannot be decremented']],
});

createCases(replicaSets, {
  'no selector': [replicaSet({ selector: undefined }), ['spec.selector: Required value', MISMATCH]],
  'empty selector': [replicaSet({ selector: {} }), ['spec.selector: Invalid value: {}: empty selector is invalid for deployment']],
});

statusCases(replicaSets, replicaSet({}), {
  'more labeled than there are': [
    { replicas: 0 },
    { replicas: 1, fullyLabeledReplicas: 2 },
    ['status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than status.replicas'],
  ],
});

const claim = (spec: object, name = 'data'): object => ({ metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec } });
const mounting = (name: string): object => ({ ...template, spec: { containers: [{ ...pod.containers[0], volumeMounts: [{ name, mountPath: '/data' }] }] } });

createCases(statefulSets, {
  'no selector': [statefulSet({ selector: undefined }), ['spec.selector: Required value', MISMATCH]],
  'no policy is the default': [statefulSet({ podManagementPolicy: '' }), []],
  'service name': [statefulSet({ serviceName: 'a.b' }), ['spec.serviceName: Invalid value: "a.b": must not contain dots']],
  'no unavailable pods': [
    statefulSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } } }),
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0'],
  ],
  'unavailable pods': [
    statefulSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '101%' } } }),
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%'],
  ],
  'not a percentage': [
    statefulSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 'some' } } }),
    [
      `spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "some": ${PERCENT}`,
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: "some": cannot be 0',
    ],
  ],
  'a claim that asks for nothing': [
    statefulSet({ volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] }),
    [
      'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required',
      'spec.volumeClaimTemplates[0].spec.resources[storage]: Required value',
    ],
  ],
  'claims are volumes': [statefulSet({ template: mounting('data'), volumeClaimTemplates: [claim({}), claim({})] }), []],
  'a claim takes the place of a volume': [
    statefulSet({ template: { ...template, spec: { ...pod, volumes: [{ name: 'data', emptyDir: {} }] } }, volumeClaimTemplates: [claim({})] }),
    [],
  ],
  'a mount of nothing': [statefulSet({ template: mounting('cache'), volumeClaimTemplates: [claim({})] }), ['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "cache"']],
  'a pod without containers': [statefulSet({ template: { ...template, spec: { containers: [] } } }), ['spec.template.spec.containers: Required value']],
});

test('names of stateful sets are labels', () => {
  assert.equal(statefulSets.strategy.validateName!('a.b', false).length, 1);
  assert.deepEqual(statefulSets.strategy.validateName!('web', false), []);
});

const FIXED = `spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden`;
updateCases(statefulSets, statefulSet({ volumeClaimTemplates: [claim({})] }), {
  'what may change': [
    (draft) =>
      void Object.assign(draft.spec!, {
        ordinals: { start: 2 },
        minReadySeconds: 3,
        revisionHistoryLimit: 1,
        updateStrategy: { type: 'OnDelete' },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
      }),
    [],
  ],
  claims: [(draft) => void (draft.spec!.volumeClaimTemplates![0]!.spec!.resources!.requests!['storage'] = '2Gi'), [FIXED]],
  selector: [
    (draft) => {
      draft.spec!.selector = { matchLabels: { app: 'x' } };
      draft.spec!.template!.metadata!.labels = { app: 'x' };
    },
    [FIXED],
  ],
  'management policy': [(draft) => void (draft.spec!.podManagementPolicy = 'Parallel'), [FIXED]],
  'a pod that cannot be': [(draft) => void (draft.spec!.template!.spec!.containers = []), ['spec.template.spec.containers: Required value']],
});

updateCases(statefulSets, statefulSet({ serviceName: 'a.b', template: { ...template, spec: { containers: [] } }, volumeClaimTemplates: [{ metadata: { name: 'x' }, spec: {} }] }), {
  'what was wrong before may stay': [(draft) => void (draft.spec!.replicas = 3), []],
});

statusCases(statefulSets, statefulSet({}), {
  'more than there are': [
    { replicas: 0 },
    { replicas: 1, currentReplicas: 2, updatedReplicas: 2 },
    [
      'status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas',
      'status.currentReplicas: Invalid value: 2: cannot be greater than status.replicas',
    ],
  ],
  'fewer collisions': [{ replicas: 0, collisionCount: 2 }, { replicas: 0, collisionCount: 1 }, ['status.collisionCount: Invalid value: 1: cannot be decremented']],
});

warningCases(statefulSets, {
  'all history': [statefulSet({ revisionHistoryLimit: -1 }), ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']],
  'half a byte': [
    statefulSet({ volumeClaimTemplates: [claim({ resources: { requests: { storage: '500m' } } })] }),
    ['spec.volumeClaimTemplates[0].Spec.resources.requests[storage]: fractional byte value "500m" is invalid, must be an integer'],
  ],
});

createCases(daemonSets, {
  minimal: [daemonSet({}), []],
  'no selector': [daemonSet({ selector: undefined }), [MISMATCH]],
  'empty selector': [daemonSet({ selector: {} }), ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset']],
  'negative numbers': [daemonSet({ minReadySeconds: -1, revisionHistoryLimit: -1 }), [negative('spec.minReadySeconds'), negative('spec.revisionHistoryLimit')]],
  'surge alone': [daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '10%', maxUnavailable: 0 } } }), []],
  'more than all': [
    daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '101%', maxUnavailable: 0 } } }),
    ['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: "101%": must not be greater than 100%'],
  ],
  'restart policy': [
    daemonSet({ template: { ...template, spec: { ...pod, restartPolicy: 'Never' } } }),
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
});

statusCases(daemonSets, daemonSet({}), {
  negative: [
    { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0, collisionCount: 3 },
    {
      currentNumberScheduled: -1,
      numberMisscheduled: -1,
      desiredNumberScheduled: -1,
      numberReady: -1,
      observedGeneration: -1,
      updatedNumberScheduled: -1,
      numberAvailable: -1,
      numberUnavailable: -1,
    },
    [
      ...['currentNumberScheduled', 'numberMisscheduled', 'desiredNumberScheduled', 'numberReady', 'observedGeneration', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable'].map((name) =>
        negative(`status.${name}`),
      ),
      'status.collisionCount: Invalid value: 0: cannot be decremented',
    ],
  ],
});

test('an annotation counts the versions of the template', () => {
  const key = 'deprecated.daemonset.template.generation';
  const stored = created(daemonSets, daemonSet({}));
  assert.equal(stored.metadata.annotations?.[key], '1');
  const same = updated(daemonSets, stored, (draft) => {
    draft.spec!.minReadySeconds = 1;
    draft.metadata!.annotations = { [key]: '7', other: 'x' };
  });
  assert.deepEqual(same.metadata.annotations, { [key]: '1', other: 'x' });
  const next = updated(daemonSets, stored, (draft) => {
    draft.spec!.template!.spec!.hostNetwork = true;
    delete draft.metadata!.annotations;
  });
  assert.deepEqual(next.metadata.annotations, { [key]: '2' });
});

const revision = (members: object): object => ({ kind: 'ControllerRevision', apiVersion: 'apps/v1', metadata: { name: 'web-1', namespace: 'default' }, data: { spec: {} }, revision: 1, ...members });
createCases(controllerRevisions, {
  revision: [revision({}), []],
  'no data': [revision({ data: undefined, revision: -1 }), [negative('revision'), 'data: Required value: data is mandatory']],
});
updateCases(controllerRevisions, revision({}), {
  number: [(draft) => void (draft.revision = 2), []],
  data: [(draft) => void (draft.data = { spec: { a: 1 } }), ['data: Invalid value: {"spec":{"a":1}}: field is immutable']],
});
