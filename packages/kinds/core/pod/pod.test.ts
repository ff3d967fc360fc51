import assert from 'node:assert/strict';
import test from 'node:test';
import { created, createFindings, deepFreeze, draftOf, lines, testContext, updated, updateFindings } from '../../testing/objects.ts';
import { pods } from './kind.ts';
import { podLimits, podRequestAmounts, podRequests } from './requests.ts';
import { qosClass } from './qos.ts';
import type { Pod } from './schema.ts';

const pod = (spec: object, metadata: object = {}): object => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'web', namespace: 'default', ...metadata },
  spec: { containers: [{ name: 'c', image: 'nginx:1.27' }], ...spec },
});

const container = (members: object): object => pod({ containers: [{ name: 'c', image: 'nginx:1.27', ...members }] });

test('defaults fill a plain pod and change nothing the second time', () => {
  const first = draftOf<Pod>(
    container({
      ports: [{ containerPort: 80 }],
      livenessProbe: { httpGet: { port: 80 } },
      env: [{ name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
    }),
  );
  pods.defaults!(first, testContext);
  assert.equal(first.spec?.restartPolicy, 'Always');
  assert.equal(first.spec?.terminationGracePeriodSeconds, 30);
  assert.equal(first.spec?.enableServiceLinks, true);
  const one = first.spec!.containers![0]!;
  assert.equal(one.imagePullPolicy, 'IfNotPresent');
  assert.deepEqual(one.ports, [{ containerPort: 80, protocol: 'TCP' }]);
  assert.deepEqual(one.livenessProbe, {
    httpGet: { port: 80, path: '/', scheme: 'HTTP' },
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
  });
  assert.equal(one.env![0]!.valueFrom!.fieldRef!.apiVersion, 'v1');
  const again = deepFreeze(structuredClone(first));
  pods.defaults!(again, testContext);
  assert.deepEqual(again, first);
});

test('the pull policy follows the tag', () => {
  for (const [image, policy] of [
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.2', 'IfNotPresent'],
    ['localhost:5000/a/b', 'Always'],
    ['localhost:5000/a/b:v1', 'IfNotPresent'],
    [`a@sha256:${'0'.repeat(64)}`, 'IfNotPresent'],
    ['Bad/Name', 'IfNotPresent'],
  ] as const) {
    const object = created(pods, container({ image }));
    assert.equal(object.spec.containers[0]!.imagePullPolicy, policy, image);
  }
});

test('creation resets the status and sets class, phase and generation', () => {
  const object = created(pods, {
    ...container({ resources: { limits: { cpu: '1', memory: '1Gi' } } }),
    status: { phase: 'Running', podIP: '1.2.3.4' },
  });
  assert.deepEqual(object.status, { phase: 'Pending', qosClass: 'Guaranteed' });
  assert.equal(object.metadata.generation, 1);
  assert.deepEqual(object.spec.containers[0]!.resources.requests, { cpu: '1', memory: '1Gi' });
});

test('a gated pod says so', () => {
  const object = created(pods, pod({ schedulingGates: [{ name: 'x/y' }] }));
  assert.equal(object.status.conditions?.[0]?.reason, 'SchedulingGated');
  assert.equal(pods.columns[2]!.cell(object, 0), 'SchedulingGated');
});

test('match label keys become requirements', () => {
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } }, matchLabelKeys: ['hash'] };
  const object = created(
    pods,
    pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } }, { labels: { hash: 'h1' } }),
  );
  const made = object.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector;
  assert.deepEqual(made?.matchExpressions, [{ key: 'hash', operator: 'In', values: ['h1'] }]);
});

