import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploymentController } from '#controllers/deployment/controller.ts';
import { draftNewSet } from '#controllers/deployment/new-set.ts';
import { replicaSetController } from '#controllers/replicaset/controller.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import type { Deployment } from '#kinds/apps/deployment/schema.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { ControlPlane, PodFate } from './control-plane.ts';
import { never, openControlPlane, runningStatus } from './control-plane.ts';

const controllers = [deploymentController, replicaSetController];

function spec(image: string, replicas: number) {
  return {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image }] } },
  };
}

const api = (env: ControlPlane) => env.client.of(deployments).namespace('default');
const setImage = (env: ControlPlane, image: string) =>
  api(env).patch('web', { type: 'strategic', body: { spec: { template: { spec: { containers: [{ name: 'c', image }] } } } } }, {}, never);
const conditions = (deployment: Deployment) =>
  Object.fromEntries((deployment.status.conditions ?? []).map((one) => [one.type, `${one.status} ${one.reason}: ${one.message}`]));

test('a Deployment comes up, is updated, and says so in the words kubectl waits for', async () => {
  const env = await openControlPlane(controllers);
  await api(env).create({ metadata: { name: 'web' }, spec: spec('nginx:1', 3) }, {}, never);
  await env.clock.settle();
  let web = await api(env).get('web', never);
  const [rs] = await env.list(replicaSets);
  assert.match(rs!.metadata.name!, /^web-[bcdfghjklmnpqrstvwxz2456789]+$/);
  assert.equal(rs!.metadata.labels?.['pod-template-hash'], rs!.metadata.name!.slice(4));
  assert.deepEqual(
    [web.status.replicas, web.status.updatedReplicas, web.status.readyReplicas, web.status.availableReplicas, web.status.unavailableReplicas ?? 0],
    [3, 3, 3, 3, 0],
  );
  assert.equal(web.metadata.annotations?.['deployment.kubernetes.io/revision'], '1');
  assert.deepEqual(conditions(web), {
    Available: 'True MinimumReplicasAvailable: Deployment has minimum availability.',
    Progressing: `True NewReplicaSetAvailable: ReplicaSet "${rs!.metadata.name}" has successfully progressed.`,
  });
  assert.deepEqual(await env.events('Deployment'), [`ScalingReplicaSet: Scaled up replica set ${rs!.metadata.name} from 0 to 3`]);
  await setImage(env, 'nginx:2');
  await env.clock.settle();
  web = await api(env).get('web', never);
  assert.equal(web.metadata.annotations?.['deployment.kubernetes.io/revision'], '2');
  assert.deepEqual((await env.list(replicaSets)).map((one) => one.spec.replicas ?? 0).toSorted((a, b) => a - b), [0, 3]);
  assert.deepEqual(new Set((await env.list(pods)).map((pod) => pod.spec.containers[0]?.image)), new Set(['nginx:2']));
  await setImage(env, 'nginx:1');
  await env.clock.settle();
  const restored = await env.client.of(replicaSets).namespace('default').get(rs!.metadata.name!, never);
  assert.equal(restored.spec.replicas, 3);
  assert.equal(restored.metadata.annotations?.['deployment.kubernetes.io/revision'], '3');
  assert.equal(restored.metadata.annotations?.['deployment.kubernetes.io/revision-history'], '1');
});

test('during a rolling update pods never fall below nor rise above the limits', async () => {
  const fate: PodFate = () => undefined;
  const env = await openControlPlane(controllers, { fate });
  const wake = async (): Promise<boolean> => {
    const pending = (await env.list(pods)).filter((pod) => pod.status.phase !== 'Running' && !pod.metadata.deletionTimestamp);
    if (pending[0]) await env.setPodStatus(pending[0], runningStatus(env.clock.now()));
    await env.clock.settle();
    return pending.length > 0;
  };
  const strategy = { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } };
  await api(env).create({ metadata: { name: 'web' }, spec: { ...spec('nginx:1', 4), strategy } }, {}, never);
  while (await wake());
  await setImage(env, 'nginx:2');
  await env.clock.settle();
  const check = async (): Promise<void> => {
    const all = (await env.list(pods)).filter((pod) => !pod.metadata.deletionTimestamp);
    assert.ok(all.length <= 5, `${all.length} pods`);
    assert.ok(all.filter((pod) => pod.status.phase === 'Running').length >= 3);
  };
  await check();
  while (await wake()) await check();
  assert.deepEqual((await env.list(pods)).map((pod) => pod.spec.containers[0]?.image), Array.from({ length: 4 }, () => 'nginx:2'));
});

