/** Of every listed kind an object, and the cells in which `kubectl get -o wide` shows it five minutes after its creation. */

/** What an object is besides its name and creation, and its cells after the name, joined by ` | `. */
export type ShownAs = readonly [object: object, cells: string];

const containers = [
  { name: 'c', image: 'nginx:1.27' },
  { name: 'd', image: 'busybox' },
];
const labels = { app: 'web' };
const selector = { matchLabels: { app: 'web', 'app.kubernetes.io/name': 'w' }, matchExpressions: [{ key: 'tier', operator: 'In', values: ['b', 'a'] }] };
const template = { metadata: { labels: { app: 'web', 'app.kubernetes.io/name': 'w' } }, spec: { containers, nodeSelector: { disk: 'ssd' } } };
const SELECTED = 'app=web,app.kubernetes.io/name=w,tier in (a,b)';
const at = '2026-01-02T03:04:05Z';
const taint = { key: 'broken', value: 'yes', effect: 'NoExecute', timeAdded: at };
const webhooks = [{}, {}];
const paramRef = { selector: { matchLabels: { b: '2', a: '1' }, matchExpressions: [{ key: 'k', operator: 'In', values: ['x', 'y'] }] } };
const PARAMETERS =
  '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:k,Operator:In,Values:[x y],},},}';
const subjects = [
  { kind: 'User', name: 'ann' },
  { kind: 'User', name: 'bob' },
  { kind: 'Group', name: 'devs' },
  { kind: 'ServiceAccount', name: 'robot', namespace: 'ns' },
];

const core: Readonly<Record<string, ShownAs>> = {
  ComponentStatus: [{ conditions: [{ type: 'Healthy', status: 'False', message: 'm', error: 'e' }] }, 'Unhealthy | m | e'],
  ConfigMap: [{ data: { a: '1' }, binaryData: { b: 'YQ==' } }, '2 | 5m'],
  Endpoints: [
    { subsets: [{ addresses: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }], ports: [{ port: 80 }, { port: 443 }] }, { addresses: [{ ip: '10.0.0.9' }] }] },
    '10.0.0.1:80,[fd00::1]:80,10.0.0.1:443 + 2 more... | 5m',
  ],
  Event: [
    {
      involvedObject: { kind: 'Pod', name: 'p', fieldPath: 'spec.containers{c}' },
      type: 'Warning',
      reason: 'BackOff',
      message: ' sorry\n',
      source: { component: 'kubelet', host: 'n1' },
      firstTimestamp: at,
      lastTimestamp: '2026-01-02T03:08:05Z',
      count: 4,
    },
    '60s | Warning | BackOff | pod/p | spec.containers{c} | kubelet, n1 | sorry | 5m | 4 | it',
  ],
  LimitRange: [{}, at],
  Namespace: [{ status: { phase: 'Active' } }, 'Active | 5m'],
  Node: [
    {
      metadata: { labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'edge' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'Unknown' }],
        addresses: [{ type: 'InternalIP', address: '10.1.0.2' }],
        nodeInfo: { kubeletVersion: 'v1.36.0', osImage: '', kernelVersion: '6.12', architecture: 'amd64', containerRuntimeVersion: 'containerd://2.1' },
      },
    },
    'NotReady,SchedulingDisabled | control-plane,edge | 5m | v1.36.0 | 10.1.0.2 | <none> | <unknown> | 6.12 (amd64) | containerd://2.1',
  ],
  PersistentVolume: [
    {
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteMany', 'ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', claimRef: { namespace: 'ns', name: 'data' }, volumeMode: 'Block' },
      status: { phase: 'Failed', reason: 'why' },
    },
    '1Gi | RWO,RWX | Retain | Failed | ns/data |  | <unset> | why | 5m | Block',
  ],
  PersistentVolumeClaim: [
    {
      metadata: { deletionTimestamp: at },
      spec: { volumeName: 'pv', storageClassName: 'fast', volumeAttributesClassName: 'gold', volumeMode: 'Filesystem' },
      status: { phase: 'Bound', capacity: { storage: '2Gi' }, accessModes: ['ReadWriteOncePod'] },
    },
    'Terminating | pv | 2Gi | RWOP | fast | gold | 5m | Filesystem',
  ],
  Pod: [
    {
      spec: { containers, nodeName: 'n1', readinessGates: [{ conditionType: 'g/a' }, { conditionType: 'g/b' }] },
      status: {
        phase: 'Running',
        podIPs: [{ ip: '10.0.0.7' }, { ip: 'fd00::7' }],
        conditions: [{ type: 'g/a', status: 'True' }],
        containerStatuses: [
          { name: 'c', ready: true, restartCount: 2, state: { running: {} }, lastState: { terminated: { finishedAt: '2026-01-02T03:05:05Z' } } },
          { name: 'd', ready: false, restartCount: 1, state: { terminated: { exitCode: 1, reason: 'Error' } }, lastState: {} },
        ],
      },
    },
    '1/2 | Error | 3 (4m ago) | 5m | 10.0.0.7 | n1 | <none> | 1/2',
  ],
  PodTemplate: [{ template }, 'c,d | nginx:1.27,busybox | app.kubernetes.io/name=w,app=web'],
  ReplicationController: [
    { spec: { replicas: 3, selector: { b: '2', 'b-c': '1' }, template }, status: { replicas: 2, readyReplicas: 1 } },
    '3 | 2 | 1 | 5m | c,d | nginx:1.27,busybox | b-c=1,b=2',
  ],
  ResourceQuota: [
    { status: { hard: { pods: '5', 'limits.cpu': '2', 'requests.cpu': '1' }, used: { pods: '1', 'limits.cpu': '500m' } } },
    'pods: 1/5, requests.cpu: 0/1 | limits.cpu: 500m/2 | 5m',
  ],
  Secret: [{ type: 'Opaque', data: { a: 'YQ==' } }, 'Opaque | 1 | 5m'],
  Service: [
    {
      spec: { type: 'LoadBalancer', clusterIPs: ['10.96.0.9', 'fd00::9'], externalIPs: ['192.0.2.9'], selector: labels, ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }, { port: 53, protocol: 'UDP' }] },
      status: { loadBalancer: { ingress: [{ hostname: 'a-rather-long-name.example.com' }, { ip: '192.0.2.1' }] } },
    },
    'LoadBalancer | 10.96.0.9 | 192.0.2.1,a-rather-long-name.example.com,192.0.2.9 | 80:30080/TCP,53/UDP | 5m | app=web',
  ],
  ServiceAccount: [{ secrets: [{ name: 's' }] }, '1 | 5m'],
};

