/** Autoscaling by an adapter that speaks the custom and external metrics APIs over HTTP, with the lists these document. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import type { Fresh } from '#client/client.ts';
import { openHttpTransport } from '#client/http-transport.ts';
import { deploymentController } from '#controllers/deployment/controller.ts';
import { listBuiltinResources } from '#controllers/discovery/served-resources.ts';
import { horizontalPodAutoscalerController } from '#controllers/horizontal-pod-autoscaler/controller.ts';
import { replicaSetController } from '#controllers/replicaset/controller.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { horizontalPodAutoscalers } from '#kinds/autoscaling/horizontal-pod-autoscaler/kind.ts';
import type { HorizontalPodAutoscalerSpec } from '#kinds/autoscaling/horizontal-pod-autoscaler/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { parseLabelSelector } from '#machinery/selectors.ts';
import { formatTime } from '#machinery/time.ts';
import { never, openControlPlane } from './control-plane.ts';

interface Series {
  /** Whose it is: `ingresses.networking.k8s.io/main`, `namespace` or the n-th selected pod (absent: every one); an external metric is nobody's. */
  readonly of?: string;
  readonly metric: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: string;
}

interface Adapter {
  /** What it serves: `custom.metrics.k8s.io/v1beta2`. */
  serves: readonly string[];
  series: readonly Series[];
  /** Pods that are measured, with their labels. */
  pods: () => readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  now: () => number;
  /** Paths with queries that were asked for since the last look. */
  asked: string[];
}

/** What the adapter answers to a path: code and body. */
function answer(adapter: Adapter, url: URL): readonly [number, unknown] {
  const [, , group = '', version = '', , namespace = '', resource = '', name = '', metric = ''] = url.pathname.split('/').map(decodeURIComponent);
  if (!adapter.serves.includes(`${group}/${version}`)) return [404, '404 page not found\n'];
  const timestamp = formatTime(adapter.now());
  const matching = (wanted: string, selector: string | null) => adapter.series.filter((one) => one.metric === wanted && parseLabelSelector(selector ?? '').matches(one.labels ?? {}));
  if (group === 'external.metrics.k8s.io') {
    const items = matching(resource, url.searchParams.get('labelSelector')).map(({ labels, value }) => ({ metricName: resource, metricLabels: labels ?? {}, timestamp, value }));
    return [200, { kind: 'ExternalMetricValueList', apiVersion: `${group}/${version}`, metadata: {}, items: items.length > 0 ? items : null }];
  }
  const selected = parseLabelSelector(url.searchParams.get('labelSelector') ?? '');
  const measured = name === '*' ? adapter.pods().filter(({ labels }) => selected.matches(labels)) : [];
  const wanted = resource === 'metrics' ? { of: 'namespace', metric: name } : { of: name === '*' ? undefined : `${resource}/${name}`, metric };
  const found = matching(wanted.metric, url.searchParams.get('metricLabelSelector')).flatMap((one) => {
    if (wanted.of !== undefined) return one.of === wanted.of ? [{ kind: 'Any', name: wanted.of.split('/')[1] ?? namespace, value: one.value }] : [];
    return measured.filter((_, i) => one.of === undefined || one.of === String(i)).map((pod) => ({ kind: 'Pod', name: pod.name, value: one.value }));
  });
  if (found.length === 0) {
    const message = `the server could not find the metric ${wanted.metric} for ${resource} ${name}`.trimEnd();
    return [404, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: 'NotFound', code: 404 }];
  }
  const items = found.map(({ kind, value, ...named }) => {
    const describedObject = { kind, namespace, name: named.name, apiVersion: '/v1' };
    return version === 'v1beta1' ? { describedObject, metricName: wanted.metric, timestamp, window: 60, value, selector: null } : { describedObject, metric: { name: wanted.metric, selector: null }, timestamp, windowSeconds: 60, value };
  });
  return [200, { kind: 'MetricValueList', apiVersion: `${group}/${version}`, metadata: {}, items }];
}

const ALL = ['custom.metrics.k8s.io/v1beta2', 'external.metrics.k8s.io/v1beta1'];

