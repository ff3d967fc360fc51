/** One small valid manifest of every stored kind, as a client would send it. */

import { CERTIFICATE_REQUEST } from './certificates.ts';

/** A manifest. */
export type Manifest = Readonly<Record<string, unknown>>;

const podSpec = { containers: [{ name: 'c', image: 'nginx:1.27' }] };
const labels = { app: 'web' };
const selector = { matchLabels: labels };
const template = { metadata: { labels }, spec: podSpec };
const jobTemplate = { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } };
const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] };
const clientConfig = { service: { name: 'hook', namespace: 'default' } };
const webhook = { name: 'a.example.com', clientConfig, rules: [rule], sideEffects: 'None', admissionReviewVersions: ['v1'] };
const devices = { requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com' } }] };

const core: Readonly<Record<string, Manifest>> = {
  ConfigMap: { data: { key: 'value' } },
  Endpoints: { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }] },
  Event: {
    metadata: { name: 'e.1', namespace: 'default' },
    involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
    reason: 'Started',
    type: 'Normal',
  },
  LimitRange: { spec: { limits: [{ type: 'Container', max: { cpu: '1' } }] } },
  Namespace: {},
  Node: { spec: { podCIDR: '10.244.0.0/24' } },
  PersistentVolume: { spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/data' } } },
  PersistentVolumeClaim: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  Pod: { spec: podSpec },
  PodTemplate: { template },
  ReplicationController: { spec: { selector: labels, template } },
  ResourceQuota: { spec: { hard: { pods: '5' } } },
  Secret: { stringData: { key: 'value' } },
  Service: { spec: { selector: labels, ports: [{ port: 80 }], clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'], ipFamilies: ['IPv4'] } },
  ServiceAccount: {},
};

const workloads: Readonly<Record<string, Manifest>> = {
  'apps/v1 ControllerRevision': { data: { spec: {} }, revision: 1 },
  'apps/v1 DaemonSet': { spec: { selector, template } },
  'apps/v1 Deployment': { spec: { selector, template } },
  'apps/v1 ReplicaSet': { spec: { selector, template } },
  'apps/v1 StatefulSet': { spec: { selector, template, serviceName: 'web' } },
  'autoscaling/v1 HorizontalPodAutoscaler': { spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } } },
  'autoscaling/v2 HorizontalPodAutoscaler': { spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } } },
  'batch/v1 CronJob': { spec: { schedule: '*/5 * * * *', jobTemplate } },
  'batch/v1 Job': jobTemplate,
  'policy/v1 PodDisruptionBudget': { spec: { selector, minAvailable: 1 } },
};

