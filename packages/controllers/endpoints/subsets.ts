/**
 * The subsets of an Endpoints object: addresses that offer the same ports together.
 *
 * Source: upstream `pkg/controller/endpoint` and RepackSubsets.
 */
import type { EndpointAddress, EndpointPort, EndpointSubset } from '#kinds/core/endpoints/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { isPodReady } from '../workload/pod-state.ts';
import { endpointHostname, hasEndpoint, podIPs, targetPort } from '../service-endpoints/pod-endpoints.ts';

/** Addresses that one Endpoints object holds at most. */
export const MAX_ADDRESSES = 1000;

/** The pod's address in the Service's primary family. */
function addressOf(pod: Pod, service: Service): EndpointAddress | undefined {
  const v6 = service.spec.ipFamilies?.[0] === 'IPv6' || (!service.spec.ipFamilies?.length && (service.spec.clusterIP ?? '').includes(':'));
  const ip = podIPs(pod).find((one) => one.includes(':') === v6);
  if (ip === undefined) return undefined;
  const { namespace, name, uid } = pod.metadata;
  const hostname = endpointHostname(pod, service);
  return {
    ip,
    ...(hostname ? { hostname } : {}),
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', ...(namespace ? { namespace } : {}), ...(name ? { name } : {}), ...(uid ? { uid } : {}) },
  };
}

/** The ports that a pod offers; a headless Service needs none. */
function portsOf(pod: Pod, service: Service): readonly EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const one of service.spec.ports ?? []) {
    const port = targetPort(pod, one);
    if (port === undefined) continue;
    ports.push({ ...(one.name ? { name: one.name } : {}), port, protocol: one.protocol ?? 'TCP', ...(one.appProtocol ? { appProtocol: one.appProtocol } : {}) });
  }
  return ports;
}

interface Group {
  readonly ports: readonly EndpointPort[];
  readonly ready: EndpointAddress[];
  readonly notReady: EndpointAddress[];
}

const byIp = (a: EndpointAddress, b: EndpointAddress): number => (a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : (a.targetRef?.uid ?? '') < (b.targetRef?.uid ?? '') ? -1 : 1);

/** The subsets of a Service over its pods. */
export function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const publishAll = service.spec.publishNotReadyAddresses ?? false;
  const portless = !service.spec.ports?.length;
  if (portless && service.spec.clusterIP !== 'None') return [];
  const groups = new Map<string, Group>();
  for (const pod of pods) {
    const address = hasEndpoint(pod, publishAll) ? addressOf(pod, service) : undefined;
    if (!address) continue;
    const ports = portsOf(pod, service);
    if (ports.length === 0 && !portless) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    (publishAll || isPodReady(pod) ? group.ready : group.notReady).push(address);
  }
  return [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { ports, ready, notReady }]) => ({
    ...(ready.length > 0 ? { addresses: ready.toSorted(byIp) } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady.toSorted(byIp) } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }));
}

function countAddresses(subsets: readonly EndpointSubset[]): number {
  return subsets.reduce((sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length, 0);
}

/** At most `MAX_ADDRESSES` addresses, ready ones first; `truncated` when some had to be left out. */
export function truncateSubsets(subsets: readonly EndpointSubset[]): { readonly subsets: readonly EndpointSubset[]; readonly truncated: boolean } {
  if (countAddresses(subsets) <= MAX_ADDRESSES) return { subsets, truncated: false };
  let room = MAX_ADDRESSES;
  const take = <T>(items: readonly T[] | undefined): readonly T[] => {
    const taken = (items ?? []).slice(0, room);
    room -= taken.length;
    return taken;
  };
  const ready = subsets.map(({ addresses }) => take(addresses));
  const notReady = subsets.map(({ notReadyAddresses }) => take(notReadyAddresses));
  const cut = subsets.map(({ ports }, i) => ({
    ...(ready[i]!.length > 0 ? { addresses: ready[i]! } : {}),
    ...(notReady[i]!.length > 0 ? { notReadyAddresses: notReady[i]! } : {}),
    ...(ports ? { ports } : {}),
  }));
  return { subsets: cut.filter(({ addresses, notReadyAddresses }) => addresses ?? notReadyAddresses), truncated: true };
}
