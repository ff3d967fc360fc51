import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { User } from '../call.ts';
import { CONFIG_MAPS, configMap } from '../testing/config-maps.ts';
import { admissionPlugins } from './plugins.ts';
import { openTestRegistry, type TestRegistry } from '../testing/open-registry.ts';
import { StatusError } from '#machinery/status.ts';

interface PodJson {
  spec: {
    serviceAccountName: string;
    serviceAccount: string;
    priority: number;
    priorityClassName?: string;
    preemptionPolicy: string;
    tolerations: { key: string; tolerationSeconds: number }[];
    volumes: { name: string; projected: { sources: object[] } }[];
    containers: { volumeMounts?: { name: string; mountPath: string; readOnly: boolean }[] }[];
  };
}

const PODS = '/api/v1/namespaces/default/pods';
const NODE: User = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] };

const pod = (spec: object = {}, metadata: object = {}) => ({
  metadata: { name: 'p', ...metadata },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
});

async function open(): Promise<TestRegistry> {
  const server = await openTestRegistry({ admission: admissionPlugins });
  const { caller } = server;
  await caller.do('POST', '/api/v1/namespaces', { body: { metadata: { name: 'default' } } });
  await caller.do('POST', '/api/v1/namespaces/default/serviceaccounts', {
    body: { metadata: { name: 'default' }, imagePullSecrets: [{ name: 'pull' }] },
  });
  return server;
}

const refused = (code: number, message: string | RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error));
  assert.equal(error.code, code);
  if (typeof message === 'string') assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};

test('namespaces must exist and stay', async () => {
  await using server = await open();
  const { caller } = server;
  await assert.rejects(
    caller.do('POST', '/api/v1/namespaces/none/configmaps', { body: configMap('a') }),
    refused(404, 'namespaces "none" not found'),
  );
  await assert.rejects(
    caller.do('DELETE', '/api/v1/namespaces/default'),
    refused(403, 'namespaces "default" is forbidden: this namespace may not be deleted'),
  );
  await caller.do('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } });
  await caller.do('DELETE', '/api/v1/namespaces/n');
  await assert.rejects(caller.do('POST', '/api/v1/namespaces/n/configmaps', { body: configMap('a') }), (error) => {
    refused(403, 'configmaps "a" is forbidden: unable to create new content in namespace n because it is being terminated')(error);
    assert.equal((error as StatusError).details!.causes![0]!.reason, 'NamespaceTerminating');
    return true;
  });
  await caller.do('POST', CONFIG_MAPS, { body: configMap('a') });
});

test('pods get an account, its token, a priority and tolerations', async () => {
  await using server = await open();
  const { spec } = await server.caller.do<PodJson>('POST', PODS, { body: pod() });
  assert.deepEqual([spec.serviceAccountName, spec.serviceAccount], ['default', 'default']);
  assert.match(spec.volumes[0]!.name, /^kube-api-access-.{5}$/);
  assert.equal(spec.volumes[0]!.projected.sources.length, 3);
  assert.deepEqual(spec.containers[0]!.volumeMounts, [
    { name: spec.volumes[0]!.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
  ]);
  assert.deepEqual([spec.priority, spec.preemptionPolicy], [0, 'PreemptLowerPriority']);
  assert.deepEqual(
    spec.tolerations.map(({ key, tolerationSeconds }) => [key, tolerationSeconds]),
    [
      ['node.kubernetes.io/not-ready', 300],
      ['node.kubernetes.io/unreachable', 300],
    ],
  );
  await assert.rejects(
    server.caller.do('POST', PODS, { body: pod({ serviceAccountName: 'none' }, { name: 'q' }) }),
    refused(403, 'pods "q" is forbidden: error looking up service account default/none: serviceaccount "none" not found'),
  );
  const without = await server.caller.do<PodJson>('POST', PODS, { body: pod({ automountServiceAccountToken: false }, { name: 'q' }) });
  assert.equal(without.spec.volumes, undefined);
});

test('priority classes', async () => {
  await using server = await open();
  const { caller } = server;
  const CLASSES = '/apis/scheduling.k8s.io/v1/priorityclasses';
  await caller.do('POST', CLASSES, { body: { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' } });
  const { spec } = await caller.do<PodJson>('POST', PODS, { body: pod({ priorityClassName: 'high' }) });
  assert.deepEqual([spec.priority, spec.preemptionPolicy], [1000, 'Never']);
  await assert.rejects(
    caller.do('POST', PODS, { body: pod({ priorityClassName: 'none' }) }),
    refused(403, 'pods "p" is forbidden: no PriorityClass with name none was found'),
  );
  await assert.rejects(
    caller.do('POST', PODS, { body: pod({ priority: 7 }) }),
    refused(403, /the integer value of priority \(7\) must not be provided in pod spec; priority admission controller computed 0/),
  );
  await caller.do('POST', CLASSES, { body: { metadata: { name: 'usual' }, value: 5, globalDefault: true } });
  await assert.rejects(
    caller.do('POST', CLASSES, { body: { metadata: { name: 'other' }, value: 6, globalDefault: true } }),
    refused(403, /PriorityClass usual is already marked as default/),
  );
  const usual = await caller.do<PodJson>('POST', PODS, { body: pod({}, { name: 'q' }) });
  assert.deepEqual([usual.spec.priority, usual.spec.priorityClassName], [5, 'usual']);
});

test('a node changes itself and its pods only', async () => {
  await using server = await open();
  const { caller } = server;
  const as = { user: NODE };
  const node = (name: string, labels: object = {}) => ({ metadata: { name, labels } });
  await assert.rejects(
    caller.do('POST', '/api/v1/nodes', { ...as, body: node('n2') }),
    refused(403, 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"'),
  );
  await assert.rejects(
    caller.do('POST', '/api/v1/nodes', { ...as, body: node('n1', { 'node-restriction.kubernetes.io/x': '1' }) }),
    refused(403, /is not allowed to set the following labels: node-restriction.kubernetes.io\/x/),
  );
  const made = await caller.do<{ spec: { taints: { key: string }[] } }>('POST', '/api/v1/nodes', {
    ...as,
    body: node('n1', { 'kubernetes.io/hostname': 'n1' }),
  });
  assert.deepEqual(
    made.spec.taints.map(({ key }) => key),
    ['node.kubernetes.io/not-ready'],
  );
  await caller.do('POST', PODS, { body: pod({ nodeName: 'n2' }) });
  await caller.do('POST', PODS, { body: pod({ nodeName: 'n1' }, { name: 'mine' }) });
  await assert.rejects(
    caller.do('DELETE', `${PODS}/p`, as),
    refused(403, 'pods "p" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself'),
  );
  const status = { body: { status: { phase: 'Running' } }, mediaType: 'application/strategic-merge-patch+json', ...as };
  await assert.rejects(
    caller.do('PATCH', `${PODS}/p/status`, status),
    refused(403, /can only update pod status for pods with spec.nodeName set to itself/),
  );
  await caller.do('PATCH', `${PODS}/mine/status`, status);
  await assert.rejects(
    caller.do('POST', PODS, { ...as, body: pod({ nodeName: 'n1' }, { name: 'q' }) }),
    refused(403, /node "n1" can only create mirror pods/),
  );
});
