/**
 * What kind of resource a name stands for.
 *
 * Source: kubernetes `pkg/apis/core/helper/helpers.go`.
 */
import { parseQuantity } from '#machinery/quantity.ts';

const CONTAINER_RESOURCES: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

const QUOTA_RESOURCES: ReadonlySet<string> = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);

const STANDARD_RESOURCES: ReadonlySet<string> = new Set([...QUOTA_RESOURCES, 'storage']);

const INTEGER_RESOURCES: ReadonlySet<string> = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]);

/** `hugepages-2Mi` and the like. */
export function isHugePageResource(name: string): boolean {
  return name.startsWith('hugepages-');
}

/** Whether the amount is a whole number of pages of the size that the name says. */
export function isHugePageMultiple(name: string, amount: string): boolean {
  let page: bigint;
  try {
    page = parseQuantity(name.slice('hugepages-'.length)).nanos;
  } catch {
    return false;
  }
  return page > 0n && parseQuantity(amount).nanos % page === 0n;
}

/** A resource that a container can ask for by its short name. */
export function isStandardContainerResource(name: string): boolean {
  return CONTAINER_RESOURCES.has(name) || isHugePageResource(name);
}

/** A resource with a short name. */
export function isStandardResource(name: string): boolean {
  return STANDARD_RESOURCES.has(name) || isHugePageResource(name) || name.startsWith('requests.hugepages-');
}

/** A resource that a quota can bound by its short name. */
export function isStandardQuotaResource(name: string): boolean {
  return QUOTA_RESOURCES.has(name) || isHugePageResource(name) || name.startsWith('requests.hugepages-');
}

/** A resource of Kubernetes itself: no domain, or one of its own. */
export function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** A resource that is counted in whole units. */
export function isIntegerResource(name: string): boolean {
  return INTEGER_RESOURCES.has(name) || isExtendedResource(name);
}

/** A resource of a device plugin or an operator. */
export function isExtendedResource(name: string): boolean {
  return !isNativeResource(name) && !name.startsWith('requests.') && !/[^A-Za-z0-9\-_./]/.test(name);
}

/** Whether a container may ask for less than its limit of the resource. */
export function isOvercommitAllowed(name: string): boolean {
  return isNativeResource(name) && !isHugePageResource(name);
}
