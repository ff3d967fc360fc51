/**
 * What a pod offers a Service: whether it belongs among its endpoints, on which ports, under which name.
 *
 * Source: upstream `pkg/api/v1/pod` FindPort and the endpoint utilities.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Service, ServicePort } from '#kinds/core/service/schema.ts';
import { isPodReady, isPodTerminal, isTerminating } from '../workload/pod-state.ts';

/** Marks slices and endpoints of Services without a virtual IP. */
export const HEADLESS_LABEL = 'service.kubernetes.io/headless';
/** When the change began that an endpoints object shows; for measuring how long changes take to get through. */
export const TRIGGER_TIME = 'endpoints.kubernetes.io/last-change-trigger-time';

/** Whether this controller makes endpoints for the Service at all. */
export function hasManagedEndpoints(service: Service): boolean {
  return service.spec.type !== 'ExternalName' && service.spec.selector !== undefined && Object.keys(service.spec.selector).length > 0;
}

/** Whether the Service has no virtual IP. */
export function isHeadless(service: Service): boolean {
  return service.spec.clusterIP === 'None' || !service.spec.clusterIP;
}

/** Whether a Service selects a pod by its labels. */
export function selectsPod(service: Service, pod: Pod): boolean {
  const labels = pod.metadata.labels ?? {};
  return hasManagedEndpoints(service) && Object.entries(service.spec.selector ?? {}).every(([name, value]) => labels[name] === value);
}

/** Whether the pod has an address and has not ended; terminating pods count only when asked for. */
export function hasEndpoint(pod: Pod, includeTerminating: boolean): boolean {
  if (isPodTerminal(pod) || podIPs(pod).length === 0) return false;
  return includeTerminating || !isTerminating(pod);
}

/** All IPs of a pod, the primary one first. */
export function podIPs(pod: Pod): readonly string[] {
  const ips = (pod.status.podIPs ?? []).map(({ ip }) => ip);
  return ips.length > 0 || !pod.status.podIP ? ips : [pod.status.podIP];
}

/** The number of the pod's port that a Service port leads to; `undefined` when the pod has no port of that name. */
export function targetPort(pod: Pod, port: ServicePort): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...pod.spec.containers, ...sidecars]) {
    const found = container.ports?.find(({ name, protocol = 'TCP' }) => name === target && protocol === (port.protocol ?? 'TCP'));
    if (found) return found.containerPort;
  }
  return undefined;
}

/** The pod's host name, if it has a DNS name of its own below the Service. */
export function endpointHostname(pod: Pod, service: Service): string | undefined {
  return pod.spec.hostname && pod.spec.subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace ? pod.spec.hostname : undefined;
}

/** Whether an update of a pod can concern the endpoints of any Service. */
export function endpointChanged(pod: Pod, old: Pod): boolean {
  return (
    isPodReady(pod) !== isPodReady(old) ||
    isTerminating(pod) !== isTerminating(old) ||
    isPodTerminal(pod) !== isPodTerminal(old) ||
    pod.metadata.labels !== old.metadata.labels ||
    pod.spec.nodeName !== old.spec.nodeName ||
    pod.spec.hostname !== old.spec.hostname ||
    pod.spec.subdomain !== old.spec.subdomain ||
    podIPs(pod).join() !== podIPs(old).join()
  );
}