/** A Deployment of two pods, an autoscaler of it by these metrics, and the adapter behind the API server. */
async function open(metrics: NonNullable<Fresh<HorizontalPodAutoscalerSpec>['metrics']>, series: readonly Series[], serves: readonly string[] = ALL) {
  const adapter: Adapter = { serves, series, asked: [], now: () => 0, pods: () => [] };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://adapter');
    adapter.asked.push(decodeURIComponent(url.pathname + url.search));
    const [code, body] = answer(adapter, url);
    response.writeHead(code, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const transport = openHttpTransport({ server: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), userAgent: 'test', clock: systemClock });
  after(async () => {
    await transport[Symbol.asyncDispose]();
    server.close();
  });
  const pending = new Set<Promise<unknown>>();
  const env = await openControlPlane([deploymentController, replicaSetController, horizontalPodAutoscalerController({ listServed: listBuiltinResources })], {
    answer(request) {
      if (!/^\/apis\/(custom|external)\.metrics\.k8s\.io\//.test(request.path)) return undefined;
      const answered = transport.request(request, never);
      pending.add(answered);
      return answered.finally(() => pending.delete(answered));
    },
  });
  adapter.now = () => env.clock.now();
  adapter.pods = () => env.informers.of(pods).lister.list('default').map(({ metadata }) => ({ name: metadata.name ?? '', labels: metadata.labels ?? {} })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const template = (app: string) => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  for (const name of ['web', 'other']) await env.client.of(deployments).namespace('default').create({ metadata: { name }, spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: template(name) } }, {}, never);
  await env.clock.advance(600_000);
  const api = env.client.of(horizontalPodAutoscalers).namespace('default');
  await api.create({ metadata: { name: 'web' }, spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 10, metrics } }, {}, never);
  /** Lets time pass, and the network, which simulated time knows nothing of. */
  const pass = async (ms: number): Promise<void> => {
    await env.clock.advance(ms);
    while (pending.size > 0) {
      await Promise.allSettled(pending);
      await env.clock.settle();
    }
  };
  await pass(0);
  return {
    adapter,
    pass,
    asked: () => adapter.asked.splice(0),
    replicas: async () => (await env.client.of(deployments).namespace('default').get('web', never)).spec.replicas,
    current: async () => (await api.get('web', never)).status.currentMetrics?.map(({ pods: ofPods, object, external }) => (ofPods ?? object ?? external)?.current),
    active: async () => {
      const one = (await api.get('web', never)).status.conditions?.find(({ type }) => type === 'ScalingActive');
      return `${one?.status} ${one?.reason}: ${one?.message}`;
    },
  };
}

const podsMetric = (name: string, averageValue: string, matchLabels?: Record<string, string>) => ({
  type: 'Pods' as const,
  pods: { metric: { name, ...(matchLabels ? { selector: { matchLabels } } : {}) }, target: { type: 'AverageValue' as const, averageValue } },
});
const objectMetric = (kind: string, apiVersion: string, value: string) => ({
  type: 'Object' as const,
  object: { metric: { name: 'requests', selector: { matchLabels: { verb: 'GET' } } }, describedObject: { kind, apiVersion, name: 'main' }, target: { type: 'Value' as const, value } },
});
const externalMetric = (target: { type: 'Value' | 'AverageValue'; value?: string; averageValue?: string }) => ({
  type: 'External' as const,
  external: { metric: { name: 'queue', selector: { matchLabels: { queue: 'worker' }, matchExpressions: [{ key: 'env', operator: 'NotIn' as const, values: ['test'] }] } }, target },
});

