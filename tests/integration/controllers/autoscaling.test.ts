import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fresh } from '#client/client.ts';
import { deploymentController } from '#controllers/deployment/controller.ts';
import { listBuiltinResources } from '#controllers/discovery/served-resources.ts';
import { horizontalPodAutoscalerController } from '#controllers/horizontal-pod-autoscaler/controller.ts';
import { replicaSetController } from '#controllers/replicaset/controller.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { horizontalPodAutoscalers } from '#kinds/autoscaling/horizontal-pod-autoscaler/kind.ts';
import type { HorizontalPodAutoscalerSpec } from '#kinds/autoscaling/horizontal-pod-autoscaler/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { defineKind } from '#machinery/kind.ts';
import { StatusError } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import { never, openControlPlane } from './control-plane.ts';

interface Usage {
  /** CPU of every pod; absent: no metrics API. */
  cpu?: string;
  /** Metrics of the custom API, by name. */
  custom?: Readonly<Record<string, string>>;
  external?: readonly string[];
}

/** A Deployment `web` of `replicas` pods that request 100m each, and an autoscaler of it. */
async function open(spec: Fresh<HorizontalPodAutoscalerSpec>, usage: Usage, replicas = 1, scaleToZero = false) {
  const env = await openControlPlane([deploymentController, replicaSetController, horizontalPodAutoscalerController({ listServed: listBuiltinResources, scaleToZero })], {
    answer({ path }) {
      if (!path.includes('metrics.k8s.io/')) return undefined;
      const timestamp = formatTime(env.clock.now());
      const items = env.informers.of(pods).lister.list('default').filter(({ status }) => status.phase === 'Running');
      if (path.startsWith('/apis/metrics.k8s.io/')) {
        if (usage.cpu === undefined) throw new StatusError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' });
        return { items: items.map(({ metadata }) => ({ metadata, timestamp, window: '15s', containers: [{ name: 'c', usage: { cpu: usage.cpu } }] })) };
      }
      if (path.startsWith('/apis/custom.metrics.k8s.io/')) {
        const value = usage.custom?.[path.slice(path.lastIndexOf('/') + 1)];
        if (value === undefined) throw new StatusError({ code: 404, reason: 'NotFound', message: 'the server could not find the metric' });
        const of = path.includes('/pods/*/') ? items.map(({ metadata }) => metadata.name) : ['main'];
        return { items: of.map((name) => ({ describedObject: { name }, timestamp, value })) };
      }
      if (path.startsWith('/apis/external.metrics.k8s.io/')) return { items: (usage.external ?? []).map((value) => ({ timestamp, value })) };
      return undefined;
    },
  });
  const labels = { app: 'web' };
  const containers = [{ name: 'c', image: 'i', resources: { requests: { cpu: '100m' } } }];
  await env.client
    .of(deployments)
    .namespace('default')
    .create({ metadata: { name: 'web' }, spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } } }, {}, never);
  await env.clock.advance(600_000);
  const api = env.client.of(horizontalPodAutoscalers).namespace('default');
  await api.create({ metadata: { name: 'web' }, spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 10, ...spec } }, {}, never);
  await env.clock.settle();
  return {
    ...env,
    api,
    usage,
    replicas: async () => (await env.client.of(deployments).namespace('default').get('web', never)).spec.replicas,
    status: async () => (await api.get('web', never)).status,
    conditions: async () => Object.fromEntries(((await api.get('web', never)).status.conditions ?? []).map(({ type, status, reason, message }) => [type, `${status} ${reason}: ${message}`])),
  };
}

const byCpu = (averageUtilization: number): Fresh<HorizontalPodAutoscalerSpec> => ({ metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }] });

test('load makes it grow at most twofold at a time, its end makes it shrink after the window', async () => {
  const env = await open(byCpu(50), { cpu: '250m' });
  assert.equal(await env.replicas(), 4);
  assert.deepEqual(await env.conditions(), {
    AbleToScale: 'True SucceededRescale: the HPA controller was able to update the target scale to 4',
    ScalingActive: 'True ValidMetricFound: the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
    ScalingLimited: 'True ScaleUpLimit: the desired replica count is increasing faster than the maximum scale rate',
  });
  env.usage.cpu = '75m';
  await env.clock.advance(330_000); // what is young counts only after its initialisation
  const { currentMetrics, currentReplicas, desiredReplicas, lastScaleTime } = await env.status();
  assert.deepEqual(currentMetrics, [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 75, averageValue: '75m' } } }]);
  assert.ok((currentReplicas ?? 0) >= 6 && desiredReplicas >= 6, `${currentReplicas} ${desiredReplicas}`);
  assert.ok(lastScaleTime);
  env.usage.cpu = '0';
  const before = await env.replicas();
  await env.clock.advance(270_000);
  assert.equal(await env.replicas(), before);
  assert.equal((await env.conditions())['AbleToScale'], 'True ScaleDownStabilized: recent recommendations were higher than current one, applying the highest recent recommendation');
  await env.clock.advance(90_000);
  assert.equal(await env.replicas(), 1);
  const events = await env.events('HorizontalPodAutoscaler');
  assert.ok(events.includes('SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target'), events.join('\n'));
  assert.ok(events.includes('SuccessfulRescale: New size: 1; reason: All metrics below target'), events.join('\n'));
  const writes = env.writes;
  await env.clock.advance(600_000);
  assert.equal(env.writes, writes, 'nothing is written when nothing changes');
});

