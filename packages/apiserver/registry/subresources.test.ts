import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestRegistry } from '../testing/open-registry.ts';

interface DeploymentJson {
  metadata: { resourceVersion: string; generation: number };
  spec: { replicas: number };
  status: { replicas?: number };
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const MERGE = 'application/merge-patch+json';
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const deployment = { metadata: { name: 'd', generation: 9 }, spec: { selector: { matchLabels: { app: 'a' } }, template }, status: { replicas: 3 } };

test('spec, status and generation', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const made = await caller.do<DeploymentJson>('POST', DEPLOYMENTS, { body: deployment });
  assert.deepEqual([made.metadata.generation, made.status], [1, {}]);
  const changed = await caller.do<DeploymentJson>('PUT', `${DEPLOYMENTS}/d`, {
    body: { ...made, metadata: { ...made.metadata, generation: 7 }, spec: { ...made.spec, replicas: 2 }, status: { replicas: 9 } },
  });
  assert.deepEqual([changed.metadata.generation, changed.spec.replicas, changed.status], [2, 2, {}]);
  const reported = await caller.do<DeploymentJson>('PUT', `${DEPLOYMENTS}/d/status`, {
    body: { ...changed, spec: { ...changed.spec, replicas: 5 }, status: { replicas: 1 } },
  });
  assert.deepEqual([reported.metadata.generation, reported.spec.replicas, reported.status.replicas], [2, 2, 1]);
  await assert.rejects(caller.do('PUT', `${DEPLOYMENTS}/d/status`, { body: { ...changed, status: { replicas: 2 } } }), { code: 409 });
  const patched = await caller.do<DeploymentJson>('PATCH', `${DEPLOYMENTS}/d/status`, { body: { status: { replicas: 4 } }, mediaType: MERGE });
  assert.equal(patched.status.replicas, 4);
});

test('a patch of a status gets the defaults of the status', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const SERVICES = '/api/v1/namespaces/default/services';
  await caller.do('POST', SERVICES, { body: { metadata: { name: 's' }, spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } } });
  const body = { status: { loadBalancer: { ingress: [{ ip: '203.0.113.1' }, { hostname: 'a.example.com' }] } } };
  const patched = await caller.do<{ status: unknown }>('PATCH', `${SERVICES}/s/status`, { body, mediaType: MERGE });
  assert.deepEqual(patched.status, { loadBalancer: { ingress: [{ ip: '203.0.113.1', ipMode: 'VIP' }, { hostname: 'a.example.com' }] } });
});

test('scale', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await caller.do('POST', DEPLOYMENTS, { body: deployment });
  interface ScaleJson {
    kind: string;
    metadata: { name: string; resourceVersion: string };
    spec: { replicas?: number };
    status: { selector: string };
  }
  const scale = await caller.do<ScaleJson>('GET', `${DEPLOYMENTS}/d/scale`);
  assert.deepEqual([scale.kind, scale.spec.replicas, scale.status.selector], ['Scale', 1, 'app=a']);
  const scaled = await caller.do<ScaleJson>('PUT', `${DEPLOYMENTS}/d/scale`, { body: { ...scale, spec: { replicas: 3 } } });
  assert.equal(scaled.spec.replicas, 3);
  await assert.rejects(caller.do('PUT', `${DEPLOYMENTS}/d/scale`, { body: { ...scale, spec: { replicas: 4 } } }), { code: 409 });
  await caller.do('PATCH', `${DEPLOYMENTS}/d/scale`, { body: { spec: { replicas: 5 } }, mediaType: MERGE });
  const { spec, metadata } = await caller.do<DeploymentJson>('GET', `${DEPLOYMENTS}/d`);
  assert.deepEqual([spec.replicas, metadata.generation], [5, 3]);
  await assert.rejects(caller.do('PATCH', `${DEPLOYMENTS}/d/scale`, { body: { spec: { replicas: -1 } }, mediaType: MERGE }), { code: 422 });
  await assert.rejects(caller.do('GET', `${DEPLOYMENTS}/d/nonsense`), { code: 404 });
});

test('one resource in two versions', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const body = {
    metadata: { name: 'h' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }, maxReplicas: 3, targetCPUUtilizationPercentage: 50 },
  };
  const V1 = '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers';
  const V2 = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';
  interface V1Json {
    apiVersion: string;
    metadata: { resourceVersion: string };
    spec: { targetCPUUtilizationPercentage: number };
  }
  interface V2Json {
    apiVersion: string;
    metadata: { resourceVersion: string };
    spec: { metrics: { resource: { target: { averageUtilization: number } } }[] };
  }
  const made = await caller.do<V1Json>('POST', V1, { body });
  assert.deepEqual([made.apiVersion, made.spec.targetCPUUtilizationPercentage], ['autoscaling/v1', 50]);
  const seen = await caller.do<V2Json>('GET', `${V2}/h`);
  assert.deepEqual(
    [seen.apiVersion, seen.metadata.resourceVersion, seen.spec.metrics[0]!.resource.target.averageUtilization],
    ['autoscaling/v2', made.metadata.resourceVersion, 50],
  );
  const event = (await caller.watch(`${V1}?watch=true`).next()).value!;
  assert.equal(event.type, 'ADDED');
  assert.equal((event.object as unknown as V1Json).apiVersion, 'autoscaling/v1');
});