test('every source asks its path with its selectors; averages and sums are of what matches', async () => {
  const series: readonly Series[] = [
    { metric: 'packets', of: '0', labels: { verb: 'GET' }, value: '1' },
    { metric: 'packets', of: '1', labels: { verb: 'GET' }, value: '1500m' },
    { metric: 'packets', labels: { verb: 'POST' }, value: '1M' },
    { metric: 'requests', of: 'ingresses.networking.k8s.io/main', labels: { verb: 'GET' }, value: '2k' },
    { metric: 'requests', of: 'ingresses.networking.k8s.io/main', labels: { verb: 'POST' }, value: '9k' },
    { metric: 'requests', of: 'namespace', labels: { verb: 'GET' }, value: '4k' },
    { metric: 'queue', labels: { queue: 'worker', part: '1' }, value: '50' },
    { metric: 'queue', labels: { queue: 'worker', part: '2' }, value: '40500m' },
    { metric: 'queue', labels: { queue: 'worker', env: 'test' }, value: '1k' },
    { metric: 'queue', labels: { queue: 'mail' }, value: '1k' },
  ];
  const env = await open(
    [
      podsMetric('packets', '1', { verb: 'GET' }),
      objectMetric('Ingress', 'networking.k8s.io/v1', '2k'),
      objectMetric('Namespace', 'v1', '4k'),
      externalMetric({ type: 'AverageValue', averageValue: '30' }),
      externalMetric({ type: 'Value', value: '90' }),
    ],
    series,
  );
  const root = '/apis/custom.metrics.k8s.io/v1beta2/namespaces/default';
  const external = '/apis/external.metrics.k8s.io/v1beta1/namespaces/default/queue?labelSelector=env+notin+(test),queue=worker';
  assert.deepEqual(env.asked(), [
    `${root}/pods/*/packets?labelSelector=app=web&metricLabelSelector=verb=GET`,
    `${root}/ingresses.networking.k8s.io/main/requests?metricLabelSelector=verb=GET`,
    `${root}/metrics/requests?metricLabelSelector=verb=GET`, // of the autoscaler's namespace, whatever is named
    external,
    external,
  ]);
  assert.deepEqual(await env.current(), [{ averageValue: '1250m' }, { value: '2k' }, { value: '4k' }, { averageValue: '45250m' }, { value: '90500m' }]);
  assert.equal(await env.replicas(), 4); // 90.5 / 30
  assert.equal(await env.active(), 'True ValidMetricFound: the HPA was able to successfully calculate a replica count from external metric queue(&LabelSelector{MatchLabels:map[string]string{queue: worker,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:env,Operator:NotIn,Values:[test],},},})');
});

test('pods without the metric count as idle when it grows and as on target when it shrinks', async () => {
  const env = await open([podsMetric('packets', '1')], [{ metric: 'packets', of: '0', value: '3' }]);
  assert.equal(await env.replicas(), 3);
  assert.deepEqual(await env.current(), [{ averageValue: '3' }]);
  env.adapter.series = [{ metric: 'packets', of: '0', value: '100m' }];
  await env.pass(600_000);
  assert.equal(await env.replicas(), 3);
  assert.deepEqual(await env.current(), [{ averageValue: '100m' }]);
});

test('an adapter of the older version is found, and then asked at once', async () => {
  const env = await open([podsMetric('packets', '1')], [{ metric: 'packets', value: '1500m' }], ['custom.metrics.k8s.io/v1beta1']);
  const paths = ['v1beta2', 'v1beta1'].map((version) => `/apis/custom.metrics.k8s.io/${version}/namespaces/default/pods/*/packets?labelSelector=app=web`);
  assert.deepEqual(env.asked(), paths);
  assert.equal(await env.replicas(), 3);
  await env.pass(15_000);
  assert.deepEqual(env.asked(), paths.slice(1));
});

test('what is missing is told: a metric, a value, one of many, the API itself', async () => {
  const env = await open([podsMetric('packets', '1')], []);
  const failed = (source: string, text: string) => `False FailedGet${source}Metric: the HPA was unable to compute the replica count: ${text}`;
  const custom = 'unable to fetch metrics from custom metrics API';
  assert.equal(await env.active(), failed('Pods', `unable to get metric packets: ${custom}: the server could not find the metric packets for pods *`));
  assert.equal(await env.replicas(), 2);
  env.adapter.serves = [];
  await env.pass(15_000);
  assert.equal(await env.active(), failed('Pods', `unable to get metric packets: ${custom}: no custom metrics API (custom.metrics.k8s.io) registered`));

  const main = { metric: 'requests', of: 'ingresses.networking.k8s.io/main', labels: { verb: 'GET' }, value: '1' };
  const object = await open([objectMetric('Ingress', 'networking.k8s.io/v1', '1')], [main, { ...main, labels: { verb: 'GET', code: '500' } }]);
  assert.equal(await object.active(), failed('Object', `unable to get metric requests: Ingress on default main/${custom}: the custom metrics API server returned 2 results when we asked for exactly one`));

  const external = await open([externalMetric({ type: 'Value', value: '1' })], [{ metric: 'queue', labels: { queue: 'mail' }, value: '1' }]);
  const prefix =
    'failed to get external metric queue: unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{queue: worker,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:env,Operator:NotIn,Values:[test],},},}: ';
  assert.equal(await external.active(), failed('External', `${prefix}no metrics returned from external metrics API`));
  external.adapter.serves = [];
  await external.pass(15_000);
  assert.equal(await external.active(), failed('External', `${prefix}unable to fetch metrics from external metrics API: the server could not find the requested resource (get queue.external.metrics.k8s.io)`));
});
