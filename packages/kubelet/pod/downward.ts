/**
 * What a container may learn about its pod and itself: `fieldRef` and `resourceFieldRef` values.
 *
 * Source: kubernetes `pkg/fieldpath`, `pkg/api/v1/resource` (ExtractContainerResourceValue).
 */
import { parseQuantity, quantityMilliValue } from '#machinery/quantity.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';

/** The node's share in the answers. */
export interface DownwardContext {
  readonly nodeName: string;
  readonly hostIps: readonly string[];
  readonly podIps: readonly string[];
  /** Allocatable amounts of the node, which stand in for limits that are not set. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** Labels or annotations as a file shows them: sorted `key="value"` lines. */
export function formatMap(values: Readonly<Record<string, string>> | undefined): string {
  return Object.keys(values ?? {})
    .sort()
    .map((key) => `${key}=${JSON.stringify(values![key])}`)
    .join('\n');
}

const SUBSCRIPT = /^(.*)\['([^']*)'\]$/;

/** The value of a field path; undefined when the path is not supported. */
export function fieldValue(pod: Pod, path: string, context: DownwardContext): string | undefined {
  const subscript = SUBSCRIPT.exec(path);
  if (subscript) {
    if (subscript[1] === 'metadata.annotations') return pod.metadata.annotations?.[subscript[2]!] ?? '';
    if (subscript[1] === 'metadata.labels') return pod.metadata.labels?.[subscript[2]!] ?? '';
    return undefined;
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name ?? '';
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return context.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'spec.schedulerName':
      return pod.spec.schedulerName ?? '';
    case 'spec.restartPolicy':
      return pod.spec.restartPolicy ?? '';
    case 'status.phase':
      return pod.status.phase ?? '';
    case 'status.hostIP':
      return context.hostIps[0] ?? '';
    case 'status.hostIPs':
      return context.hostIps.join(',');
    case 'status.podIP':
      return context.podIps[0] ?? '';
    case 'status.podIPs':
      return context.podIps.join(',');
    default:
      return undefined;
  }
}

interface ResourceField {
  readonly containerName?: string;
  readonly resource: string;
  readonly divisor?: string;
}

/** Divides, rounding up. */
const ceilDivide = (value: bigint, by: bigint): bigint => (value + by - 1n) / by;

/**
 * The value of a resource field, in units of its divisor, rounded up.
 * @throws Error when the container or the resource does not exist.
 */
export function resourceValue(pod: Pod, field: ResourceField, ownContainer: string, context: DownwardContext): string {
  const name = field.containerName || ownContainer;
  const container = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find((one) => one.name === name);
  if (!container) throw new Error(`container ${name} not found`);
  const [side, ...rest] = field.resource.split('.');
  const resource = rest.join('.');
  const { requests = {}, limits = {} } = container.resources ?? {};
  const amount = side === 'limits' ? (limits[resource] ?? context.allocatable[resource]) : side === 'requests' ? (requests[resource] ?? limits[resource]) : undefined;
  if (side !== 'limits' && side !== 'requests') throw new Error(`unsupported container resource : ${field.resource}`);
  const divisor = field.divisor && field.divisor !== '0' ? field.divisor : '1';
  if (resource === 'cpu') return String(Math.ceil(quantityMilliValue(amount ?? '0') / quantityMilliValue(divisor)));
  return ceilDivide(parseQuantity(amount ?? '0').nanos, parseQuantity(divisor).nanos).toString();
}