const workloads: Readonly<Record<string, ShownAs>> = {
  'apps/ControllerRevision': [{ revision: 3, metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'u', controller: true }] } }, 'statefulset.apps/db | 3 | 5m'],
  'apps/DaemonSet': [
    { spec: { selector, template }, status: { desiredNumberScheduled: 5, currentNumberScheduled: 4, numberReady: 3, updatedNumberScheduled: 2, numberAvailable: 1 } },
    `5 | 4 | 3 | 2 | 1 | disk=ssd | 5m | c,d | nginx:1.27,busybox | ${SELECTED}`,
  ],
  'apps/Deployment': [
    { spec: { replicas: 3, selector, template }, status: { readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 } },
    `2/3 | 1 | 2 | 5m | c,d | nginx:1.27,busybox | ${SELECTED}`,
  ],
  'apps/ReplicaSet': [{ spec: { replicas: 0, selector, template }, status: { replicas: 0 } }, `0 | 0 | 0 | 5m | c,d | nginx:1.27,busybox | ${SELECTED}`],
  'apps/StatefulSet': [{ spec: { replicas: 3, template }, status: { readyReplicas: 1 } }, '1/3 | 5m | c,d | nginx:1.27,busybox'],
  'batch/CronJob': [
    { spec: { schedule: '@daily', suspend: true, jobTemplate: { spec: { template } } }, status: { active: [{}], lastScheduleTime: '2026-01-02T03:07:05Z' } },
    '@daily | <none> | True | 1 | 2m | 5m | c,d | nginx:1.27,busybox | <none>',
  ],
  'batch/Job': [
    { spec: { completions: 3, selector, template }, status: { succeeded: 1, startTime: at } },
    `Running | 1/3 | 5m | 5m | c,d | nginx:1.27,busybox | ${SELECTED}`,
  ],
  'autoscaling/HorizontalPodAutoscaler': [
    { spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 4, minReplicas: 1 }, status: { currentReplicas: 2 } },
    'Deployment/web | <none> | 1 | 4 | 2 | 5m',
  ],
  'policy/PodDisruptionBudget': [{ spec: { minAvailable: '50%' }, status: { disruptionsAllowed: 1 } }, '50% | N/A | 1 | 5m'],
  'scheduling.k8s.io/PriorityClass': [{ value: 7, preemptionPolicy: 'Never' }, '7 | false | 5m | Never'],
};

