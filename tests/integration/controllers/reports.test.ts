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
import { endpointSliceController } from '#controllers/endpointslice/controller.ts';
import { endpointSliceMirroringController } from '#controllers/endpointslice-mirroring/controller.ts';
import { ephemeralVolumeController } from '#controllers/ephemeral-volume/controller.ts';
import { nodeIpamController } from '#controllers/node-ipam/controller.ts';
import { nodeLifecycleController } from '#controllers/node-lifecycle/controller.ts';
import { persistentVolumeBinderController } from '#controllers/persistentvolume-binder/controller.ts';
import { replicaSetController } from '#controllers/replicaset/controller.ts';
import { resourceClaimController } from '#controllers/resourceclaim/controller.ts';
import { rootCaController } from '#controllers/root-ca/controller.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import { endpoints } from '#kinds/core/endpoints/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { resourceClaimTemplates } from '#kinds/resource/resource-claim-template/kind.ts';
import { storageClasses } from '#kinds/storage/storage-class/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { jobController } from '#controllers/job/controller.ts';
import { statefulSetController } from '#controllers/statefulset/controller.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import { jobs } from '#kinds/batch/job/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { StatusError } from '#machinery/status.ts';
import { never, openControlPlane } from './control-plane.ts';

/** The lines of the same metric. */
const metricsLike = (text: string, line: string): string => text.split('\n').filter((one) => one.startsWith(line.split(/[{ ]/)[0] ?? '')).join('\n');

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
  const own = { spec: { ...template.spec, restartPolicy: 'Never' } } as const;
  await env.client.of(jobs).namespace('default').create({ metadata: { name: 'j-indexed' }, spec: { completions: 3, parallelism: 3, completionMode: 'Indexed', template: own } }, {}, never);
  await env.client.of(jobs).namespace('default').create({ metadata: { name: 'theirs' }, spec: { managedBy: 'example.com/other', template: own } }, {}, never);
  await env.clock.advance(60_000);
  const text = metrics.text();
  for (const line of [
    'job_controller_jobs_finished_total{completion_mode="NonIndexed",result="succeeded",reason="CompletionsReached"} 1',
    'job_controller_job_pods_finished_total{completion_mode="NonIndexed",result="succeeded"} 2',
    'job_controller_job_pods_creation_total{reason="new",status="succeeded"} 5',
    'job_controller_job_syncs_total{completion_mode="NonIndexed",result="success",action="pods_created"} 1',
    'job_controller_job_sync_duration_seconds_count{completion_mode="NonIndexed",result="success",action="pods_created"} 1',
    'job_controller_job_pods_finished_total{completion_mode="Indexed",result="succeeded"} 3',
    'job_controller_job_finished_indexes_total{status="succeeded",backoffLimit="global"} 3',
    'job_controller_jobs_by_external_controller_total{controller_name="example.com/other"} 1',
    'job_controller_terminated_pods_tracking_finalizer_total{event="add"} 5',
    'job_controller_terminated_pods_tracking_finalizer_total{event="delete"} 5',
    '# HELP job_controller_job_syncs_total [STABLE] The number of job syncs',
    '# HELP workqueue_depth [BETA] Current depth of workqueue',
    '# HELP statefulset_controller_statefulset_unavailable_replicas [ALPHA] Current number of unavailable pods in StatefulSet',
    'statefulset_controller_statefulset_max_unavailable{statefulset_namespace="default",statefulset_name="db",pod_management_policy="OrderedReady"} 1',
    'statefulset_controller_statefulset_unavailable_replicas{statefulset_namespace="default",statefulset_name="db",pod_management_policy="OrderedReady"} 3',
  ]) assert.ok(text.includes(`${line}\n`), `${line}\nin\n${metricsLike(text, line)}`);
});