test('without metrics nothing is scaled, and it says so', async () => {
  const env = await open(byCpu(50), {}, 3);
  assert.equal(await env.replicas(), 3);
  const why = 'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)';
  assert.deepEqual(await env.conditions(), {
    AbleToScale: "True SucceededGetScale: the HPA controller was able to get the target's current scale",
    ScalingActive: `False FailedGetResourceMetric: the HPA was unable to compute the replica count: ${why}`,
  });
  assert.deepEqual(await env.events('HorizontalPodAutoscaler'), [
    `FailedGetResourceMetric: ${why}`,
    `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${why}`,
  ]);
});

test('bounds hold before any metric; zero replicas switch it off', async () => {
  const env = await open({ ...byCpu(50), minReplicas: 3, maxReplicas: 5 }, { cpu: '50m' });
  assert.equal(await env.replicas(), 3);
  const target = env.client.of(deployments).namespace('default');
  const scaleTo = (replicas: number) => target.patch('web', { type: 'merge', body: { spec: { replicas } } }, {}, never);
  await scaleTo(9);
  await env.clock.advance(15_000);
  assert.equal(await env.replicas(), 5);
  await scaleTo(0);
  await env.clock.advance(60_000);
  assert.equal(await env.replicas(), 0);
  assert.equal((await env.conditions())['ScalingActive'], 'False ScalingDisabled: scaling is disabled since the replica count of the target is zero');
  const events = await env.events('HorizontalPodAutoscaler');
  assert.ok(events.includes('SuccessfulRescale: New size: 3; reason: Current number of replicas below Spec.MinReplicas'));
  assert.ok(events.includes('SuccessfulRescale: New size: 5; reason: Current number of replicas above Spec.MaxReplicas'));
});

