/**
 * Time to decode and encode a ConfigMap of 1.5 kB and a pod of 3 kB.
 *
 *     node benchmarks/codecs.ts
 */
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { decodeObject } from '#machinery/decode.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { decodeProtobuf, encodeProtobuf } from '#machinery/protobuf/protobuf.ts';

const ROUNDS = 20_000;

function microseconds(work: () => unknown): number {
  for (let i = 0; i < ROUNDS / 4; i += 1) work();
  const start = performance.now();
  for (let i = 0; i < ROUNDS; i += 1) work();
  return ((performance.now() - start) / ROUNDS) * 1000;
}

const configMap = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'default', labels: { app: 'web', tier: 'front' }, annotations: { note: 'none' } },
  data: Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`key${i}`, 'x'.repeat(120)])),
};

function container(name: string): object {
  return {
    name,
    image: 'registry.local/web:1.25',
    args: ['--listen', ':8080'],
    ports: [{ name: 'http', containerPort: 8080 }],
    env: [
      { name: 'MODE', value: 'fast' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
    resources: { limits: { cpu: '500m', memory: '128Mi' }, requests: { cpu: '100m', memory: '64Mi' } },
    volumeMounts: [
      { name: 'settings', mountPath: '/etc/settings' },
      { name: 'token', mountPath: '/var/run/secrets', readOnly: true },
    ],
    livenessProbe: { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, periodSeconds: 10 },
    imagePullPolicy: 'IfNotPresent',
  };
}

const at = '2026-01-02T03:04:05Z';
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-1',
    generateName: 'web-',
    namespace: 'default',
    uid: '6c2fe9c4-0000-4000-8000-000000000001',
    resourceVersion: '123',
    creationTimestamp: at,
    labels: { app: 'web', 'pod-template-hash': 'abc' },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'u', controller: true, blockOwnerDeletion: true }],
  },
  spec: {
    volumes: [
      { name: 'settings', configMap: { name: 'settings', defaultMode: 420 } },
      {
        name: 'token',
        projected: {
          sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }, { configMap: { name: 'kube-root-ca.crt' } }],
          defaultMode: 420,
        },
      },
    ],
    containers: [container('web'), container('sidecar')],
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    serviceAccountName: 'default',
    nodeName: 'node-1',
    securityContext: {},
    schedulerName: 'default-scheduler',
    tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }],
    priority: 0,
    enableServiceLinks: true,
  },
  status: {
    phase: 'Running',
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ type, status: 'True', lastTransitionTime: at })),
    hostIP: '10.0.0.1',
    podIP: '10.1.0.1',
    podIPs: [{ ip: '10.1.0.1' }],
    startTime: at,
    qosClass: 'Burstable',
  },
};

function report(kind: Pick<Kind, 'kind' | 'schema'>, value: object): void {
  const text = JSON.stringify(value);
  const parsed = JSON.parse(text) as unknown;
  const { object } = decodeObject<KubeObject>(kind.schema, parsed, { mode: 'strict' });
  const bytes = encodeProtobuf(kind.schema, object);
  const rows: readonly (readonly [string, () => unknown])[] = [
    ['JSON.parse', () => JSON.parse(text)],
    ['decodeObject, strict', () => decodeObject(kind.schema, parsed, { mode: 'strict' })],
    ['parse and decode with duplicate check', () => decodeObject(kind.schema, JSON.parse(text), { mode: 'strict', text })],
    ['JSON.stringify', () => JSON.stringify(object)],
    ['encodeProtobuf', () => encodeProtobuf(kind.schema, object)],
    ['decodeProtobuf', () => decodeProtobuf(kind.schema, bytes)],
  ];
  console.log(`${kind.kind}: ${text.length} bytes of JSON, ${bytes.length} of protobuf`);
  for (const [name, work] of rows) console.log(`  ${name.padEnd(40)} ${microseconds(work).toFixed(1).padStart(7)} µs`);
}

report(configMaps, configMap);
report(pods, pod);
