import assert from 'node:assert/strict';
import test from 'node:test';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { deployments } from './apps/deployment/kind.ts';
import { testContext } from './testing/objects.ts';
import { statefulSets } from './apps/stateful-set/kind.ts';
import { cronJobs } from './batch/cron-job/kind.ts';
import { persistentVolumes } from './core/persistent-volume/kind.ts';
import { persistentVolumeClaims } from './core/persistent-volume-claim/kind.ts';
import { pods } from './core/pod/kind.ts';
import { secrets } from './core/secret/kind.ts';
import { services } from './core/service/kind.ts';
import { storageClasses } from './storage/storage-class/kind.ts';

const container = { name: 'c', image: 'i' };
/** What a kind says of an object with these members. */
function warningsOf<T extends KubeObject>(kind: Kind<T>, members: object, stored?: object): readonly string[] {
  return kind.strategy.warnings!({ metadata: { name: 'a' }, ...members } as unknown as T, stored as T | undefined, testContext);
}
const pod = (spec: object, metadata: object = { name: 'a' }): readonly string[] => warningsOf(pods, { metadata, spec: { containers: [container], ...spec } });
const withContainer = (own: object): readonly string[] => pod({ containers: [{ ...container, ...own }] });

const NO_POD = 'a null labelSelector results in matching no pod';
const port = (containerPort: number, more: object = {}): object => ({ containerPort, protocol: 'TCP', ...more });

