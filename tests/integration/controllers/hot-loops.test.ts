/**
 * Controllers never hot-loop: what they write is counted while nothing happens, and while nothing works.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiRequest, Transport } from '#client/transport.ts';
import { cronJobs } from '#kinds/batch/cron-job/kind.ts';
import { daemonSets } from '#kinds/apps/daemon-set/kind.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import { horizontalPodAutoscalers } from '#kinds/autoscaling/horizontal-pod-autoscaler/kind.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import { endpoints } from '#kinds/core/endpoints/kind.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { replicationControllers } from '#kinds/core/replication-controller/kind.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { StatusError } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import { controllerEntries } from '#navarch/server/controllers.ts';
import { never, openControlPlane } from './control-plane.ts';

const HOUR_MS = 3_600_000;
const labels = (app: string) => ({ matchLabels: { app } });
const template = (app: string, restartPolicy?: 'Never') => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '1m' } } }], ...(restartPolicy ? { restartPolicy } : {}) },
});

/** A control plane with every controller, `refuse` deciding which writes fail, and a tally of what was written. */
async function open(refuse: (request: ApiRequest) => boolean) {
  const writes = new Map<string, number>();
  const forward: { to?: Transport } = {};
  const transport: Transport = {
    request: (request, signal) => forward.to!.request(request, signal),
    watch: (request, signal) => forward.to!.watch(request, signal),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const entries = controllerEntries({ podCidrs: ['10.244.0.0/16'], serviceCidrs: ['10.96.0.0/16'], caPem: 'PEM', transport, signLegacyToken: () => 'token', signRequest: () => '' });
  const env = await openControlPlane(entries, {
    answer(request) {
      if (request.path.startsWith('/apis/metrics.k8s.io')) throw new StatusError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource' });
      if (request.method === 'GET') return undefined;
      const what = `${request.method} ${request.path.replace(/^\/apis?\//, '').replace(/namespaces\/[^/]+\//, '').split('/').slice(0, 3).join('/')}`;
      writes.set(what, (writes.get(what) ?? 0) + 1);
      if (refuse(request)) throw new StatusError({ code: 500, reason: 'InternalError', message: 'the disk is full' });
      return undefined;
    },
  });
  forward.to = env.client.transport;
  const heartbeat = async (): Promise<void> => {
    const status = { conditions: [{ type: 'Ready' as const, status: 'True' as const, lastHeartbeatTime: formatTime(env.clock.now()) }] };
    await env.client.of(nodes).patch('n', { type: 'strategic', body: { status }, subresource: 'status' }, {}, never);
  };
  await env.client.of(nodes).create({ metadata: { name: 'n', labels: { 'kubernetes.io/os': 'linux' } }, spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] } }, {}, never);
  await heartbeat();
  await env.clock.advance(2_000);
  return {
    ...env,
    /** Writes of controllers while `ms` pass, the node's own heartbeats left out. */
    async during(ms: number) {
      writes.clear();
      for (let passed = 0; passed < ms; passed += 30_000) {
        await heartbeat();
        await env.clock.advance(30_000);
      }
      writes.delete('PATCH v1/nodes/n');
      return Object.fromEntries(writes);
    },
  };
}

/** One of each kind that controllers look after. */
async function populate({ client }: Awaited<ReturnType<typeof open>>): Promise<void> {
  const metadata = (name: string) => ({ name, namespace: 'default' });
  await client.of(deployments).create({ metadata: metadata('web'), spec: { replicas: 3, selector: labels('web'), template: template('web') } }, {}, never);
  await client.of(statefulSets).create({ metadata: metadata('db'), spec: { replicas: 2, serviceName: 'db', selector: labels('db'), template: template('db') } }, {}, never);
  await client.of(daemonSets).create({ metadata: metadata('agent'), spec: { selector: labels('agent'), template: template('agent') } }, {}, never);
  await client.of(replicationControllers).create({ metadata: metadata('old'), spec: { replicas: 1, selector: { app: 'old' }, template: template('old') } }, {}, never);
  await client.of(jobs).create({ metadata: metadata('once'), spec: { template: template('once', 'Never') } }, {}, never);
  await client.of(cronJobs).create({ metadata: metadata('yearly'), spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: template('yearly', 'Never') } } } }, {}, never);
  await client.of(services).create({ metadata: metadata('web'), spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } }, {}, never);
  await client.of(services).create({ metadata: metadata('manual'), spec: { ports: [{ port: 80 }] } }, {}, never);
  await client.of(endpoints).create({ metadata: metadata('manual'), subsets: [{ addresses: [{ ip: '10.9.9.9' }], ports: [{ port: 80 }] }] }, {}, never);
  await client.of(podDisruptionBudgets).create({ metadata: metadata('web'), spec: { selector: labels('web'), minAvailable: 1 } }, {}, never);
  await client.of(resourceQuotas).create({ metadata: metadata('quota'), spec: { hard: { pods: '50', 'count/deployments.apps': '5' } } }, {}, never);
  await client.of(persistentVolumeClaims).create({ metadata: metadata('data'), spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'none', resources: { requests: { storage: '1Gi' } } } }, {}, never);
  await client
    .of(horizontalPodAutoscalers)
    .create({ metadata: metadata('web'), spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, minReplicas: 1, maxReplicas: 5 } }, {}, never);
}

test('an idle cluster is not written to', async () => {
  const env = await open(() => false);
  await populate(env);
  await env.during(600_000);
  const { 'POST v1/events': events = 0, ...writes } = await env.during(HOUR_MS);
  // Events that repeat are few: an autoscaler without metrics and a claim that nobody can bind say so.
  const left = Object.entries(writes).filter(([what]) => !what.startsWith('PATCH v1/events'));
  assert.deepEqual(left, []);
  assert.ok(events <= 10, `${events} events`);
});

test('what fails is tried less and less often', async () => {
  const isPodCreation = ({ method, path }: ApiRequest): boolean => method === 'POST' && /\/namespaces\/[^/]+\/pods$/.test(path);
  const env = await open(isPodCreation);
  await populate(env);
  const first = await env.during(HOUR_MS);
  // Five owners of pods with at most one pod more per try; 5 ms, 10 ms … 1000 s apart, that is fewer than 25 times in the first hour.
  assert.ok((first['POST v1/pods'] ?? 0) <= 6 * 25 * 2, JSON.stringify(first));
  const next = await env.during(HOUR_MS);
  const total = Object.values(next).reduce((sum, one) => sum + one, 0);
  // Jobs alone are tried every minute at least, as upstream does.
  assert.ok((next['POST v1/pods'] ?? 0) <= 60 + 60, JSON.stringify(next));
  assert.ok(total <= 1_200, JSON.stringify(next));
});

test('a namespace that cannot be emptied is not hammered', async () => {
  const env = await open(({ method, path }) => method === 'DELETE' && path.startsWith('/apis/apps/v1/namespaces/shop/'));
  await env.client.of(namespaces).create({ metadata: { name: 'shop' } }, {}, never);
  await env.clock.settle();
  await env.client.of(deployments).namespace('shop').create({ metadata: { name: 'web' }, spec: { replicas: 0, selector: labels('web'), template: template('web') } }, {}, never);
  await env.client.of(namespaces).delete('shop', {}, never);
  // 5 ms, 10 ms … 60 s apart; each time every resource is asked once.
  for (const writes of [await env.during(HOUR_MS), await env.during(HOUR_MS)]) {
    for (const [what, count] of Object.entries(writes)) assert.ok(count <= 75, `${what}: ${count}`);
  }
});