test('a rollout that does not move is reported after its deadline', async () => {
  const env = await openControlPlane(controllers, { fate: () => undefined });
  await api(env).create({ metadata: { name: 'web' }, spec: { ...spec('broken', 2), progressDeadlineSeconds: 60 } }, {}, never);
  await env.clock.advance(30_000);
  const [rs] = await env.list(replicaSets);
  assert.equal(conditions(await api(env).get('web', never))['Progressing'], `True ReplicaSetUpdated: ReplicaSet "${rs!.metadata.name}" is progressing.`);
  await env.clock.advance(40_000);
  assert.equal(
    conditions(await api(env).get('web', never))['Progressing'],
    `False ProgressDeadlineExceeded: ReplicaSet "${rs!.metadata.name}" has timed out progressing.`,
  );
});

test('a paused Deployment scales but does not roll out; resuming does', async () => {
  const env = await openControlPlane(controllers);
  await api(env).create({ metadata: { name: 'web' }, spec: spec('nginx:1', 2) }, {}, never);
  await env.clock.settle();
  await api(env).patch('web', { type: 'merge', body: { spec: { paused: true } } }, {}, never);
  await setImage(env, 'nginx:2');
  await api(env).patch('web', { type: 'merge', body: { spec: { replicas: 4 } } }, {}, never);
  await env.clock.settle();
  assert.equal((await env.list(replicaSets)).length, 1);
  assert.equal((await env.list(pods)).length, 4);
  assert.equal(conditions(await api(env).get('web', never))['Progressing'], 'Unknown DeploymentPaused: Deployment is paused');
  await api(env).patch('web', { type: 'merge', body: { spec: { paused: false } } }, {}, never);
  await env.clock.settle();
  assert.deepEqual(new Set((await env.list(pods)).map((pod) => pod.spec.containers[0]?.image)), new Set(['nginx:2']));
  assert.match(conditions(await api(env).get('web', never))['Progressing']!, /^True NewReplicaSetAvailable/);
});

test('Recreate stops every old pod before the first new one starts', async () => {
  const env = await openControlPlane(controllers);
  let mixed = false;
  env.informers.of(pods).listen({
    added() {
      mixed ||= new Set(env.informers.of(pods).lister.list().map((pod) => pod.spec.containers[0]?.image)).size > 1;
    },
  });
  await api(env).create({ metadata: { name: 'web' }, spec: { ...spec('nginx:1', 3), strategy: { type: 'Recreate' } } }, {}, never);
  await env.clock.settle();
  await setImage(env, 'nginx:2');
  await env.clock.settle();
  assert.equal(mixed, false);
  assert.deepEqual((await env.list(pods)).map((pod) => pod.spec.containers[0]?.image), ['nginx:2', 'nginx:2', 'nginx:2']);
});

test('only as many old sets are kept as the history limit says, and an idle Deployment writes nothing', async () => {
  const env = await openControlPlane(controllers);
  await api(env).create({ metadata: { name: 'web' }, spec: { ...spec('nginx:0', 1), revisionHistoryLimit: 2 } }, {}, never);
  for (let i = 1; i <= 5; i++) {
    await env.clock.advance(1_000);
    await setImage(env, `nginx:${i}`);
  }
  await env.clock.settle();
  assert.equal((await env.list(replicaSets)).length, 3);
  const before = env.writes;
  await env.clock.advance(700_000);
  assert.equal(env.writes, before);
});

test('the revision after that of an adopted set is exact, however large', async () => {
  const env = await openControlPlane(controllers);
  const labels = { app: 'web', set: 'old' };
  const old = { metadata: { name: 'old', labels, annotations: { 'deployment.kubernetes.io/revision': '3546343826724305832' } }, spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'old' }] } } } };
  await env.client.of(replicaSets).namespace('default').create(old, {}, never);
  await api(env).create({ metadata: { name: 'web' }, spec: spec('nginx:1', 1) }, {}, never);
  await env.clock.settle();
  const web = await api(env).get('web', never);
  assert.equal(web.metadata.annotations?.['deployment.kubernetes.io/revision'], '3546343826724305833');
  assert.ok((await env.list(replicaSets)).every(({ metadata }) => metadata.ownerReferences?.[0]?.uid === web.metadata.uid));
});

test('a name that another template has is avoided', async () => {
  const env = await openControlPlane(controllers);
  const paused = await api(env).create({ metadata: { name: 'web' }, spec: { ...spec('nginx:1', 1), paused: true } }, {}, never);
  const taken = draftNewSet(paused, []).metadata.name;
  const foreign = { metadata: { name: taken }, spec: { replicas: 0, selector: { matchLabels: { x: 'y' } }, template: { metadata: { labels: { x: 'y' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } };
  await env.client.of(replicaSets).namespace('default').create(foreign, {}, never);
  await api(env).patch('web', { type: 'merge', body: { spec: { paused: false } } }, {}, never);
  await env.clock.settle();
  const web = await api(env).get('web', never);
  assert.equal(web.status.collisionCount, 1);
  assert.equal(web.status.availableReplicas, 1);
});