const cases: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
  'nothing to say': [pod({}), []],
  'a name that is no host name': [
    pod({}, { name: 'a.b' }),
    [
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ],
  ],
  'labels of nodes': [
    pod({
      nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/arch', operator: 'Exists' }] }] },
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [{ key: 'failure-domain.beta.kubernetes.io/zone', operator: 'Exists' }] } }],
        },
      },
      topologySpreadConstraints: [{ topologyKey: 'beta.kubernetes.io/instance-type', labelSelector: {} }],
    }),
    [
      'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
      'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/arch is deprecated since v1.14; use "kubernetes.io/arch" instead',
      'spec.affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0].key: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
      'spec.topologySpreadConstraints[0].topologyKey: beta.kubernetes.io/instance-type is deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    ],
  ],
  'selectors that match nothing': [
    pod({
      topologySpreadConstraints: [{ topologyKey: 'a', labelSelector: {} }, { topologyKey: 'b' }],
      affinity: {
        podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'a' }] },
        podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'a' } }] },
      },
    }),
    [
      `spec.topologySpreadConstraints[1].labelSelector: ${NO_POD}`,
      `spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: ${NO_POD}`,
      `spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: ${NO_POD}`,
    ],
  ],
  'repeated aliases and pull secrets': [
    pod({ hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }], imagePullSecrets: [{ name: 'a' }, { name: 'a' }, { name: '' }] }),
    [
      'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"',
      'spec.imagePullSecrets[1].name: duplicate name "a"',
      'spec.imagePullSecrets[2].name: invalid empty name ""',
    ],
  ],
  'variables that hide others': [
    withContainer({
      env: [
        { name: 'A', value: 'x' },
        { name: 'A', value: '$(A)y' },
        { name: 'A', value: '$(A)' },
        { name: 'A', value: 'z' },
        { name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      ],
    }),
    [2, 3, 4].map((index) => `spec.containers[0].env[${index}]: hides previous definition of "A", which may be dropped when using apply`),
  ],
  'fractions of bytes': [
    withContainer({ resources: { limits: { memory: '100m', cpu: '100m' }, requests: { 'ephemeral-storage': '1500m' } } }),
    [
      'spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer',
      'spec.containers[0].resources.requests[ephemeral-storage]: fractional byte value "1500m" is invalid, must be an integer',
    ],
  ],
  'ports': [
    pod({
      initContainers: [{ ...container, name: 'i', ports: [port(80)] }],
      containers: [{ ...container, ports: [port(80), port(80, { hostPort: 8080 }), port(81, { hostIP: '1.2.3.4' }), port(82, { hostPort: 1 }), port(82, { hostPort: 1, hostIP: '1.2.3.4' }), port(80, { protocol: 'UDP' })] }],
    }),
    [
      'spec.containers[0].ports[0]: duplicate port definition with spec.initContainers[0].ports[0]',
      'spec.containers[0].ports[1]: overlapping port definition with spec.initContainers[0].ports[0]',
      'spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
      'spec.containers[0].ports[2]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:81 Protocol:TCP HostIP:1.2.3.4}',
      'spec.containers[0].ports[4]: dangerously ambiguous port definition with spec.containers[0].ports[3]',
    ],
  ],
  'volumes that are gone, claims and files': [
    pod({
      volumes: [
        { name: 'a', gitRepo: { repository: 'x' } },
        { name: 'b', storageos: {} },
        { name: 'c', ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '200m' } } } } } },
        { name: 'd', configMap: { name: 'm', items: [{ key: 'a', path: 'x' }, { key: 'b', path: 'x/y' }] } },
        { name: 'e', projected: { sources: [{}, { secret: { name: 's', items: [{ key: 'a', path: 'p' }] } }, { serviceAccountToken: { path: 'p' } }] } },
      ],
    }),
    [
      'spec.volumes[0].gitRepo: deprecated in v1.11',
      'spec.volumes[1].storageOS: deprecated in v1.22, non-functional in v1.25+',
      'spec.volumes[2].ephemeral.volumeClaimTemplate.spec.resources.requests[storage]: fractional byte value "200m" is invalid, must be an integer',
      'volume "d" (ConfigMap "m"): overlapping paths: "x/y" with "x"',
      'volume "e" (Projected) has no sources provided',
      'volume "e" (Projected ServiceAccountToken): overlapping paths: "p" with "p"',
    ],
  ],
  'annotations whose place fields have taken': [
    pod(
      { containers: [container, { ...container, name: 'd', securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }] },
      { name: 'a', annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'x', 'container.seccomp.security.alpha.kubernetes.io/d': 'x', 'container.apparmor.security.beta.kubernetes.io/c': 'x' } },
    ),
    [
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
      'metadata.annotations[container.apparmor.security.beta.kubernetes.io/c]: deprecated since v1.30; use the "appArmorProfile" field instead',
    ],
  ],
  'a grace period below zero': [pod({ terminationGracePeriodSeconds: -1 }), ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1']],
  'a template, once': [
    warningsOf(deployments, { metadata: { name: 'a.b', generation: 2 }, spec: { template: { spec: { terminationGracePeriodSeconds: -1, containers: [container] } } } }, { metadata: { generation: 1 } }),
    ['spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
  ],
  'a template that stays': [warningsOf(deployments, { metadata: { name: 'a.b', generation: 1 }, spec: { template: { spec: { terminationGracePeriodSeconds: -1, containers: [] } } } }, { metadata: { generation: 1 } }), []],
  'a schedule with a zone': [
    warningsOf(cronJobs, { spec: { schedule: 'TZ=UTC * * * * *', jobTemplate: { spec: { template: { spec: { containers: [] } } } } } }),
    ['spec.schedule: CRON_TZ or TZ used in schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'],
  ],
  'a stateful set': [
    warningsOf(statefulSets, { spec: { revisionHistoryLimit: -1, template: { spec: { containers: [] } }, volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '1m' } } } }] } }),
    [
      'spec.volumeClaimTemplates[0].Spec.resources.requests[storage]: fractional byte value "1m" is invalid, must be an integer',
      'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
    ],
  ],
  'a headless service': [
    warningsOf(services, { spec: { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'], sessionAffinity: 'ClientIP', externalIPs: ['1.1.1.1'] } }),
    ['spec.externalIPs is ignored for headless services', 'spec.SessionAffinity is ignored for headless services'],
  ],
  'a service written in old ways': [
    warningsOf(services, {
      metadata: { name: 'a', annotations: { 'service.kubernetes.io/topology-aware-hints': 'auto' } },
      spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], sessionAffinity: 'None', trafficDistribution: 'PreferClose', externalName: 'x', externalIPs: ['2001:db8:0:0::1'] },
    }),
    [
      'annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead',
      'spec.externalIPs[0]: IPv6 address "2001:db8:0:0::1" should be in RFC 5952 canonical format ("2001:db8::1")',
      'spec.externalName is ignored when spec.type is not "ExternalName"',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ],
  ],
  'a volume': [
    warningsOf(persistentVolumes, { metadata: { name: 'a', annotations: { 'volume.beta.kubernetes.io/mount-options': 'x' } }, spec: { persistentVolumeReclaimPolicy: 'Recycle', storageos: {} } }),
    [
      'metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead',
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
      'spec.storageOS: deprecated in v1.22, non-functional in v1.25+',
    ],
  ],
  'a claim': [
    warningsOf(persistentVolumeClaims, { metadata: { name: 'a', annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } }, spec: { resources: { requests: { storage: '5m' } } } }),
    [
      'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
      'spec.resources.requests[storage]: fractional byte value "5m" is invalid, must be an integer',
    ],
  ],
  'a class': [
    warningsOf(storageClasses, { allowedTopologies: [{ matchLabelExpressions: [{ key: 'failure-domain.beta.kubernetes.io/region', values: ['a'] }] }] }),
    ['allowedTopologies[0].matchLabelExpressions[0].key: failure-domain.beta.kubernetes.io/region is deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ],
  'a pair that is none': [warningsOf(secrets, { type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==', 'tls.key': 'eA==' } }), ['tls: failed to find any PEM data in certificate input']],
};

for (const [name, [found, expected]] of Object.entries(cases)) test(`warnings: ${name}`, () => assert.deepEqual(found, expected));
