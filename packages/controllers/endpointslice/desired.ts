/**
 * The endpoints a Service should have in one address family, by the ports they offer.
 *
 * Source: upstream `endpointslice/utils.go`.
 */
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { endpointHostname, HEADLESS_LABEL, hasEndpoint, isHeadless, podIPs, targetPort } from '../service-endpoints/pod-endpoints.ts';
import { isPodReady, isTerminating } from '../workload/pod-state.ts';
import { portsKey } from './slices.ts';
import { asksForHints } from './topology-hints.ts';
import type { PortGroup } from './slices.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const MANAGER = 'endpointslice-controller.k8s.io';
const ZONE = 'topology.kubernetes.io/zone';

type Family = EndpointSlice['addressType'];

/** The address families of a Service's slices. */
export function familiesOf(service: Service): readonly Family[] {
  const families = (service.spec.ipFamilies ?? []).filter((family) => family !== '');
  if (families.length > 0) return families;
  return [(service.spec.clusterIP ?? '').includes(':') ? 'IPv6' : 'IPv4'];
}

/** The labels of a Service's slices: its own, and whose they are. */
export function sliceLabels(service: Service): Readonly<Record<string, string>> {
  const { [SERVICE_NAME]: _, [MANAGED_BY]: __, [HEADLESS_LABEL]: ___, ...labels } = service.metadata.labels ?? {};
  return { ...labels, ...(isHeadless(service) ? { [HEADLESS_LABEL]: '' } : {}), [SERVICE_NAME]: service.metadata.name ?? '', [MANAGED_BY]: MANAGER };
}

function portsOf(pod: Pod, service: Service): readonly EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const one of service.spec.ports ?? []) {
    const port = targetPort(pod, one);
    if (port === undefined) continue;
    ports.push({ name: one.name ?? '', protocol: one.protocol ?? 'TCP', port, ...(one.appProtocol ? { appProtocol: one.appProtocol } : {}) });
  }
  return ports;
}

/** Who should use the endpoint, when the Service prefers near ones. */
function hintsOf(service: Service, zone: string | undefined, nodeName: string | undefined): Endpoint['hints'] {
  const { trafficDistribution } = service.spec;
  if (!trafficDistribution || !zone || asksForHints(service)) return undefined;
  const forZones = [{ name: zone }];
  return trafficDistribution === 'PreferSameNode' && nodeName ? { forZones, forNodes: [{ name: nodeName }] } : { forZones };
}

function endpointOf(pod: Pod, node: Node | undefined, service: Service, family: Family): Endpoint | undefined {
  const addresses = podIPs(pod).filter((ip) => ip.includes(':') === (family === 'IPv6'));
  if (addresses.length === 0) return undefined;
  const serving = isPodReady(pod);
  const terminating = isTerminating(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const { namespace, name, uid } = pod.metadata;
  const zone = node?.metadata.labels?.[ZONE];
  const hostname = endpointHostname(pod, service);
  const hints = ready ? hintsOf(service, zone, pod.spec.nodeName) : undefined;
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hostname ? { hostname } : {}),
    targetRef: { kind: 'Pod', ...(namespace ? { namespace } : {}), ...(name ? { name } : {}), ...(uid ? { uid } : {}) },
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(hints ? { hints } : {}),
  };
}

/** What should be in the slices of one family, and pods that were left out because their node is unknown so far. */
export function desiredEndpoints(service: Service, pods: readonly Pod[], family: Family, nodeOf: (name: string) => Node | undefined): { readonly groups: readonly PortGroup[]; readonly skipped: readonly Pod[] } {
  const groups = new Map<string, { readonly ports: readonly EndpointPort[]; readonly endpoints: Endpoint[] }>();
  const skipped: Pod[] = [];
  for (const pod of pods) {
    if (!hasEndpoint(pod, true)) continue;
    const node = pod.spec.nodeName ? nodeOf(pod.spec.nodeName) : undefined;
    if (!node && !service.spec.publishNotReadyAddresses) {
      skipped.push(pod);
      continue;
    }
    const endpoint = endpointOf(pod, node, service, family);
    if (!endpoint) continue;
    const ports = portsOf(pod, service);
    const key = portsKey(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    group.endpoints.push(endpoint);
  }
  return { groups: [...groups.values()], skipped };
}