const cluster: Readonly<Record<string, Manifest>> = {
  'admissionregistration.k8s.io/v1 MutatingAdmissionPolicy': {
    spec: {
      matchConstraints: { resourceRules: [rule] },
      mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: 'object.spec.containers.map(c, JSONPatch{op: "remove", path: "/spec/" + c.name})' } }],
      reinvocationPolicy: 'Never',
    },
  },
  'admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding': { spec: { policyName: 'web' } },
  'admissionregistration.k8s.io/v1 MutatingWebhookConfiguration': { webhooks: [webhook] },
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy': {
    spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] },
  },
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding': { spec: { policyName: 'web', validationActions: ['Deny'] } },
  'admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration': { webhooks: [webhook] },
  'apiextensions.k8s.io/v1 CustomResourceDefinition': {
    metadata: { name: 'crontabs.stable.example.com' },
    spec: {
      group: 'stable.example.com',
      names: { plural: 'crontabs', kind: 'CronTab' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
  'apiregistration.k8s.io/v1 APIService': {
    metadata: { name: 'v1.example.com' },
    spec: { group: 'example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 15, service: { name: 'api', namespace: 'default' } },
  },
  'certificates.k8s.io/v1 CertificateSigningRequest': {
    spec: { request: certificateRequest(), signerName: 'example.com/signer', usages: ['client auth'] },
  },
  'coordination.k8s.io/v1 Lease': { spec: { holderIdentity: 'me', leaseDurationSeconds: 15 } },
  'discovery.k8s.io/v1 EndpointSlice': { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: 80 }] },
  'events.k8s.io/v1 Event': {
    metadata: { name: 'e.1', namespace: 'default' },
    eventTime: '2026-01-02T03:04:05.000000Z',
    reportingController: 'example.com/controller',
    reportingInstance: 'one',
    action: 'Start',
    reason: 'Started',
    type: 'Normal',
    regarding: { kind: 'Pod', namespace: 'default', name: 'p' },
  },
  'flowcontrol.apiserver.k8s.io/v1 FlowSchema': {
    spec: {
      priorityLevelConfiguration: { name: 'web' },
      rules: [{ subjects: [{ kind: 'User', user: { name: '*' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }],
    },
  },
  'flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration': { spec: { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } } },
};

const more: Readonly<Record<string, Manifest>> = {
  'networking.k8s.io/v1 IPAddress': {
    metadata: { name: '10.0.0.1' },
    spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } },
  },
  'networking.k8s.io/v1 Ingress': { spec: { defaultBackend: { service: { name: 'web', port: { number: 80 } } } } },
  'networking.k8s.io/v1 IngressClass': { spec: { controller: 'example.com/ingress' } },
  'networking.k8s.io/v1 NetworkPolicy': { spec: { podSelector: {}, ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }] } },
  'networking.k8s.io/v1 ServiceCIDR': { spec: { cidrs: ['10.96.0.0/16'] } },
  'node.k8s.io/v1 RuntimeClass': { handler: 'runc' },
  'rbac.authorization.k8s.io/v1 ClusterRole': { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] },
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': {
    subjects: [{ kind: 'User', name: 'a' }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
  },
  'rbac.authorization.k8s.io/v1 Role': { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] },
  'rbac.authorization.k8s.io/v1 RoleBinding': {
    subjects: [{ kind: 'ServiceAccount', name: 'a', namespace: 'default' }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
  },
  'resource.k8s.io/v1 DeviceClass': { spec: { selectors: [{ cel: { expression: 'true' } }] } },
  'resource.k8s.io/v1 ResourceClaim': { spec: { devices } },
  'resource.k8s.io/v1 ResourceClaimTemplate': { spec: { spec: { devices } } },
  'resource.k8s.io/v1 ResourceSlice': {
    spec: {
      driver: 'gpu.example.com',
      nodeName: 'n',
      pool: { name: 'n', generation: 1, resourceSliceCount: 1 },
      devices: [{ name: 'gpu-0', attributes: { model: { string: 'a' } }, taints: [{ key: 'example.com/broken', effect: 'NoSchedule' }] }],
    },
  },
  'scheduling.k8s.io/v1 PriorityClass': { value: 1000 },
  'storage.k8s.io/v1 CSIDriver': { spec: {} },
  'storage.k8s.io/v1 CSINode': { spec: { drivers: [{ name: 'csi.example.com', nodeID: 'n' }] } },
  'storage.k8s.io/v1 CSIStorageCapacity': { storageClassName: 'fast', capacity: '1Gi' },
  'storage.k8s.io/v1 StorageClass': { provisioner: 'example.com/fast' },
  'storage.k8s.io/v1 VolumeAttachment': { spec: { attacher: 'csi.example.com', nodeName: 'n', source: { persistentVolumeName: 'pv' } } },
  'storage.k8s.io/v1 VolumeAttributesClass': { driverName: 'csi.example.com', parameters: { iops: '100' } },
};

/** Manifests by `group/version Kind`. */
export const samples: ReadonlyMap<string, Manifest> = new Map([
  ...Object.entries(core).map(([kind, manifest]) => [`v1 ${kind}`, manifest] as const),
  ...[workloads, cluster, more].flatMap((group) => Object.entries(group)),
]);

/** A PKCS #10 request in PEM, as base64. */
function certificateRequest(): string {
  return Buffer.from(CERTIFICATE_REQUEST).toString('base64');
}
