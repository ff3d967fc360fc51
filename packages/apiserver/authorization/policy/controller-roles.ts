/** What each controller may do, by the name of its service account in kube-system. Source: kubernetes controller roles. */
import type { PolicyRule } from '#kinds/rbac/rules.ts';
import { type DefaultRole, EVENTS, READ, READ_UPDATE, rule } from './notation.ts';

const LIST_WATCH = ['list', 'watch'];
const UPDATE = ['update'];
const PODS = rule(['create', 'delete', 'list', 'patch', 'watch'], '', ['pods']);
const REVISIONS = rule(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'], 'apps', ['controllerrevisions']);

const workloadRules: Readonly<Record<string, readonly PolicyRule[]>> = {
  'cronjob-controller': [
    rule(['get', 'list', 'update', 'watch'], 'batch', ['cronjobs']),
    rule(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'], 'batch', ['jobs']),
    rule(UPDATE, 'batch', ['cronjobs/status', 'cronjobs/finalizers']),
    rule(['delete', 'list'], '', ['pods']),
    EVENTS,
  ],
  'daemon-set-controller': [
    rule(READ, 'apps', ['daemonsets']),
    rule(UPDATE, 'apps', ['daemonsets/status', 'daemonsets/finalizers']),
    rule(LIST_WATCH, '', ['nodes']),
    PODS,
    rule(['create'], '', ['pods/binding']),
    REVISIONS,
    EVENTS,
  ],
  'deployment-controller': [
    rule(['get', 'list', 'update', 'watch'], 'apps', ['deployments']),
    rule(UPDATE, 'apps', ['deployments/status', 'deployments/finalizers']),
    rule(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'], 'apps', ['replicasets']),
    rule(['get', 'list', 'update', 'watch'], '', ['pods']),
    EVENTS,
  ],
  'job-controller': [rule(['get', 'list', 'patch', 'update', 'watch'], 'batch', ['jobs']), rule(UPDATE, 'batch', ['jobs/status', 'jobs/finalizers']), PODS, EVENTS],
  'replicaset-controller': [rule(['get', 'list', 'update', 'watch'], 'apps', ['replicasets']), rule(UPDATE, 'apps', ['replicasets/status', 'replicasets/finalizers']), PODS, EVENTS],
  'replication-controller': [rule(['get', 'list', 'update', 'watch'], '', ['replicationcontrollers']), rule(UPDATE, '', ['replicationcontrollers/status', 'replicationcontrollers/finalizers']), PODS, EVENTS],
  'statefulset-controller': [
    rule(LIST_WATCH, '', ['pods']),
    rule(READ, 'apps', ['statefulsets']),
    rule(UPDATE, 'apps', ['statefulsets/status', 'statefulsets/finalizers']),
    rule(['create', 'delete', 'get', 'patch', 'update'], '', ['pods']),
    REVISIONS,
    rule(['create', 'delete', 'get', 'list', 'update', 'watch'], '', ['persistentvolumeclaims']),
    EVENTS,
  ],
  'ttl-after-finished-controller': [rule(['delete', 'get', 'list', 'watch'], 'batch', ['jobs']), EVENTS],
  'horizontal-pod-autoscaler': [
    rule(READ, 'autoscaling', ['horizontalpodautoscalers']),
    rule(UPDATE, 'autoscaling', ['horizontalpodautoscalers/status']),
    rule(['get', 'update'], '*', ['*/scale']),
    rule(LIST_WATCH, '', ['pods']),
    rule(['list'], 'metrics.k8s.io', ['pods']),
    rule(['get', 'list'], ['custom.metrics.k8s.io', 'external.metrics.k8s.io'], ['*']),
    EVENTS,
  ],
  'disruption-controller': [
    rule(READ, 'apps', ['deployments', 'replicasets', 'statefulsets']),
    rule(READ, '', ['replicationcontrollers']),
    rule(READ, 'policy', ['poddisruptionbudgets']),
    rule(LIST_WATCH, '', ['pods']),
    rule(UPDATE, 'policy', ['poddisruptionbudgets/status']),
    rule(['patch', 'update'], '', ['pods/status']),
    rule(['get'], '*', ['*/scale']),
    EVENTS,
  ],
};

const volumeRules: Readonly<Record<string, readonly PolicyRule[]>> = {
  'attachdetach-controller': [
    rule(LIST_WATCH, '', ['persistentvolumeclaims', 'persistentvolumes', 'pods']),
    rule(READ, '', ['nodes']),
    rule(['patch', 'update'], '', ['nodes/status']),
    rule(['create', 'delete', 'get', 'list', 'watch'], 'storage.k8s.io', ['volumeattachments']),
    rule(READ, 'storage.k8s.io', ['csidrivers', 'csinodes']),
    EVENTS,
  ],
  'expand-controller': [
    rule(READ_UPDATE, '', ['persistentvolumes']),
    rule(['patch', 'update'], '', ['persistentvolumeclaims/status']),
    rule(READ, '', ['persistentvolumeclaims']),
    rule(READ, 'storage.k8s.io', ['storageclasses']),
    EVENTS,
  ],
  'ephemeral-volume-controller': [rule(UPDATE, '', ['pods/finalizers']), rule(READ, '', ['pods']), rule(['create', 'get', 'list', 'watch'], '', ['persistentvolumeclaims']), EVENTS],
  'persistent-volume-binder': [
    rule(['create', 'delete', 'get', 'list', 'update', 'watch'], '', ['persistentvolumes']),
    rule(UPDATE, '', ['persistentvolumes/status']),
    rule(['get', 'list', 'update', 'watch'], '', ['persistentvolumeclaims']),
    rule(UPDATE, '', ['persistentvolumeclaims/status']),
    rule(['create', 'delete', 'get', 'list', 'watch'], '', ['pods']),
    rule(READ, 'storage.k8s.io', ['storageclasses']),
    rule(['get', 'list'], '', ['nodes']),
    rule(['get'], '', ['secrets']),
    EVENTS,
  ],
  'pv-protection-controller': [rule(['get', 'list', 'update', 'watch'], '', ['persistentvolumes']), EVENTS],
  'pvc-protection-controller': [rule(['get', 'list', 'update', 'watch'], '', ['persistentvolumeclaims']), rule(['get', 'list', 'watch'], '', ['pods']), EVENTS],
  'selinux-warning-controller': [rule(LIST_WATCH, '', ['persistentvolumes', 'persistentvolumeclaims', 'pods']), rule(READ, 'storage.k8s.io', ['csidrivers']), EVENTS],
  'resource-claim-controller': [
    rule(READ, '', ['pods']),
    rule(UPDATE, '', ['pods/finalizers']),
    rule(['create', 'delete', 'get', 'list', 'watch'], 'resource.k8s.io', ['resourceclaims']),
    rule(READ, 'resource.k8s.io', ['resourceclaimtemplates']),
    rule(['patch', 'update'], 'resource.k8s.io', ['resourceclaims', 'resourceclaims/status']),
    rule(['patch', 'update'], '', ['pods/status']),
    EVENTS,
  ],
  'volumeattributesclass-protection-controller': [
    rule(['get', 'list', 'update', 'watch'], 'storage.k8s.io', ['volumeattributesclasses']),
    rule(READ, '', ['persistentvolumes', 'persistentvolumeclaims']),
    EVENTS,
  ],
};

const networkRules: Readonly<Record<string, readonly PolicyRule[]>> = {
  'endpoint-controller': [
    rule(READ, '', ['services', 'pods']),
    rule(['create', 'delete', 'get', 'list', 'update'], '', ['endpoints']),
    rule(['create'], '', ['endpoints/restricted']),
    EVENTS,
  ],
  'endpointslice-controller': [
    rule(READ, '', ['services', 'pods', 'nodes']),
    rule(UPDATE, '', ['services/finalizers']),
    rule(['create', 'delete', 'get', 'list', 'update'], 'discovery.k8s.io', ['endpointslices']),
    rule(['create'], 'discovery.k8s.io', ['endpointslices/restricted']),
    EVENTS,
  ],
  'endpointslicemirroring-controller': [
    rule(READ, '', ['services', 'endpoints']),
    rule(UPDATE, '', ['services/finalizers', 'endpoints/finalizers']),
    rule(['create', 'delete', 'get', 'list', 'update'], 'discovery.k8s.io', ['endpointslices']),
    rule(['create'], 'discovery.k8s.io', ['endpointslices/restricted']),
    EVENTS,
  ],
  'route-controller': [rule(LIST_WATCH, '', ['nodes']), rule(['patch'], '', ['nodes/status']), EVENTS],
  'service-controller': [rule(READ, '', ['services']), rule(['patch', 'update'], '', ['services/status']), rule(LIST_WATCH, '', ['nodes']), EVENTS],
  'service-cidrs-controller': [
    rule(['get', 'list', 'patch', 'update', 'watch'], 'networking.k8s.io', ['servicecidrs']),
    rule(['patch', 'update'], 'networking.k8s.io', ['servicecidrs/finalizers', 'servicecidrs/status']),
    rule(READ, 'networking.k8s.io', ['ipaddresses']),
    EVENTS,
  ],
};

const clusterRules: Readonly<Record<string, readonly PolicyRule[]>> = {
  'clusterrole-aggregation-controller': [rule(['escalate', 'get', 'list', 'patch', 'update', 'watch'], 'rbac.authorization.k8s.io', ['clusterroles'])],
  'generic-garbage-collector': [rule(['delete', 'get', 'list', 'patch', 'update', 'watch'], '*', ['*']), EVENTS],
  'namespace-controller': [
    rule(['delete', 'get', 'list', 'watch'], '', ['namespaces']),
    rule(UPDATE, '', ['namespaces/finalize', 'namespaces/status']),
    rule(['delete', 'deletecollection', 'get', 'list'], '*', ['*']),
  ],
  'node-controller': [
    rule(['delete', 'get', 'list', 'patch', 'update'], '', ['nodes']),
    rule(['patch', 'update'], '', ['nodes/status']),
    rule(['patch', 'update'], '', ['pods/status']),
    rule(['delete', 'get', 'list'], '', ['pods']),
    EVENTS,
  ],
  'pod-garbage-collector': [rule(['delete', 'list', 'watch'], '', ['pods']), rule(['get', 'list'], '', ['nodes']), rule(['patch'], '', ['pods/status'])],
  'resourcequota-controller': [rule(LIST_WATCH, '*', ['*']), rule(UPDATE, '', ['resourcequotas/status']), EVENTS],
  'service-account-controller': [rule(['create'], '', ['serviceaccounts']), EVENTS],
  'ttl-controller': [rule(['list', 'patch', 'update', 'watch'], '', ['nodes']), EVENTS],
  'certificate-controller': [
    rule(['delete', 'get', 'list', 'watch'], 'certificates.k8s.io', ['certificatesigningrequests']),
    rule(UPDATE, 'certificates.k8s.io', ['certificatesigningrequests/approval', 'certificatesigningrequests/status']),
    rule(['approve'], 'certificates.k8s.io', ['signers'], ['kubernetes.io/kube-apiserver-client-kubelet']),
    rule(['sign'], 'certificates.k8s.io', ['signers'], ['kubernetes.io/kube-apiserver-client', 'kubernetes.io/kube-apiserver-client-kubelet', 'kubernetes.io/kubelet-serving', 'kubernetes.io/legacy-unknown']),
    rule(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
    EVENTS,
  ],
  'root-ca-cert-publisher': [rule(['create', 'update'], '', ['configmaps']), EVENTS],
  'validatingadmissionpolicy-status-controller': [
    rule(READ, 'admissionregistration.k8s.io', ['validatingadmissionpolicies']),
    rule(['get', 'patch', 'update'], 'admissionregistration.k8s.io', ['validatingadmissionpolicies/status']),
    EVENTS,
  ],
  'legacy-service-account-token-cleaner': [rule(['get'], '', ['configmaps'], ['kube-apiserver-legacy-service-account-token-tracking']), rule(['delete', 'patch'], '', ['secrets'])],
  'device-taint-eviction-controller': [
    rule(['delete', 'get', 'list', 'watch'], '', ['pods']),
    rule(['patch', 'update'], '', ['pods/status']),
    rule(READ, 'resource.k8s.io', ['deviceclasses', 'devicetaintrules', 'resourceclaims', 'resourceslices']),
    rule(['patch', 'update'], 'resource.k8s.io', ['devicetaintrules/status']),
    EVENTS,
  ],
  'storage-version-migrator-controller': [rule(['list', 'patch'], '*', ['*'])],
};

const allRules = { ...workloadRules, ...volumeRules, ...networkRules, ...clusterRules };

/** Names of the service accounts that have a controller role. */
export const controllerNames: readonly string[] = Object.keys(allRules);

/** A cluster role for each controller. */
export const controllerRoles: readonly DefaultRole[] = Object.entries(allRules).map(([name, rules]) => ({ name: `system:controller:${name}`, rules }));