test('what the controllers of nodes, services, volumes and claims do is counted', async () => {
  const metrics = createMetrics();
  let forbids = true;
  const env = await openControlPlane(
    [
      endpointSliceController,
      endpointSliceMirroringController,
      ephemeralVolumeController,
      persistentVolumeBinderController,
      replicaSetController,
      rootCaController('PEM'),
      nodeIpamController({ clusterCidrs: ['10.244.0.0/22'] }),
      nodeLifecycleController(),
      resourceClaimController,
    ],
    {
      metrics,
      answer({ method, path }) {
        if (forbids && method === 'POST' && path.endsWith('/namespaces/kube-system/configmaps')) throw new StatusError({ code: 403, reason: 'Forbidden', message: 'no' });
        return undefined;
      },
    },
  );
  const here = <T extends KubeObject>(kind: Kind<T>) => env.client.of(kind).namespace('default');
  await env.client.of(nodes).create({ metadata: { name: 'node-1' } }, {}, never);
  await env.client.of(storageClasses).create({ metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'example.com/disk' }, {}, never);
  await env.client.of(persistentVolumes).create({ metadata: { name: 'v' }, spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, storageClassName: 'fast', csi: { driver: 'example.com', volumeHandle: 'h' } } }, {}, never);
  await here(persistentVolumeClaims).create({ metadata: { name: 'fits' }, spec: { ...claims[0]!.spec, storageClassName: 'fast' } }, {}, never);
  const scratch = { name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: { ...claims[0]!.spec, storageClassName: 'standard' } } } };
  const device = { metadata: { name: 'gpu' }, spec: { spec: { devices: { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu' } }] } } } };
  await here(resourceClaimTemplates).create(device, {}, never);
  await here(pods).create({ metadata: { name: 'p', labels }, spec: { ...template.spec, nodeName: 'node-1', volumes: [scratch], resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] } }, {}, never);
  await here(services).create({ metadata: { name: 's' }, spec: { selector: labels, ports: [{ port: 80 }], trafficDistribution: 'PreferSameZone' } }, {}, never);
  await here(services).create({ metadata: { name: 'm' }, spec: { ports: [{ port: 80 }] } }, {}, never);
  await here(endpoints).create({ metadata: { name: 'm' }, subsets: [{ addresses: [{ ip: '10.9.9.9' }, { ip: '10.9.9.8' }], ports: [{ port: 80 }] }] }, {}, never);
  await here(replicaSets).create({ metadata: { name: 'r' }, spec: { replicas: 2, selector: { matchLabels: { r: 'r' } }, template: { ...template, metadata: { labels: { r: 'r' } } } } }, {}, never);
  await env.clock.advance(60_000);
  forbids = false;
  await here(replicaSets).patch('r', { type: 'merge', body: { spec: { replicas: 0 } } }, {}, never);
  await env.clock.advance(1_200_000);
  const text = metrics.text();
  for (const line of [
    'endpoint_slice_controller_num_endpoint_slices 1',
    'endpoint_slice_controller_desired_endpoint_slices 1',
    'endpoint_slice_controller_endpoints_desired 1',
    'endpoint_slice_controller_endpoints_added_per_sync_sum 1',
    'endpoint_slice_controller_services_count_by_traffic_distribution{traffic_distribution="PreferSameZone"} 1',
    'endpoint_slice_controller_endpointslices_changed_per_sync_sum{topology="Disabled",traffic_distribution="PreferSameZone"}',
    'endpoint_slice_mirroring_controller_endpoints_desired 2',
    'endpoint_slice_mirroring_controller_changes{operation="create"} 1',
    'endpoint_slice_mirroring_controller_endpoints_added_per_sync_sum 2',
    'endpoint_slice_mirroring_controller_addresses_skipped_per_sync_sum 0',
    'ephemeral_volume_controller_create_total 1',
    'ephemeral_volume_controller_create_failures_total 0',
    'pv_collector_bound_pv_count{storage_class="fast"} 1',
    'pv_collector_bound_pvc_count{namespace="default",storage_class="fast",volume_attributes_class=""} 1',
    'pv_collector_unbound_pvc_count{namespace="default",storage_class="standard",volume_attributes_class=""} 1',
    'pv_collector_total_pv_count{plugin_name="kubernetes.io/csi:example.com",volume_mode="Filesystem"} 1',
    'retroactive_storageclass_total 0',
    'replicaset_controller_sorting_deletion_age_ratio_count 2',
    'root_ca_cert_publisher_sync_total{code="403"}',
    'root_ca_cert_publisher_sync_total{code="200"}',
    'node_ipam_controller_cirdset_max_cidrs{clusterCIDR="10.244.0.0/22"} 4',
    'node_ipam_controller_cidrset_usage_cidrs{clusterCIDR="10.244.0.0/22"} 0.25',
    'node_ipam_controller_cidrset_cidrs_allocations_total{clusterCIDR="10.244.0.0/22"} 1',
    'node_ipam_controller_cidrset_allocation_tries_per_request_sum{clusterCIDR="10.244.0.0/22"} 0',
    'node_collector_update_all_nodes_health_duration_seconds_bucket{le="163.84"}',
    'node_collector_update_node_health_duration_seconds_bucket{le="0.001"}',
    'resourceclaim_controller_creates_total{status="success",admin_access="false"} 1',
    'resourceclaim_controller_resource_claims{allocated="false",admin_access="false",source="resource_claim_template"} 1',
  ]) assert.ok(text.includes(`\n${line}`), `${line}\nin\n${metricsLike(text, line)}`);
});

test('a job counts pods that it adopts', async () => {
  const env = await openControlPlane([jobController], { fate: () => undefined });
  const own = { metadata: { labels }, spec: { ...template.spec, restartPolicy: 'Never' } } as const;
  const api = env.client.of(jobs).namespace('default');
  await env.client.of(pods).namespace('default').create({ metadata: { name: 'alone', labels }, spec: own.spec }, {}, never);
  await api.create({ metadata: { name: 'j' }, spec: { manualSelector: true, selector: { matchLabels: labels }, template: own } }, {}, never);
  await env.clock.settle();
  const [pod] = await env.list(pods);
  assert.deepEqual([pod?.metadata.finalizers, pod?.metadata.ownerReferences?.[0]?.kind], [['batch.kubernetes.io/job-tracking'], 'Job']);
  await env.setPodStatus(pod!, { phase: 'Succeeded' });
  await env.clock.advance(10_000);
  assert.equal((await api.get('j', never)).status.succeeded, 1);
});
