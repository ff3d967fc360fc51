/**
 * Defaults of services.
 *
 * Source: kubernetes `pkg/apis/core/v1/defaults.go` SetDefaults_Service.
 */
import type { Draft } from '#machinery/schema.ts';
import type { Service, ServiceSpec, ServiceStatus } from './schema.ts';
import { isExternallyAccessible } from './traits.ts';

/** How long a client sticks to a pod: three hours. */
const DEFAULT_AFFINITY_SECONDS = 10_800;

/** Fills a service. */
export function defaultService(draft: Draft<Service>): void {
  const spec = (draft.spec ??= {});
  spec.sessionAffinity ||= 'None';
  defaultAffinity(spec);
  spec.type ||= 'ClusterIP';
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP';
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port ?? 0;
  }
  if (isExternallyAccessible(spec)) spec.externalTrafficPolicy ||= 'Cluster';
  if (spec.type !== 'ExternalName') spec.internalTrafficPolicy ??= 'Cluster';
  if (spec.type === 'LoadBalancer') {
    spec.allocateLoadBalancerNodePorts ??= true;
    if (draft.status) defaultIngress(draft.status);
  }
}

/** Addresses of a load balancer are virtual unless said otherwise. */
export function defaultIngress(status: Draft<ServiceStatus>): void {
  const { ingress } = status.loadBalancer ?? {};
  if (ingress) status.loadBalancer = { ...status.loadBalancer, ingress: ingress.map((one) => (one.ip ? { ...one, ipMode: one.ipMode ?? 'VIP' } : one)) };
}

function defaultAffinity(spec: Draft<ServiceSpec>): void {
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig) delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: DEFAULT_AFFINITY_SECONDS } };
  }
}
