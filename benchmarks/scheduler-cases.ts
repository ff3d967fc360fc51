/**
 * The cases of upstream's scheduler benchmarks as data: nodes, pods that are there before, pods that are measured.
 *
 * Source: kubernetes test/integration/scheduler_perf: names, counts and shapes.
 */
import type { Fresh } from '#client/client.ts';
import { priorityClasses } from '#kinds/scheduling/priority-class/kind.ts';
import type { Affinity } from '#kinds/core/pod/affinity.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { csiNodes } from '#kinds/storage/csi-node/kind.ts';
import { type BenchmarkCluster, inParallel, never, type NodeShape } from './scheduler-cluster.ts';

/** One case. */
export interface SchedulerCase {
  readonly name: string;
  /** Pods per second, at least; absent: no goal was set. */
  readonly least?: number;
  readonly nodes: number;
  readonly node?: (index: number) => NodeShape;
  /** Brings the cluster into the state before the measurement; answers how many of its pods get a node. */
  readonly before?: (cluster: BenchmarkCluster) => Promise<number>;
  readonly measured: number;
  readonly namespace?: string;
  readonly pod: (index: number) => Fresh<Pod>;
  /** Runs beside the measurement until it ends. */
  readonly beside?: (cluster: BenchmarkCluster, signal: AbortSignal) => Promise<void>;
}

const ZONE = 'topology.kubernetes.io/zone';
const HOSTNAME = 'kubernetes.io/hostname';

interface PodShape {
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Fresh<Pod['spec']>;
  readonly requests?: Readonly<Record<string, string>>;
}

const SMALL = { cpu: '100m', memory: '500Mi' };

function pod(prefix: string, { labels = {}, spec = {}, requests = SMALL }: PodShape = {}): Fresh<Pod> {
  return {
    metadata: { generateName: prefix, labels },
    spec: { containers: [{ name: 'pause', image: 'registry.k8s.io/pause:3.10.1', ports: [{ containerPort: 80 }], resources: { requests, limits: requests } }], ...spec },
  };
}

const plain = (): Fresh<Pod> => pod('pod-');

type Side = 'podAffinity' | 'podAntiAffinity';

/** A pod that wants to be with, or away from, pods of its colour. */
function related(color: string, side: Side, term: { readonly topologyKey: string; readonly required: boolean; readonly namespaceTeam?: string }): Fresh<Pod> {
  const where = term.namespaceTeam ? { namespaceSelector: { matchLabels: { team: term.namespaceTeam } } } : { namespaces: ['sched-1', 'sched-0'] };
  const one = { labelSelector: { matchLabels: { color } }, topologyKey: term.topologyKey, ...where };
  const terms = term.required ? { requiredDuringSchedulingIgnoredDuringExecution: [one] } : { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: one }] };
  return pod(`${side.toLowerCase()}-`, { labels: { color }, spec: { affinity: { [side]: terms } as Fresh<Affinity> } });
}

function spreading(whenUnsatisfiable: 'DoNotSchedule' | 'ScheduleAnyway'): Fresh<Pod> {
  const constraint = { maxSkew: 5, topologyKey: ZONE, whenUnsatisfiable, labelSelector: { matchLabels: { color: 'blue' } } };
  return pod('spreading-pod-', { labels: { color: 'blue' }, spec: { topologySpreadConstraints: [constraint] } });
}

const moons = (index: number): NodeShape => ({ labels: { [ZONE]: `moon-${(index % 3) + 1}` } });
const oneZone = (): NodeShape => ({ labels: { [ZONE]: 'zone1' } });

const withPods =
  (count: number, shape: (index: number) => Fresh<Pod>, namespace = 'default') =>
  async (cluster: BenchmarkCluster): Promise<number> => {
    await cluster.addPods(count, namespace, shape);
    return count;
  };

const twoNamespaces =
  (count: number, shape: () => Fresh<Pod>) =>
  async (cluster: BenchmarkCluster): Promise<number> => {
    await cluster.addNamespaces(['sched-0', 'sched-1']);
    await cluster.addPods(count, 'sched-0', shape);
    return count;
  };

const manyNamespaces =
  (shape: () => Fresh<Pod>) =>
  async (cluster: BenchmarkCluster): Promise<number> => {
    const names = Array.from({ length: 100 }, (_, i) => `init-ns-${i}`);
    await cluster.addNamespaces([...names, 'measure-ns-0'], { team: 'devops' });
    for (const name of names) await cluster.addPods(40, name, shape);
    return 4_000;
  };

