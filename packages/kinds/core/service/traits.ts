/** What a service needs allocated, from its type. */
import type { Draft } from '#machinery/schema.ts';
import type { ServiceSpec } from './schema.ts';

type Spec = ServiceSpec | Draft<ServiceSpec>;

/** Whether the service has a virtual IP or is explicitly headless. */
export function needsClusterIP(spec: Spec): boolean {
  return spec.type !== 'ExternalName';
}

/** Whether the service opens a port on every node. */
export function needsNodePort(spec: Spec): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
}

/** Whether the service is reached from outside the cluster. */
export function isExternallyAccessible(spec: Spec): boolean {
  return spec.type === 'LoadBalancer' || spec.type === 'NodePort' || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
}

/** Whether load balancers need a port to ask each node if it has endpoints. */
export function needsHealthCheckNodePort(spec: Spec): boolean {
  return spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';
}

/** Whether the service has no virtual IP: its DNS name gives the pods themselves. */
export function isHeadless(spec: Spec): boolean {
  return spec.clusterIP === 'None';
}