test('of several metrics the one that asks for most counts; a failing one does not prevent growth', async () => {
  const metrics = [
    { type: 'Pods' as const, pods: { metric: { name: 'packets' }, target: { type: 'AverageValue' as const, averageValue: '1k' } } },
    { type: 'Object' as const, object: { metric: { name: 'requests' }, describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' }, target: { type: 'Value' as const, value: '10k' } } },
    { type: 'External' as const, external: { metric: { name: 'queue', selector: { matchLabels: { queue: 'worker' } } }, target: { type: 'AverageValue' as const, averageValue: '30' } } },
  ];
  const env = await open({ metrics }, { custom: { packets: '1500', requests: '20k' }, external: ['60', '75'] }, 2);
  assert.equal(await env.replicas(), 4); // 3, 4 and 5 are asked for; twofold is the most
  assert.equal((await env.status()).desiredReplicas, 4);
  await env.clock.advance(15_000);
  assert.equal(await env.replicas(), 8); // of pods that are twice as many, each at 1500
  const { currentMetrics } = await env.status();
  assert.deepEqual(currentMetrics?.[2], { type: 'External', external: { metric: { name: 'queue', selector: { matchLabels: { queue: 'worker' } } }, current: { averageValue: '33750m' } } });
  env.usage.custom = { packets: '2k' };
  await env.clock.advance(15_000);
  assert.equal(await env.replicas(), 10);
  assert.match((await env.conditions())['ScalingActive'] ?? '', /^True ValidMetricFound/);
  env.usage.custom = { packets: '1' };
  await env.clock.advance(600_000);
  assert.equal(await env.replicas(), 10, 'a metric is missing: nothing shrinks');
  assert.match(
    (await env.conditions())['ScalingActive'] ?? '',
    /^False FailedGetObjectMetric: the HPA was unable to compute the replica count: unable to get metric requests: Ingress on default main\/unable to fetch metrics from custom metrics API: the server could not find the metric/,
  );
});

test('behaviours slow it down', async () => {
  const behavior = {
    scaleUp: { policies: [{ type: 'Pods' as const, value: 1, periodSeconds: 60 }] },
    scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods' as const, value: 2, periodSeconds: 60 }] },
  };
  const env = await open({ metrics: [{ type: 'Pods', pods: { metric: { name: 'packets' }, target: { type: 'AverageValue', averageValue: '10' } } }], behavior }, { custom: { packets: '100' } }, 2);
  assert.equal(await env.replicas(), 3);
  await env.clock.advance(45_000);
  assert.equal(await env.replicas(), 3);
  await env.clock.advance(135_000);
  assert.equal(await env.replicas(), 6);
  env.usage.custom = { packets: '0' };
  await env.clock.advance(16_000);
  assert.equal((await env.conditions())['ScalingLimited'], 'True ScaleDownLimit: the desired replica count is decreasing faster than the maximum scale rate');
  await env.clock.advance(240_000);
  assert.equal(await env.replicas(), 1);
});

test('targets that do not exist, and pods that two autoscalers want', async () => {
  const env = await open({ ...byCpu(50) }, { cpu: '50m' });
  const create = (name: string, scaleTargetRef: { apiVersion: string; kind: string; name: string }) => env.api.create({ metadata: { name }, spec: { scaleTargetRef, maxReplicas: 5 } }, {}, never);
  await create('nothing', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone' });
  await create('unknown', { apiVersion: 'example.com/v1', kind: 'Thing', name: 'x' });
  await create('rival', { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' });
  await env.clock.advance(1_000);
  const told = async (name: string, type: string) => (await env.api.get(name, never)).status.conditions?.find((one) => one.type === type);
  assert.equal((await told('nothing', 'AbleToScale'))?.message, `the HPA controller was unable to get the target's current scale: deployments.apps "gone" not found`);
  assert.equal((await told('unknown', 'AbleToScale'))?.message, `the HPA controller was unable to get the target's current scale: no matches for kind "Thing" in group "example.com"`);
  assert.equal((await told('rival', 'ScalingActive'))?.message, 'pods by selector app=web are controlled by multiple HPAs: [default/rival default/web]');
  await env.api.delete('rival', {}, never);
  await env.clock.advance(15_000);
  assert.equal((await told('web', 'ScalingActive'))?.reason, 'ValidMetricFound');
});

test('anything with a scale subresource is scaled, also by the usage of one container', async () => {
  const rollouts = defineKind({ group: 'example.com', version: 'v1', kind: 'Rollout', plural: 'rollouts', namespaced: true, schema: namespaces.schema, subresources: { scale: { verbs: ['get', 'update'] } } });
  const scale = { kind: 'Scale', apiVersion: 'autoscaling/v1', metadata: { name: 'r', namespace: 'default' }, spec: { replicas: 2 }, status: { replicas: 2, selector: 'app=r' } };
  const asked: unknown[] = [];
  const env = await openControlPlane([horizontalPodAutoscalerController({ listServed: () => Promise.resolve({ kinds: [rollouts], failures: new Map() }) })], {
    answer({ method, path, query, body }) {
      if (path === '/apis/example.com/v1/namespaces/default/rollouts/r/scale') {
        if (method === 'PUT') asked.push((body as typeof scale).spec);
        return scale;
      }
      if (!path.startsWith('/apis/metrics.k8s.io/')) return undefined;
      asked.push(query?.['labelSelector']);
      const containers = [
        { name: 'busy', usage: { cpu: '150m' } },
        { name: 'idle', usage: { cpu: '0' } },
      ];
      // Of a pod that ends, only the other container runs yet.
      const items = ['a', 'b', 'ending'].map((name) => ({ metadata: { name, namespace: 'default' }, timestamp: formatTime(env.clock.now()), window: '15s', containers: name === 'ending' ? containers.slice(1) : containers }));
      return { items };
    },
  });
  const container = (name: string) => ({ name, image: 'i', resources: { requests: { cpu: '100m' } } });
  for (const name of ['a', 'b']) await env.client.of(pods).namespace('default').create({ metadata: { name, labels: { app: 'r' } }, spec: { containers: [container('busy'), container('idle')] } }, {}, never);
  await env.clock.advance(600_000);
  const api = env.client.of(horizontalPodAutoscalers).namespace('default');
  const target = { type: 'Utilization' as const, averageUtilization: 100 };
  await api.create(
    {
      metadata: { name: 'r' },
      spec: { scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Rollout', name: 'r' }, maxReplicas: 9, metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'busy', target } }] },
    },
    {},
    never,
  );
  await env.clock.settle();
  assert.deepEqual(asked, ['app=r', { replicas: 3 }]);
  assert.deepEqual((await api.get('r', never)).status.currentMetrics, [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'busy', current: { averageUtilization: 150, averageValue: '150m' } } }]);
});

test('where the feature is on, an autoscaler scales to zero and back, and leaves zeros of others alone', async () => {
  const metrics = [{ type: 'External' as const, external: { metric: { name: 'queue' }, target: { type: 'AverageValue' as const, averageValue: '10' } } }];
  const env = await open({ metrics, minReplicas: 0, behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } }, { external: ['0'] }, 2, true);
  assert.equal(await env.replicas(), 0);
  assert.equal((await env.conditions())['ScaledToZero'], 'True ScaledToZero: the HPA controller scaled the workload to zero');
  await env.clock.advance(60_000);
  assert.equal(await env.replicas(), 0);
  env.usage.external = ['25'];
  await env.clock.advance(15_000);
  assert.equal(await env.replicas(), 3);
  assert.equal((await env.conditions())['ScaledToZero'], 'False NotScaledToZero: the HPA controller did not scale the workload to zero');
  await env.client.of(deployments).namespace('default').patch('web', { type: 'merge', body: { spec: { replicas: 0 } } }, {}, never);
  await env.clock.advance(60_000);
  assert.equal(await env.replicas(), 0);
  assert.match((await env.conditions())['ScalingActive'] ?? '', /^False ScalingDisabled/);
});
