/** Who has the default roles. Source: kubernetes RBAC default bindings. */
import { controllerNames } from './controller-roles.ts';
import { type DefaultBinding, group, serviceAccount, user } from './notation.ts';

const SYSTEM = 'kube-system';

const toCluster = (name: string, subjects: DefaultBinding['subjects'], role = name): DefaultBinding => ({ name, role: { kind: 'ClusterRole', name: role }, subjects });

/** Cluster role bindings. */
export const clusterBindings: readonly DefaultBinding[] = [
  toCluster('cluster-admin', [group('system:masters')]),
  toCluster('system:monitoring', [group('system:monitoring')]),
  toCluster('system:discovery', [group('system:authenticated')]),
  toCluster('system:basic-user', [group('system:authenticated')]),
  toCluster('system:public-info-viewer', [group('system:authenticated'), group('system:unauthenticated')]),
  toCluster('system:service-account-issuer-discovery', [group('system:serviceaccounts')]),
  toCluster('system:node', []),
  toCluster('system:node-proxier', [user('system:kube-proxy')]),
  toCluster('system:kube-controller-manager', [user('system:kube-controller-manager')]),
  toCluster('system:kube-scheduler', [user('system:kube-scheduler')]),
  toCluster('system:volume-scheduler', [user('system:kube-scheduler')]),
  toCluster('system:kube-dns', [serviceAccount(SYSTEM, 'kube-dns')]),
  ...controllerNames.map((name) => toCluster(`system:controller:${name}`, [serviceAccount(SYSTEM, name)])),
];

const inNamespace = (namespace: string, role: string, subjects: DefaultBinding['subjects'], name = role): DefaultBinding => ({ namespace, name, role: { kind: 'Role', name: role }, subjects });

/** Role bindings. */
export const namespaceBindings: readonly DefaultBinding[] = [
  inNamespace(SYSTEM, 'system::leader-locking-kube-controller-manager', [user('system:kube-controller-manager'), serviceAccount(SYSTEM, 'kube-controller-manager')], 'system::leader-locking-kube-controller-manager'),
  inNamespace(SYSTEM, 'system::leader-locking-kube-scheduler', [user('system:kube-scheduler'), serviceAccount(SYSTEM, 'kube-scheduler')]),
  inNamespace(SYSTEM, 'extension-apiserver-authentication-reader', [user('system:kube-controller-manager'), user('system:kube-scheduler')], 'system::extension-apiserver-authentication-reader'),
  inNamespace(SYSTEM, 'system:controller:bootstrap-signer', [serviceAccount(SYSTEM, 'bootstrap-signer')]),
  inNamespace(SYSTEM, 'system:controller:cloud-provider', [serviceAccount(SYSTEM, 'cloud-provider')]),
  inNamespace(SYSTEM, 'system:controller:token-cleaner', [serviceAccount(SYSTEM, 'token-cleaner')]),
  inNamespace('kube-public', 'system:controller:bootstrap-signer', [serviceAccount(SYSTEM, 'bootstrap-signer')]),
];
