import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestRegistry } from '../../testing/open-registry.ts';
import { openTestRegistry } from '../../testing/open-registry.ts';
import { StatusError } from '#machinery/status.ts';

interface PodJson {
  metadata: {
    name: string;
    uid: string;
    resourceVersion: string;
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: { nodeName?: string };
  status: { phase?: string; conditions?: { type: string; status: string }[] };
}

const PODS = '/api/v1/namespaces/default/pods';
const STRATEGIC = 'application/strategic-merge-patch+json';

const createPod = ({ caller }: TestRegistry, name: string, spec: object = {}, labels: object = { app: 'a' }) =>
  caller.do<PodJson>('POST', PODS, { body: { metadata: { name, labels }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } } });

const bind = ({ caller }: TestRegistry, name: string, node: string, metadata: object = {}) =>
  caller.do('POST', `${PODS}/${name}/binding`, {
    body: { apiVersion: 'v1', kind: 'Binding', metadata: { name, ...metadata }, target: { kind: 'Node', name: node } },
  });

test('a pod is bound once', async () => {
  await using server = await openTestRegistry();
  await createPod(server, 'p');
  const status = await bind(server, 'p', 'n1', { annotations: { a: 'b' }, labels: { 'topology.kubernetes.io/zone': 'z', other: 'x' } });
  assert.deepEqual(status, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 });
  const pod = await server.caller.do<PodJson>('GET', `${PODS}/p`);
  assert.equal(pod.spec.nodeName, 'n1');
  assert.deepEqual(
    pod.status.conditions!.map(({ type, status: value }) => [type, value]),
    [['PodScheduled', 'True']],
  );
  assert.deepEqual(pod.metadata.annotations, { a: 'b' });
  assert.deepEqual(pod.metadata.labels, { app: 'a', 'topology.kubernetes.io/zone': 'z' });
  await assert.rejects(bind(server, 'p', 'n2'), {
    code: 409,
    message: 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
  });
  await assert.rejects(bind(server, 'none', 'n2'), { code: 404 });
});

test('graceful deletion of a pod on a node, shortened by its agent', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await createPod(server, 'free');
  await caller.do('DELETE', `${PODS}/free`);
  await assert.rejects(caller.do('GET', `${PODS}/free`), { code: 404 });
  await createPod(server, 'p', { nodeName: 'n1' });
  await caller.do('PATCH', `${PODS}/p/status`, { body: { status: { phase: 'Running' } }, mediaType: STRATEGIC });
  const deleting = await caller.do<PodJson>('DELETE', `${PODS}/p`);
  assert.equal(deleting.metadata.deletionGracePeriodSeconds, 30);
  const again = await caller.do<PodJson>('DELETE', `${PODS}/p?gracePeriodSeconds=60`);
  assert.equal(again.metadata.resourceVersion, deleting.metadata.resourceVersion);
  const sooner = await caller.do<PodJson>('DELETE', `${PODS}/p?gracePeriodSeconds=5`);
  assert.equal(sooner.metadata.deletionGracePeriodSeconds, 5);
  await caller.do('DELETE', `${PODS}/p`, {
    body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid: deleting.metadata.uid } },
  });
  await assert.rejects(caller.do('GET', `${PODS}/p`), { code: 404 });
});

test('an eviction asks the disruption budget', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const running = { body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }, mediaType: STRATEGIC };
  for (const name of ['p1', 'p2']) {
    await createPod(server, name, { nodeName: 'n1' });
    await caller.do('PATCH', `${PODS}/${name}/status`, running);
  }
  const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
  await caller.do('POST', BUDGETS, { body: { metadata: { name: 'b' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'a' } } } } });
  const evict = (name: string, deleteOptions?: object) =>
    caller.do('POST', `${PODS}/${name}/eviction`, {
      body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...(deleteOptions ? { deleteOptions } : {}) },
    });
  const refused = async (name: string): Promise<StatusError> => {
    const error = await evict(name).then(
      () => assert.fail('evicted'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof StatusError);
    assert.equal(error.code, 429);
    assert.equal(error.message, "Cannot evict pod as it would violate the pod's disruption budget.");
    return error;
  };
  const unknown = await refused('p1');
  assert.deepEqual(unknown.details!.causes, [
    { reason: 'DisruptionBudget', message: 'The disruption budget b is still being processed by the server.' },
  ]);
  const status = { observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 };
  await caller.do('PATCH', `${BUDGETS}/b/status`, { body: { status }, mediaType: 'application/merge-patch+json' });
  await evict('p1', { gracePeriodSeconds: 7 });
  const pod = await caller.do<PodJson>('GET', `${PODS}/p1`);
  assert.equal(pod.metadata.deletionGracePeriodSeconds, 7);
  assert.ok(pod.status.conditions!.some(({ type }) => type === 'DisruptionTarget'));
  const exhausted = await refused('p2');
  assert.deepEqual(exhausted.details!.causes, [
    { reason: 'DisruptionBudget', message: 'The disruption budget b needs 1 healthy pods and has 2 currently' },
  ]);
  await caller.do('POST', `${PODS}/p1/eviction`, { body: { apiVersion: 'policy/v1beta1', kind: 'Eviction', metadata: { name: 'p1' } } });
});
