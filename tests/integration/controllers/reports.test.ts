/**
 * What controllers tell of themselves: events in upstream's words, metrics under upstream's names.
 *
 * Source: kube-controller-manager, the recorders and `metrics` packages of each controller; `stable-metrics-list.yaml`.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '#base/metrics.ts';
import { listBuiltinResources } from '#controllers/discovery/served-resources.ts';
import { disruptionController } from '#controllers/disruption/controller.ts';
import { jobController } from '#controllers/job/controller.ts';
import { statefulSetController } from '#controllers/statefulset/controller.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { StatusError } from '#machinery/status.ts';
import { never, openControlPlane } from './control-plane.ts';

const labels = { app: 'x' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } };
const claim = (name: string) => ({ metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }) as const;
const claims = [claim('data'), claim('log')];

test('a budget in percent tells that it cannot count pods without a controller', async () => {
  const env = await openControlPlane([disruptionController({ listServed: listBuiltinResources })]);
  await env.client.of(pods).namespace('default').create({ metadata: { name: 'alone', labels }, spec: template.spec }, {}, never);
  const matchExpressions = [{ key: 'tier', operator: 'NotIn', values: ['a', 'b'] }];
  for (const [name, spec] of [['percent', { maxUnavailable: '50%' }], ['number', { minAvailable: 1 }]] as const)
    await env.client.of(podDisruptionBudgets).namespace('default').create({ metadata: { name }, spec: { selector: { matchLabels: labels, matchExpressions }, ...spec } }, {}, never);
  assert.deepEqual(
    [...new Set((await env.events('PodDisruptionBudget')).filter((text) => text.startsWith('UnmanagedPods')))],
    [
      'UnmanagedPods: Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: x,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:tier,Operator:NotIn,Values:[a b],},},}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
    ],
  );
});

test('a set whose claims cannot be made tells of each of them and of the pod', async () => {
  let refuses = true;
  const refuse = new StatusError({ code: 403, reason: 'Forbidden', message: 'no room' });
  const env = await openControlPlane([statefulSetController], {
    answer({ method, path, body }) {
      if (refuses && method === 'POST' && path.includes('persistentvolumeclaims') && (body as { metadata: { name: string } }).metadata.name.startsWith('data')) throw refuse;
      return undefined;
    },
  });
  const api = env.client.of(statefulSets).namespace('default');
  await api.create({ metadata: { name: 'db' }, spec: { serviceName: 'db', replicas: 1, selector: { matchLabels: labels }, template, volumeClaimTemplates: claims } }, {}, never);
  assert.deepEqual([...new Set(await env.events('StatefulSet'))], [
    'FailedCreate: create Claim data-db-0 for Pod db-0 in StatefulSet db failed error: no room',
    'SuccessfulCreate: create Claim log-db-0 Pod db-0 in StatefulSet db success',
    'FailedCreate: create Pod db-0 in StatefulSet db failed error: failed to create PVC data-db-0: no room',
  ]);
  assert.deepEqual(await env.list(pods), []);
  refuses = false;
  await env.clock.advance(60_000);
  assert.equal((await env.list(pods)).length, 1);
});

test('a set waits for a claim that is going away, and says so; a pod that lost its labels gets them back', async () => {
  const env = await openControlPlane([statefulSetController]);
  const claimApi = env.client.of(persistentVolumeClaims).namespace('default');
  await claimApi.create({ metadata: { name: 'data-db-0', finalizers: ['example.com/used'] }, spec: claims[0]!.spec }, {}, never);
  await claimApi.delete('data-db-0', {}, never);
  await env.client.of(statefulSets).namespace('default').create({ metadata: { name: 'db' }, spec: { serviceName: 'db', replicas: 1, selector: { matchLabels: labels }, template, volumeClaimTemplates: claims.slice(0, 1) } }, {}, never);
  assert.ok((await env.events('StatefulSet')).includes('FailedCreate: create Pod db-0 in StatefulSet db failed error: pvc data-db-0 is being deleted'));
  assert.deepEqual(await env.list(pods), []);
  await claimApi.patch('data-db-0', { type: 'merge', body: { metadata: { finalizers: null } } }, {}, never);
  await env.clock.advance(120_000);
  assert.equal((await env.list(pods)).length, 1);
  await env.client.of(pods).namespace('default').patch('db-0', { type: 'merge', body: { metadata: { labels: { 'statefulset.kubernetes.io/pod-name': null } } } }, {}, never);
  assert.ok((await env.events('StatefulSet')).includes('SuccessfulUpdate: update Pod db-0 in StatefulSet db successful'));
  assert.equal((await env.list(pods))[0]?.metadata.labels?.['statefulset.kubernetes.io/pod-name'], 'db-0');
});

test('jobs and stateful sets are counted', async () => {
  const metrics = createMetrics();
  const env = await openControlPlane([jobController, statefulSetController], { metrics, fate: (pod) => ({ phase: pod.metadata.name?.startsWith('j-') ? 'Succeeded' : 'Running' }) });
  await env.client.of(jobs).namespace('default').create({ metadata: { name: 'j' }, spec: { completions: 2, parallelism: 2, template: { spec: { ...template.spec, restartPolicy: 'Never' } } } }, {}, never);
  await env.client.of(statefulSets).namespace('default').create({ metadata: { name: 'db' }, spec: { serviceName: 'db', replicas: 3, selector: { matchLabels: labels }, template } }, {}, never);
  await env.clock.advance(60_000);
  const text = metrics.text();
  for (const line of [
    'job_controller_jobs_finished_total{completion_mode="NonIndexed",result="succeeded",reason="CompletionsReached"} 1',
    'job_controller_job_pods_finished_total{completion_mode="NonIndexed",result="succeeded"} 2',
    'job_controller_job_pods_creation_total{reason="new",status="succeeded"} 2',
    'job_controller_job_syncs_total{completion_mode="NonIndexed",result="success",action="pods_created"} 1',
    'job_controller_job_sync_duration_seconds_count{completion_mode="NonIndexed",result="success",action="pods_created"} 1',
    'statefulset_controller_statefulset_max_unavailable{statefulset_namespace="default",statefulset_name="db",pod_management_policy="OrderedReady"} 1',
    'statefulset_controller_statefulset_unavailable_replicas{statefulset_namespace="default",statefulset_name="db",pod_management_policy="OrderedReady"} 3',
  ]) assert.ok(text.includes(`${line}\n`), `${line}\nin\n${text}`);
});
