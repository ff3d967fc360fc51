/** The roles meant for people: cluster-admin, and admin, edit and view with the roles they are made of. Source: kubernetes RBAC default roles. */
import { type DefaultRole, READ, READ_WRITE, WRITE, aggregateTo, paths, rule } from './notation.ts';

const STREAMS = ['pods/attach', 'pods/proxy', 'pods/exec', 'pods/portforward', 'services/proxy'];

const VIEW_RULES = [
  rule(READ, '', ['pods', 'pods/status', 'replicationcontrollers', 'replicationcontrollers/scale', 'serviceaccounts', 'services', 'services/status', 'endpoints', 'persistentvolumeclaims', 'persistentvolumeclaims/status', 'configmaps']),
  rule(READ, '', ['limitranges', 'resourcequotas', 'bindings', 'events', 'pods/log', 'resourcequotas/status', 'namespaces/status', 'replicationcontrollers/status']),
  rule(READ, '', ['namespaces']),
  rule(READ, 'discovery.k8s.io', ['endpointslices']),
  rule(READ, 'apps', ['controllerrevisions', 'statefulsets', 'statefulsets/status', 'statefulsets/scale', 'daemonsets', 'daemonsets/status', 'deployments', 'deployments/status', 'deployments/scale', 'replicasets', 'replicasets/status', 'replicasets/scale']),
  rule(READ, 'autoscaling', ['horizontalpodautoscalers', 'horizontalpodautoscalers/status']),
  rule(READ, 'batch', ['jobs', 'jobs/status', 'cronjobs', 'cronjobs/status']),
  rule(READ, 'policy', ['poddisruptionbudgets', 'poddisruptionbudgets/status']),
  rule(READ, 'networking.k8s.io', ['networkpolicies', 'ingresses', 'ingresses/status']),
  rule(READ, 'resource.k8s.io', ['resourceclaims', 'resourceclaims/status', 'resourceclaimtemplates']),
];

const EDIT_RULES = [
  rule(READ, '', ['secrets', ...STREAMS]),
  rule(['impersonate'], '', ['serviceaccounts']),
  rule(WRITE, '', ['pods', 'pods/attach', 'pods/proxy', 'pods/exec', 'pods/portforward']),
  rule(['create'], '', ['pods/eviction']),
  rule(WRITE, '', ['replicationcontrollers', 'replicationcontrollers/scale', 'serviceaccounts', 'services', 'services/proxy', 'persistentvolumeclaims', 'configmaps', 'secrets', 'events']),
  rule(['create'], '', ['serviceaccounts/token']),
  rule(WRITE, 'apps', ['statefulsets', 'statefulsets/scale', 'daemonsets', 'deployments', 'deployments/scale', 'deployments/rollback', 'replicasets', 'replicasets/scale']),
  rule(WRITE, 'autoscaling', ['horizontalpodautoscalers']),
  rule(WRITE, 'batch', ['jobs', 'cronjobs']),
  rule(WRITE, 'policy', ['poddisruptionbudgets']),
  rule(WRITE, 'networking.k8s.io', ['networkpolicies', 'ingresses']),
  rule(WRITE, 'resource.k8s.io', ['resourceclaims', 'resourceclaimtemplates']),
  rule(READ_WRITE, 'coordination.k8s.io', ['leases']),
];

const ADMIN_RULES = [
  rule(['create'], 'authorization.k8s.io', ['localsubjectaccessreviews']),
  rule(READ_WRITE, 'rbac.authorization.k8s.io', ['roles', 'rolebindings']),
];

/** Cluster roles for people. */
export const userRoles: readonly DefaultRole[] = [
  { name: 'cluster-admin', rules: [rule(['*'], '*', ['*']), paths(['*'], '*')] },
  { name: 'admin', rules: [], aggregates: [aggregateTo('admin')] },
  { name: 'edit', rules: [], aggregates: [aggregateTo('edit')], labels: aggregateTo('admin') },
  { name: 'view', rules: [], aggregates: [aggregateTo('view')], labels: aggregateTo('edit') },
  { name: 'system:aggregate-to-admin', rules: ADMIN_RULES, labels: aggregateTo('admin') },
  { name: 'system:aggregate-to-edit', rules: EDIT_RULES, labels: aggregateTo('edit') },
  { name: 'system:aggregate-to-view', rules: VIEW_RULES, labels: aggregateTo('view') },
];