async function addPriorities({ client }: BenchmarkCluster): Promise<void> {
  for (const [name, value] of [['low', 0], ['high', 10]] as const) await client.of(priorityClasses).create({ metadata: { name }, value, globalDefault: false }, {}, never);
}

const requiredAnti = (): Fresh<Pod> => related('green', 'podAntiAffinity', { topologyKey: HOSTNAME, required: true });
const requiredAffinity = (): Fresh<Pod> => related('blue', 'podAffinity', { topologyKey: ZONE, required: true });
const preferredAffinity = (): Fresh<Pod> => related('red', 'podAffinity', { topologyKey: HOSTNAME, required: false });
const preferredAnti = (): Fresh<Pod> => related('yellow', 'podAntiAffinity', { topologyKey: HOSTNAME, required: false });
const inTeam = (side: Side, required: boolean, topologyKey = HOSTNAME): Fresh<Pod> => related('green', side, { topologyKey, required, namespaceTeam: 'devops' });

const hugePod = (): Fresh<Pod> => pod('large-', { requests: { cpu: '9', memory: '500Mi' } });

/** Creates a node, a pod that fits nowhere and goes again, a service: once a second. */
async function churn(cluster: BenchmarkCluster, signal: AbortSignal): Promise<void> {
  const { systemClock } = await import('#base/clock.ts');
  const { services } = await import('#kinds/core/service/kind.ts');
  const { pods } = await import('#kinds/core/pod/kind.ts');
  const { nodes } = await import('#kinds/core/node/kind.ts');
  const inDefault = cluster.client.of(pods).namespace('default');
  while (!signal.aborted) {
    const created = await inDefault.create(pod('churn-', { requests: { cpu: '9', memory: '500Mi' }, spec: { priorityClassName: 'high' } }), {}, never);
    await cluster.client.of(services).namespace('default').create({ metadata: { name: 'churn' }, spec: { selector: { app: 'foo' }, ports: [{ protocol: 'TCP', port: 8080, targetPort: 8080 }] } }, {}, never);
    await cluster.client.of(nodes).create({ metadata: { name: 'churn' }, spec: {}, status: { capacity: { cpu: '0', memory: '0', pods: '0' } } }, {}, never);
    await systemClock.sleep(1_000);
    await inDefault.delete(created.metadata.name!, { gracePeriodSeconds: 0 }, never);
    await cluster.client.of(services).namespace('default').delete('churn', {}, never);
    await cluster.client.of(nodes).delete('churn', {}, never);
  }
}

const DRIVER = 'ebs.csi.aws.com';

/** Bound volumes with their claims, and nodes on which the driver takes 39 of them. */
async function addVolumes({ client }: BenchmarkCluster, nodeCount: number, count: number): Promise<void> {
  await inParallel(nodeCount, (index) => {
    const name = `node-${String(index).padStart(5, '0')}`;
    return client.of(csiNodes).create({ metadata: { name }, spec: { drivers: [{ name: DRIVER, nodeID: name, allocatable: { count: 39 } }] } }, {}, never);
  });
  await inParallel(count, async (index) => {
    const spec = { accessModes: ['ReadOnlyMany' as const], volumeName: `pv-${index}`, resources: { requests: { storage: '1Gi' } }, storageClassName: '' };
    const claim = await client.of(persistentVolumeClaims).namespace('default').create({ metadata: { name: `claim-${index}`, annotations: { 'pv.kubernetes.io/bind-completed': 'true' } }, spec }, {}, never);
    await client.of(persistentVolumeClaims).namespace('default').updateStatus({ ...claim, status: { phase: 'Bound' } }, {}, never);
    await client.of(persistentVolumes).create(
      {
        metadata: { name: `pv-${index}` },
        spec: {
          accessModes: ['ReadOnlyMany'],
          capacity: { storage: '1Gi' },
          csi: { driver: DRIVER, volumeHandle: `vol-${index}` },
          persistentVolumeReclaimPolicy: 'Retain',
          claimRef: { kind: 'PersistentVolumeClaim', namespace: 'default', name: `claim-${index}`, uid: claim.metadata.uid! },
        },
      },
      {},
      never,
    );
  });
}

const withVolume = (index: number): Fresh<Pod> => pod('csi-', { spec: { volumes: [{ name: 'vol', persistentVolumeClaim: { claimName: `claim-${index}` } }] } });

