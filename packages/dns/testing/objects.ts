/**
 * A small cluster for tests of names.
 */
import type { Service } from '#kinds/core/service/schema.ts';
import type { EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import type { ClusterView } from '../records.ts';

const service = (namespace: string, name: string, spec: Partial<Service['spec']>): Service => ({
  kind: 'Service',
  apiVersion: 'v1',
  metadata: { name, namespace },
  spec: { ...spec, ...(spec.clusterIP ? { clusterIPs: [spec.clusterIP] } : {}) },
  status: { loadBalancer: {} },
});

const slice = (namespace: string, of: string, fields: Pick<EndpointSlice, 'endpoints' | 'ports'>): EndpointSlice => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: { name: `${of}-1`, namespace, labels: { 'kubernetes.io/service-name': of } },
  addressType: 'IPv4',
  ...fields,
});

/** Services `default/{web,db,empty,bare,outside,inside}` and their endpoints. */
export const SERVICES: readonly Service[] = [
  service('default', 'web', {
    type: 'ClusterIP',
    clusterIP: '10.96.0.20',
    ports: [
      { name: 'http', protocol: 'TCP', port: 80 },
      { name: 'metrics', protocol: 'TCP', port: 9090 },
    ],
  }),
  service('default', 'db', { type: 'ClusterIP', clusterIP: 'None', ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }] }),
  service('default', 'empty', { type: 'ClusterIP', clusterIP: 'None', ports: [{ port: 1 }] }),
  service('default', 'bare', { type: 'ClusterIP', clusterIP: 'None' }),
  service('default', 'outside', { type: 'ExternalName', externalName: 'Example.com.' }),
  service('default', 'inside', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }),
];

/** Endpoints of `db` (two ready, one not) and `bare`. */
export const SLICES: readonly EndpointSlice[] = [
  slice('default', 'db', {
    ports: [{ name: 'sql', protocol: 'TCP', port: 5432 }],
    endpoints: [
      { addresses: ['10.244.1.5'], conditions: { ready: true }, hostname: 'db-0' },
      { addresses: ['10.244.2.6'], conditions: { ready: true } },
      { addresses: ['10.244.2.7'], conditions: { ready: false }, hostname: 'db-2' },
    ],
  }),
  slice('default', 'bare', { ports: [], endpoints: [{ addresses: ['10.244.3.1'], conditions: {} }] }),
];

/** The view of these objects. */
export function viewOf(services: readonly Service[] = SERVICES, slices: readonly EndpointSlice[] = SLICES): ClusterView {
  return {
    service: (namespace, name) => services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    slices: (namespace, name) =>
      slices.filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name),
    hasServices: (namespace) => services.some(({ metadata }) => metadata.namespace === namespace),
    servicesByIp: (address) => services.filter(({ spec }) => spec.clusterIP === address),
    slicesByAddress: (address) => slices.filter(({ endpoints }) => endpoints.some(({ addresses }) => addresses.includes(address))),
  };
}
