/** Cluster roles of the system's own components and of clients in general. Source: kubernetes RBAC default roles. */
import { type DefaultRole, EVENTS, READ, READ_UPDATE, paths, rule } from './notation.ts';

const CSR = 'certificates.k8s.io';

const approver = (name: string, signer: string): DefaultRole => ({
  name: `system:certificates.k8s.io:${name}`,
  rules: [rule(['approve'], CSR, ['signers'], [signer])],
});

/** Roles of clients in general. */
const clientRoles: readonly DefaultRole[] = [
  { name: 'system:discovery', rules: [paths(['get'], '/livez', '/readyz', '/healthz', '/version', '/version/', '/openapi', '/openapi/*', '/api', '/api/*', '/apis', '/apis/*')] },
  { name: 'system:public-info-viewer', rules: [paths(['get'], '/livez', '/readyz', '/healthz', '/version', '/version/')] },
  { name: 'system:monitoring', rules: [paths(['get'], '/metrics', '/metrics/slis', '/livez', '/readyz', '/healthz', '/statusz', '/flagz', '/livez/*', '/readyz/*', '/healthz/*')] },
  {
    name: 'system:basic-user',
    rules: [rule(['create'], 'authorization.k8s.io', ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']), rule(['create'], 'authentication.k8s.io', ['selfsubjectreviews'])],
  },
  { name: 'system:service-account-issuer-discovery', rules: [paths(['get'], '/.well-known/openid-configuration', '/.well-known/openid-configuration/', '/openid/v1/jwks', '/openid/v1/jwks/')] },
  { name: 'system:auth-delegator', rules: [rule(['create'], 'authentication.k8s.io', ['tokenreviews']), rule(['create'], 'authorization.k8s.io', ['subjectaccessreviews'])] },
];

/** Roles of nodes and what runs on them. */
const nodeRoles: readonly DefaultRole[] = [
  {
    name: 'system:node',
    rules: [
      rule(['create'], 'authentication.k8s.io', ['tokenreviews']),
      rule(['create'], 'authorization.k8s.io', ['subjectaccessreviews', 'localsubjectaccessreviews']),
      rule(READ, '', ['services']),
      rule(['create', 'get', 'list', 'watch'], '', ['nodes']),
      rule(['patch', 'update'], '', ['nodes/status']),
      rule(['patch', 'update'], '', ['nodes']),
      EVENTS,
      rule(['get', 'list', 'watch'], '', ['pods']),
      rule(['create', 'delete'], '', ['pods']),
      rule(['patch', 'update'], '', ['pods/status']),
      rule(['create'], '', ['pods/eviction']),
      rule(['get', 'list', 'watch'], '', ['secrets', 'configmaps']),
      rule(['get'], '', ['persistentvolumeclaims', 'persistentvolumes']),
      rule(['get'], '', ['endpoints']),
      rule(['create', 'get', 'list', 'watch'], CSR, ['certificatesigningrequests']),
      rule(['create', 'delete', 'get', 'patch', 'update'], 'coordination.k8s.io', ['leases']),
      rule(['get'], 'storage.k8s.io', ['volumeattachments']),
      rule(['create'], '', ['serviceaccounts/token']),
      rule(['get', 'patch', 'update'], '', ['persistentvolumeclaims/status']),
      rule(READ, 'storage.k8s.io', ['csidrivers']),
      rule(['create', 'delete', 'get', 'patch', 'update'], 'storage.k8s.io', ['csinodes']),
      rule(READ, 'node.k8s.io', ['runtimeclasses']),
      rule(['get'], 'resource.k8s.io', ['resourceclaims']),
      rule(['deletecollection'], 'resource.k8s.io', ['resourceslices']),
    ],
  },
  { name: 'system:node-problem-detector', rules: [rule(['get'], '', ['nodes']), rule(['patch'], '', ['nodes/status']), EVENTS] },
  {
    name: 'system:node-proxier',
    rules: [rule(['list', 'watch'], '', ['services', 'endpoints']), rule(READ, '', ['nodes']), EVENTS, rule(['list', 'watch'], 'discovery.k8s.io', ['endpointslices']), rule(['list', 'watch'], 'networking.k8s.io', ['servicecidrs'])],
  },
  { name: 'system:node-bootstrapper', rules: [rule(['create', 'get', 'list', 'watch'], CSR, ['certificatesigningrequests'])] },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      rule(READ, '', ['nodes']),
      rule(['proxy'], '', ['nodes']),
      rule(['*'], '', ['nodes/configz', 'nodes/healthz', 'nodes/log', 'nodes/metrics', 'nodes/pods', 'nodes/proxy', 'nodes/spec', 'nodes/stats']),
    ],
  },
  { name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient', rules: [rule(['create'], CSR, ['certificatesigningrequests/nodeclient'])] },
  { name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', rules: [rule(['create'], CSR, ['certificatesigningrequests/selfnodeclient'])] },
];

/** Roles of the control plane and its add-ons. */
const componentRoles: readonly DefaultRole[] = [
  {
    name: 'system:kube-controller-manager',
    rules: [
      EVENTS,
      rule(['create'], 'coordination.k8s.io', ['leases']),
      rule(['get', 'patch', 'update'], 'coordination.k8s.io', ['leases'], ['kube-controller-manager']),
      rule(['create'], '', ['secrets', 'serviceaccounts']),
      rule(['delete'], '', ['secrets']),
      rule(['get'], '', ['configmaps', 'namespaces', 'secrets', 'serviceaccounts']),
      rule(['patch', 'update'], '', ['secrets', 'serviceaccounts']),
      rule(['create'], 'authentication.k8s.io', ['tokenreviews']),
      rule(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
      rule(['list', 'watch'], '*', ['*']),
      rule(['create'], '', ['serviceaccounts/token']),
    ],
  },
  {
    name: 'system:kube-scheduler',
    rules: [
      EVENTS,
      rule(['create'], 'coordination.k8s.io', ['leases']),
      rule(['get', 'list', 'watch'], 'coordination.k8s.io', ['leases']),
      rule(['get', 'patch', 'update'], 'coordination.k8s.io', ['leases'], ['kube-scheduler']),
      rule(READ, '', ['nodes', 'namespaces']),
      rule(['delete', 'get', 'list', 'watch'], '', ['pods']),
      rule(['create'], '', ['bindings', 'pods/binding']),
      rule(['patch', 'update'], '', ['pods/status']),
      rule(READ, '', ['replicationcontrollers', 'services']),
      rule(READ, 'apps', ['replicasets', 'statefulsets']),
      rule(READ, 'policy', ['poddisruptionbudgets']),
      rule(READ, '', ['persistentvolumeclaims', 'persistentvolumes']),
      rule(['create'], 'authentication.k8s.io', ['tokenreviews']),
      rule(['create'], 'authorization.k8s.io', ['subjectaccessreviews']),
      rule(READ, 'storage.k8s.io', ['csinodes', 'csidrivers', 'csistoragecapacities', 'volumeattachments']),
      rule(READ, 'resource.k8s.io', ['deviceclasses', 'resourceslices']),
      rule(READ_UPDATE, 'resource.k8s.io', ['resourceclaims']),
      rule(['patch', 'update'], 'resource.k8s.io', ['resourceclaims/status']),
    ],
  },
  { name: 'system:volume-scheduler', rules: [rule(READ_UPDATE, '', ['persistentvolumes', 'persistentvolumeclaims']), rule(READ, 'storage.k8s.io', ['storageclasses'])] },
  { name: 'system:kube-dns', rules: [rule(['list', 'watch'], '', ['endpoints', 'services']), rule(['list', 'watch'], 'discovery.k8s.io', ['endpointslices'])] },
  { name: 'system:kube-aggregator', rules: [rule(READ, '', ['services', 'endpoints'])] },
  { name: 'system:heapster', rules: [rule(READ, '', ['events', 'pods', 'nodes', 'namespaces'])] },
  {
    name: 'system:persistent-volume-provisioner',
    rules: [rule(['create', 'delete', 'get', 'list', 'watch'], '', ['persistentvolumes']), rule(READ_UPDATE, '', ['persistentvolumeclaims']), rule(READ, 'storage.k8s.io', ['storageclasses']), rule(['watch'], '', ['events']), EVENTS],
  },
  approver('kube-apiserver-client-approver', 'kubernetes.io/kube-apiserver-client'),
  approver('kube-apiserver-client-kubelet-approver', 'kubernetes.io/kube-apiserver-client-kubelet'),
  approver('kubelet-serving-approver', 'kubernetes.io/kubelet-serving'),
  approver('legacy-unknown-approver', 'kubernetes.io/legacy-unknown'),
];

/** System cluster roles. */
export const systemRoles: readonly DefaultRole[] = [...clientRoles, ...nodeRoles, ...componentRoles];

/** Roles in the system's namespaces. */
export const namespaceRoles: readonly DefaultRole[] = [
  { namespace: 'kube-system', name: 'extension-apiserver-authentication-reader', rules: [rule(READ, '', ['configmaps'], ['extension-apiserver-authentication'])] },
  { namespace: 'kube-system', name: 'system:controller:bootstrap-signer', rules: [rule(READ, '', ['secrets'])] },
  { namespace: 'kube-system', name: 'system:controller:cloud-provider', rules: [rule(['create', 'get', 'list', 'watch', 'patch', 'update'], '', ['configmaps'])] },
  { namespace: 'kube-system', name: 'system:controller:token-cleaner', rules: [rule(['delete', 'get', 'list', 'watch'], '', ['secrets']), EVENTS] },
  {
    namespace: 'kube-system',
    name: 'system::leader-locking-kube-controller-manager',
    rules: [rule(['watch'], '', ['configmaps']), rule(['get', 'update'], '', ['configmaps'], ['kube-controller-manager'])],
  },
  { namespace: 'kube-system', name: 'system::leader-locking-kube-scheduler', rules: [rule(['watch'], '', ['configmaps']), rule(['get', 'update'], '', ['configmaps'], ['kube-scheduler'])] },
  {
    namespace: 'kube-public',
    name: 'system:controller:bootstrap-signer',
    rules: [rule(READ, '', ['configmaps']), rule(['update'], '', ['configmaps'], ['cluster-info']), EVENTS],
  },
];