const policies: Readonly<Record<string, ShownAs>> = {
  'admissionregistration.k8s.io/MutatingAdmissionPolicy': [{ spec: { mutations: [{}] } }, '1 | <unset> | 5m'],
  'admissionregistration.k8s.io/MutatingAdmissionPolicyBinding': [{ spec: { policyName: 'p', paramRef: { name: 'x' } } }, 'p | */x | 5m'],
  'admissionregistration.k8s.io/MutatingWebhookConfiguration': [{ webhooks }, '2 | 5m'],
  'admissionregistration.k8s.io/ValidatingAdmissionPolicy': [{ spec: { validations: [{}], paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } } }, '1 | v1/ConfigMap | 5m'],
  'admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding': [{ spec: { policyName: 'p', paramRef } }, `p | ${PARAMETERS} | 5m`],
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration': [{}, '0 | 5m'],
  'rbac.authorization.k8s.io/ClusterRole': [{}, at],
  'rbac.authorization.k8s.io/ClusterRoleBinding': [{ roleRef: { kind: 'ClusterRole', name: 'admin' }, subjects }, 'ClusterRole/admin | 5m | ann, bob | devs | ns/robot'],
  'rbac.authorization.k8s.io/Role': [{}, at],
  'rbac.authorization.k8s.io/RoleBinding': [{ roleRef: { kind: 'Role', name: 'r' } }, 'Role/r | 5m |  |  | '],
  'certificates.k8s.io/CertificateSigningRequest': [
    {
      spec: { signerName: 'a.io/b', username: 'ann', expirationSeconds: 86_400 },
      status: { conditions: [{ type: 'Approved' }, { type: 'Failed' }], certificate: 'YQ==' },
    },
    '5m | a.io/b | ann | 24h | Approved,Failed,Issued',
  ],
  'certificates.k8s.io/ClusterTrustBundle': [{ spec: {} }, '<none>'],
  'certificates.k8s.io/PodCertificateRequest': [
    { spec: { podName: 'p', serviceAccountName: 's', nodeName: 'n', signerName: 'a.io/b' }, status: { conditions: [{ type: 'Denied', status: 'True' }] } },
    'p | s | n | a.io/b | Denied',
  ],
};

const network: Readonly<Record<string, ShownAs>> = {
  'discovery.k8s.io/EndpointSlice': [
    { addressType: 'IPv4', ports: [{ port: 80 }, { name: 'any' }, {}, { port: 81 }], endpoints: [{ addresses: ['10.0.0.1'] }] },
    'IPv4 | 80,any,* + 1 more... | 10.0.0.1 | 5m',
  ],
  'networking.k8s.io/IPAddress': [{ spec: { parentRef: { group: '', resource: 'services', namespace: 'ns', name: 'web' } } }, 'services/ns/web'],
  'networking.k8s.io/Ingress': [
    {
      spec: { ingressClassName: 'nginx', tls: [{}], rules: [{ host: 'a' }, {}, { host: 'b' }, { host: 'c' }, {}] },
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.2' }, { hostname: 'a-rather-long-name.example.com' }] } },
    },
    'nginx | a,b,c + 2 more... | 192.0.2.2,a-rather-long-name.example.com | 80, 443 | 5m',
  ],
  'networking.k8s.io/IngressClass': [
    { metadata: { annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } }, spec: { controller: 'a.io/b', parameters: { apiGroup: 'k.io', kind: 'P', name: 'n' } } },
    'it (default): a.io/b | P.k.io/n | 5m',
  ],
  'networking.k8s.io/NetworkPolicy': [{ spec: { podSelector: {} } }, '<none> | 5m'],
  'networking.k8s.io/ServiceCIDR': [{ spec: { cidrs: ['10.96.0.0/16', 'fd00::/112'] } }, '10.96.0.0/16,fd00::/112 | 5m'],
};

