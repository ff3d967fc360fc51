/**
 * Short ways to write services and slices in tests.
 */
import type { Endpoint, EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import type { Service, ServicePort, ServiceSpec } from '#kinds/core/service/schema.ts';

/** A ClusterIP service `default/NAME` with one TCP port 80 unless told otherwise. */
export function service(
  name: string,
  spec: Partial<ServiceSpec> & { readonly ingress?: readonly { ip: string; ipMode?: 'VIP' | 'Proxy' }[] } = {},
): Service {
  const { ingress, ...rest } = spec;
  const port: ServicePort = { port: 80, protocol: 'TCP', targetPort: 8080 };
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: { name, namespace: 'default' },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.50', clusterIPs: [rest.clusterIP ?? '10.96.0.50'], ports: [port], ...rest },
    status: { loadBalancer: ingress ? { ingress } : {} },
  };
}

/** An endpoint from `ADDRESS[@NODE][!notready|!terminating|!gone]`. */
export function endpoint(text: string): Endpoint {
  const [where = '', state] = text.split('!');
  const [address = '', nodeName] = where.split('@');
  const ready = state === undefined;
  return {
    addresses: [address],
    conditions: { ready, serving: ready || state === 'terminating', terminating: state === 'terminating' || state === 'gone' },
    ...(nodeName ? { nodeName } : {}),
  };
}

/** A slice of the service with these endpoints. */
export function slice(
  serviceName: string,
  endpoints: readonly string[],
  port: { name?: string; protocol?: 'TCP' | 'UDP'; port?: number } = {},
): EndpointSlice {
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name: `${serviceName}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': serviceName } },
    addressType: 'IPv4',
    endpoints: endpoints.map(endpoint),
    ports: [{ name: port.name ?? '', protocol: port.protocol ?? 'TCP', port: port.port ?? 8080 }],
  };
}
