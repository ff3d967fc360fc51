/**
 * Which resource a name in a quota counts: `count/deployments.apps`, `requests.cpu` (pods), `services.nodeports` (services), …
 *
 * Source: the documented quota names.
 */

/** Names of the core group that count their own resource. */
const OWN_COUNTS = new Set(['pods', 'services', 'persistentvolumeclaims', 'configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas']);
const CLASS_SUFFIX = '.storageclass.storage.k8s.io/';

/** The counted resource as `plural` or `plural.group`; `undefined` when nothing of the name is counted here. */
export function countedResource(name: string): string | undefined {
  if (name.startsWith('count/')) return name.slice('count/'.length);
  if (OWN_COUNTS.has(name)) return name;
  if (name === 'services.nodeports' || name === 'services.loadbalancers') return 'services';
  if (name === 'requests.storage' || name.includes(CLASS_SUFFIX)) return 'persistentvolumeclaims';
  if (name.includes('.deviceclass.resource.k8s.io/')) return undefined;
  const compute = name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-');
  return compute || name.startsWith('requests.') || name.startsWith('limits.') ? 'pods' : undefined;
}