const storage: Readonly<Record<string, ShownAs>> = {
  'storage.k8s.io/CSIDriver': [
    { spec: { tokenRequests: [{ audience: '' }, { audience: 'a' }], volumeLifecycleModes: ['Persistent', 'Ephemeral'] } },
    'true | false | false | ,a | false | Persistent,Ephemeral | 5m',
  ],
  'storage.k8s.io/CSINode': [{ spec: { drivers: [{}] } }, '1 | 5m'],
  'storage.k8s.io/CSIStorageCapacity': [{}, at],
  'storage.k8s.io/StorageClass': [
    { metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'p' },
    'it (default): p | Delete | Immediate | false | 5m',
  ],
  'storage.k8s.io/VolumeAttachment': [{ spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'pv' } }, status: { attached: true } }, 'a | pv | n | true | 5m'],
  'storage.k8s.io/VolumeAttributesClass': [{ driverName: 'd' }, 'd | 5m'],
  'resource.k8s.io/DeviceClass': [{}, '5m'],
  'resource.k8s.io/DeviceTaintRule': [{ spec: { taint } }, 'broken | yes | NoExecute | 5m | 5m'],
  'resource.k8s.io/ResourceClaim': [{ status: { allocation: {}, reservedFor: [{}] } }, 'allocated,reserved | 5m'],
  'resource.k8s.io/ResourceClaimTemplate': [{}, '5m'],
  'resource.k8s.io/ResourcePoolStatusRequest': [{}, '5m'],
  'resource.k8s.io/ResourceSlice': [{ spec: { driver: 'd', pool: { name: 'p' } } }, ' | d | p | 5m'],
};

const server: Readonly<Record<string, ShownAs>> = {
  'apiextensions.k8s.io/CustomResourceDefinition': [{}, at],
  'apiregistration.k8s.io/APIService': [
    { spec: { service: { namespace: 'ns', name: 's' } }, status: { conditions: [{ type: 'Available', status: 'False', reason: 'MissingEndpoints' }] } },
    'ns/s | False (MissingEndpoints) | 5m',
  ],
  'coordination.k8s.io/Lease': [{ spec: {} }, ' | 5m'],
  'coordination.k8s.io/LeaseCandidate': [{ spec: { leaseName: 'l', binaryVersion: '1.36.0', emulationVersion: '1.35.0' } }, 'l | 1.36.0 | 1.35.0 | 5m'],
  'events.k8s.io/Event': [
    { regarding: { kind: 'Node' }, eventTime: '2026-01-02T03:04:05.000000Z', reportingController: 'c', reportingInstance: 'i', note: 'n', series: { count: 9, lastObservedTime: '2026-01-02T03:09:00.000000Z' } },
    '5s |  |  | node |  | c, i | n | 5m | 9 | it',
  ],
  'flowcontrol.apiserver.k8s.io/FlowSchema': [{ spec: { priorityLevelConfiguration: { name: 'l' }, matchingPrecedence: 7 } }, 'l | 7 | <none> | 5m | ?'],
  'flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration': [{ spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 5 } } }, 'Exempt | <none> | <none> | <none> | <none> | 5m'],
  'internal.apiserver.k8s.io/StorageVersion': [
    { status: { storageVersions: ['a', 'b', 'c', 'd'].map((apiServerID) => ({ apiServerID, encodingVersion: 'v1' })) } },
    '<unset> | a=v1,b=v1,c=v1 + 1 more... | 5m',
  ],
  'metrics.k8s.io/NodeMetrics': [{ usage: { cpu: '1', memory: '2Mi' }, window: '10s' }, '1 | 2Mi | 10s'],
  'metrics.k8s.io/PodMetrics': [{ containers: [{ name: 'c', usage: { cpu: '1', memory: '2Mi' } }], window: '10s' }, '1 | 2Mi | 10s'],
  'node.k8s.io/RuntimeClass': [{ handler: 'kata' }, 'kata | 5m'],
  'scheduling.k8s.io/PodGroup': [{}, '5m'],
  'scheduling.k8s.io/Workload': [{}, '5m'],
  'storagemigration.k8s.io/StorageVersionMigration': [{ spec: { resource: { group: 'apps', resource: 'deployments' } } }, 'deployments.apps'],
};

/** By `group/Kind`, in the core group the kind alone. Cells begin with another name where `name: ` is before them. */
export const rows: Readonly<Record<string, ShownAs>> = { ...core, ...workloads, ...policies, ...network, ...storage, ...server };