const findings: readonly (readonly [string, object, string[]])[] = [
  ['valid', pod({}), []],
  ['no containers', pod({ containers: [] }), ['spec.containers: Required value']],
  [
    'bad container name',
    container({ name: 'A' }),
    [
      "spec.containers[0].name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ],
  ],
  ['no image', container({ image: '' }), ['spec.containers[0].image: Required value']],
  [
    'bad pull policy',
    container({ imagePullPolicy: 'Sometimes' }),
    ['spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'],
  ],
  [
    'bad restart policy',
    pod({ restartPolicy: 'Maybe' }),
    ['spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"'],
  ],
  ['unknown volume', container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] }), ['spec.containers[0].volumeMounts[0].name: Not found: "v"']],
  [
    'duplicate container',
    pod({
      containers: [
        { name: 'c', image: 'a' },
        { name: 'c', image: 'b' },
      ],
    }),
    ['spec.containers[1].name: Duplicate value: "c"'],
  ],
  [
    'request above limit',
    container({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
    ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  ['probe without handler', container({ livenessProbe: {} }), ['spec.containers[0].livenessProbe: Required value: must specify a handler type']],
  [
    'two handlers',
    container({ readinessProbe: { exec: { command: ['x'] }, tcpSocket: { port: 1 } } }),
    ['spec.containers[0].readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type'],
  ],
  [
    'liveness success',
    container({ livenessProbe: { tcpSocket: { port: 1 }, successThreshold: 2 } }),
    ['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1'],
  ],
  [
    'bad port',
    container({ ports: [{ containerPort: 70000 }] }),
    ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  ],
  [
    'env without source',
    container({ env: [{ name: 'A', valueFrom: {} }] }),
    [
      'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
    ],
  ],
  [
    'host port mismatch',
    { ...pod({ hostNetwork: true, containers: [{ name: 'c', image: 'a', ports: [{ containerPort: 80, hostPort: 81 }] }] }) },
    ['spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true'],
  ],
  [
    'two sources',
    pod({ volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/x' } }] }),
    ['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type'],
  ],
  ['secret without name', pod({ volumes: [{ name: 'v', secret: {} }] }), ['spec.volumes[0].secret.secretName: Required value']],
  [
    'init probe',
    pod({ initContainers: [{ name: 'i', image: 'a', livenessProbe: { tcpSocket: { port: 1 } } }] }),
    ['spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always'],
  ],
  [
    'ephemeral on create',
    pod({ ephemeralContainers: [{ name: 'e', image: 'a' }] }),
    ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
  ],
  [
    'toleration',
    pod({ tolerations: [{ operator: 'Equal', value: 'x' }] }),
    [
      'spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ],
  ],
  [
    'gated with node',
    pod({ nodeName: 'n', schedulingGates: [{ name: 'a' }] }),
    ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
  ],
  [
    'unknown resource',
    container({ resources: { limits: { gpu: '1' } } }),
    [
      'spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers',
      'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource type or fully qualified',
      'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource for containers',
    ],
  ],
];

for (const [name, object, expected] of findings) {
  test(`create: ${name}`, () => assert.deepEqual(createFindings(pods, object), expected));
}

test('an update may change images and nothing else of the spec', () => {
  const stored = created(pods, pod({}));
  assert.deepEqual(
    updateFindings(pods, stored, (draft) => void (draft.spec!.containers![0]!.image = 'nginx:2')),
    [],
  );
  const [line] = updateFindings(pods, stored, (draft) => void (draft.spec!.nodeName = 'n1'));
  assert.match(
    line!,
    /^spec: Forbidden: pod updates may not change fields other than `spec.containers\[\*\].image`,`spec.initContainers\[\*\].image`/,
  );
  assert.match(line!, /\n\+ \tNodeName: "n1",\n/);
  assert.deepEqual(
    updateFindings(pods, stored, (draft) => void draft.spec!.containers!.push({ name: 'd', image: 'x' })),
    ['spec.containers: Forbidden: pod updates may not add or remove containers'],
  );
  assert.equal(updated(pods, stored, (draft) => void (draft.spec!.containers![0]!.image = 'nginx:2')).metadata.generation, 2);
});

test('a gated pod may be narrowed', () => {
  const stored = created(pods, pod({ schedulingGates: [{ name: 'g' }] }));
  assert.deepEqual(
    updateFindings(pods, stored, (draft) => void (draft.spec!.nodeSelector = { zone: 'a' })),
    [],
  );
  assert.deepEqual(
    updateFindings(pods, stored, (draft) => void draft.spec!.schedulingGates!.push({ name: 'h' })),
    ["spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'h'"],
  );
});

test('the status subresource takes the status only', () => {
  const stored = created(pods, pod({}, { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'u' }] }));
  const sent = draftOf<Pod>(stored);
  sent.spec!.nodeName = 'other';
  delete sent.metadata!.ownerReferences;
  sent.metadata!.labels = { a: 'b' };
  sent.status = { phase: 'Running', podIP: '10.0.0.1' };
  const draft = { ...stored } as object;
  const update = pods.subresources['status']!.update!;
  update.apply(draft, sent as unknown as Pod, stored, testContext);
  const result = draft as Pod;
  assert.equal(result.spec.nodeName, undefined);
  assert.deepEqual(result.metadata.ownerReferences, stored.metadata.ownerReferences);
  assert.deepEqual(result.metadata.labels, { a: 'b' });
  assert.deepEqual(result.status.podIPs, [{ ip: '10.0.0.1' }]);
  assert.equal(result.status.qosClass, 'BestEffort');
  assert.deepEqual(lines(update.validate!(result, stored, testContext)), []);
});

test('resize takes resources only', () => {
  const stored = created(pods, container({ resources: { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '500m', memory: '1Gi' } } }));
  const sent = draftOf<Pod>(stored);
  sent.spec!.containers![0]!.image = 'other';
  sent.spec!.containers![0]!.resources!.requests!['cpu'] = '700m';
  const draft = { ...stored } as object;
  const update = pods.subresources['resize']!.update!;
  update.apply(draft, sent as unknown as Pod, stored, testContext);
  const result = draft as Pod;
  assert.equal(result.spec.containers[0]!.image, 'nginx:1.27');
  assert.equal(result.spec.containers[0]!.resources.requests!['cpu'], '700m');
  assert.equal(result.metadata.generation, 2);
  assert.deepEqual(lines(update.validate!(result, stored, testContext)), []);
});

test('grace period', () => {
  const grace = (object: Pod, asked?: number): number | undefined => pods.strategy.gracePeriodSeconds?.(object, asked);
  const waiting = created(pods, pod({}));
  const bound = created(pods, pod({ nodeName: 'n' }));
  assert.equal(grace(waiting, undefined), 0);
  assert.equal(grace(bound, undefined), 30);
  assert.equal(grace(bound, 5), 5);
  assert.equal(grace(bound, -1), 1);
  assert.equal(grace({ ...bound, status: { ...bound.status, phase: 'Failed' } }, 5), 0);
});

test('requests: the larger of init containers and the rest, with sidecars and overhead', () => {
  const cpu = (amount: string): object => ({ requests: { cpu: amount }, limits: {} });
  const object = created(pods, {
    ...pod({
      overhead: { cpu: '10m' },
      containers: [
        { name: 'a', image: 'a', resources: cpu('100m') },
        { name: 'b', image: 'b', resources: cpu('200m') },
      ],
      initContainers: [
        { name: 'side', image: 's', restartPolicy: 'Always', resources: cpu('50m') },
        { name: 'big', image: 'i', resources: cpu('1') },
      ],
    }),
  });
  assert.deepEqual(podRequests(object), { cpu: '1060m' });
  assert.deepEqual(podRequestAmounts(object), { cpu: 1060 });
  assert.deepEqual(podLimits(object), {});
});

test('quality of service', () => {
  const spec = (resources: object): Pod['spec'] => created(pods, container({ resources })).spec;
  assert.equal(qosClass(spec({})), 'BestEffort');
  assert.equal(qosClass(spec({ requests: { cpu: '1' } })), 'Burstable');
  assert.equal(qosClass(spec({ limits: { cpu: '1', memory: '1' } })), 'Guaranteed');
  assert.equal(qosClass(spec({ limits: { cpu: '1' } })), 'Burstable');
});

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