/** All cases, in the order in which they are printed. */
export const SCHEDULER_CASES: readonly SchedulerCase[] = [
  { name: 'SchedulingBasic/5000Nodes_10000Pods', least: 1_500, nodes: 5_000, before: withPods(1_000, plain), measured: 10_000, pod: plain },
  { name: 'SchedulingBasic/1000Nodes_10000Pods', least: 2_000, nodes: 1_000, measured: 10_000, pod: plain },
  {
    name: 'SchedulingDaemonset/5000Nodes',
    nodes: 5_000,
    measured: 5_000,
    pod: (index) => {
      const name = `node-${String(index).padStart(5, '0')}`;
      const terms = [{ matchFields: [{ key: 'metadata.name', operator: 'In' as const, values: [name] }] }];
      return pod('daemonset-', { spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } } });
    },
  },
  {
    name: 'SchedulingSecrets/5000Nodes_10000Pods',
    nodes: 5_000,
    before: withPods(5_000, () => pod('secret-', { spec: { volumes: [{ name: 'secret', secret: { secretName: 'secret' } }] } })),
    measured: 10_000,
    pod: () => pod('secret-', { spec: { volumes: [{ name: 'secret', secret: { secretName: 'secret' } }] } }),
  },
  {
    name: 'SchedulingNodeAffinity/5000Nodes_10000Pods',
    nodes: 5_000,
    node: oneZone,
    before: withPods(5_000, () => nodeAffine()),
    measured: 10_000,
    pod: () => nodeAffine(),
  },
  { name: 'TopologySpreading/5000Nodes_5000Pods', least: 800, nodes: 5_000, node: moons, before: withPods(5_000, plain), measured: 5_000, pod: () => spreading('DoNotSchedule') },
  { name: 'PreferredTopologySpreading/5000Nodes_5000Pods', least: 800, nodes: 5_000, node: moons, before: withPods(5_000, plain), measured: 5_000, pod: () => spreading('ScheduleAnyway') },
  { name: 'SchedulingPodAntiAffinity/5000Nodes_2000Pods', least: 300, nodes: 5_000, before: twoNamespaces(1_000, requiredAnti), measured: 2_000, namespace: 'sched-1', pod: requiredAnti },
  {
    name: 'SchedulingPodMatchingAntiAffinity/5000Nodes_5000Pods',
    least: 300,
    nodes: 5_000,
    before: twoNamespaces(1_000, requiredAnti),
    measured: 5_000,
    namespace: 'sched-1',
    pod: () => pod('anti-affinity-label-', { labels: { color: 'green' } }),
  },
  { name: 'SchedulingPodAffinity/5000Nodes_5000Pods', nodes: 5_000, node: oneZone, before: twoNamespaces(5_000, requiredAffinity), measured: 5_000, namespace: 'sched-1', pod: requiredAffinity },
  { name: 'SchedulingPreferredPodAffinity/5000Nodes_5000Pods', nodes: 5_000, before: twoNamespaces(5_000, preferredAffinity), measured: 5_000, namespace: 'sched-1', pod: preferredAffinity },
  { name: 'SchedulingPreferredPodAntiAffinity/5000Nodes_5000Pods', nodes: 5_000, before: twoNamespaces(5_000, preferredAnti), measured: 5_000, namespace: 'sched-1', pod: preferredAnti },
  {
    name: 'MixedSchedulingBasePod/5000Nodes_5000Pods',
    nodes: 5_000,
    node: oneZone,
    async before(cluster) {
      await cluster.addNamespaces(['sched-0']);
      for (const shape of [plain, requiredAffinity, requiredAnti, preferredAffinity, preferredAnti]) await cluster.addPods(2_000, 'sched-0', shape);
      return 10_000;
    },
    measured: 5_000,
    pod: plain,
  },
  {
    name: 'SchedulingRequiredPodAntiAffinityWithNSSelector/6000Nodes_2000Pods',
    least: 300,
    nodes: 6_000,
    before: manyNamespaces(() => inTeam('podAntiAffinity', true)),
    measured: 2_000,
    namespace: 'measure-ns-0',
    pod: () => inTeam('podAntiAffinity', true),
  },
  {
    name: 'SchedulingPreferredAntiAffinityWithNSSelector/5000Nodes_2000Pods',
    nodes: 5_000,
    before: manyNamespaces(() => inTeam('podAntiAffinity', false)),
    measured: 2_000,
    namespace: 'measure-ns-0',
    pod: () => inTeam('podAntiAffinity', false),
  },
  {
    name: 'SchedulingRequiredPodAffinityWithNSSelector/5000Nodes_2000Pods',
    nodes: 5_000,
    node: oneZone,
    before: manyNamespaces(() => inTeam('podAffinity', true, ZONE)),
    measured: 2_000,
    namespace: 'measure-ns-0',
    pod: () => inTeam('podAffinity', true, ZONE),
  },
  {
    name: 'SchedulingPreferredAffinityWithNSSelector/5000Nodes_5000Pods',
    nodes: 5_000,
    before: manyNamespaces(() => inTeam('podAffinity', false)),
    measured: 5_000,
    namespace: 'measure-ns-0',
    pod: () => inTeam('podAffinity', false),
  },
  {
    name: 'SchedulingWithNodeInclusionPolicy/5000Nodes_5000Pods',
    nodes: 5_000,
    node: (index) => ({ labels: { [ZONE]: `zone-${index % 3}`, foo: index % 2 ? 'bar' : 'other' } }),
    measured: 5_000,
    pod: () => {
      const constraint = { maxSkew: 1, topologyKey: HOSTNAME, whenUnsatisfiable: 'DoNotSchedule' as const, labelSelector: { matchLabels: { foo: '' } }, nodeAffinityPolicy: 'Honor' as const, nodeTaintsPolicy: 'Honor' as const };
      const terms = [{ matchExpressions: [{ key: 'foo', operator: 'In' as const, values: ['bar'] }] }];
      return pod('inclusion-', { labels: { foo: '' }, spec: { topologySpreadConstraints: [constraint], affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } } });
    },
  },
  {
    name: 'Unschedulable/5000Nodes_200InitPods_10000Pods',
    nodes: 5_000,
    async before(cluster) {
      await cluster.addPods(200, 'default', hugePod);
      return 0;
    },
    measured: 10_000,
    pod: plain,
  },
  {
    name: 'SchedulingWithMixedChurn/5000Nodes_10000Pods',
    nodes: 5_000,
    async before(cluster) {
      await addPriorities(cluster);
      return 0;
    },
    measured: 10_000,
    pod: plain,
    beside: churn,
  },
  {
    name: 'SchedulingCSIPVs/5000Nodes_5000Pods',
    nodes: 5_000,
    async before(cluster) {
      await addVolumes(cluster, 5_000, 6_000);
      await cluster.addPods(1_000, 'default', (index) => withVolume(index));
      return 1_000;
    },
    measured: 5_000,
    pod: (index) => withVolume(1_000 + index),
  },
  {
    name: 'PreemptionBasic/500Nodes',
    nodes: 500,
    async before(cluster) {
      await addPriorities(cluster);
      await cluster.addPods(2_000, 'default', () => pod('low-', { requests: { cpu: '900m', memory: '500Mi' }, spec: { terminationGracePeriodSeconds: 0, priorityClassName: 'low' } }));
      return 2_000;
    },
    measured: 500,
    pod: () => pod('high-', { requests: { cpu: '3000m', memory: '500Mi' }, spec: { terminationGracePeriodSeconds: 0, priorityClassName: 'high' } }),
  },
  {
    name: 'PreemptionAsync/5000Nodes',
    nodes: 5_000,
    async before(cluster) {
      await addPriorities(cluster);
      await cluster.addPods(20_000, 'default', () => pod('low-', { requests: { cpu: '900m', memory: '500Mi' }, spec: { terminationGracePeriodSeconds: 0, priorityClassName: 'low' } }));
      return 20_000;
    },
    measured: 5_000,
    pod: () => pod('high-', { requests: { cpu: '3000m', memory: '500Mi' }, spec: { terminationGracePeriodSeconds: 0, priorityClassName: 'high' } }),
  },
  {
    name: 'SchedulingWhileGated/1Node_10000GatedPods',
    nodes: 1,
    node: () => ({ allocatable: { cpu: '4000', memory: '32000Gi', pods: '50000' } }),
    async before(cluster) {
      await cluster.addPods(10_000, 'default', () => pod('gated-', { spec: { schedulingGates: [{ name: 'foo' }] } }));
      return 0;
    },
    measured: 10_000,
    pod: plain,
  },
];

function nodeAffine(): Fresh<Pod> {
  const terms = [{ matchExpressions: [{ key: ZONE, operator: 'In' as const, values: ['zone1', 'zone2'] }] }];
  return pod('node-affinity-', { spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } } });
}
