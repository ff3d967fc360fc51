import type { Column } from '#machinery/kind.ts';
import { ageColumn, labelsCell, nameColumn, NONE } from '../../cells.ts';
import type { LoadBalancerStatus, Service, ServicePort } from './schema.ts';

/** What `kubectl get services` shows. */
export const serviceColumns: readonly Column<Service>[] = [
  nameColumn,
  { name: 'Type', type: 'string', description: 'How the service is exposed.', cell: ({ spec }) => spec.type ?? '' },
  { name: 'Cluster-IP', type: 'string', description: 'The virtual IP of the service.', cell: ({ spec }) => spec.clusterIPs?.[0] ?? NONE },
  { name: 'External-IP', type: 'string', description: 'Addresses outside the cluster.', cell: externalIP },
  { name: 'Port(s)', type: 'string', description: 'The ports of the service.', cell: ({ spec }) => portsText(spec.ports ?? []) || NONE },
  ageColumn,
  {
    name: 'Selector',
    type: 'string',
    description: 'Labels of the pods behind the service.',
    priority: 1,
    cell: ({ spec }) => labelsCell(spec.selector),
  },
];

function portsText(ports: readonly ServicePort[]): string {
  return ports.map((port) => (port.nodePort ? `${port.port}:${port.nodePort}/${port.protocol}` : `${port.port}/${port.protocol}`)).join(',');
}

function externalIP({ spec, status }: Service): string {
  const external = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.join(',') || NONE;
    case 'LoadBalancer':
      return [...balancerAddresses(status.loadBalancer), ...external].join(',') || '<pending>';
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

/** Addresses of a load balancer, each once, sorted. */
export function balancerAddresses(status: LoadBalancerStatus | undefined): string[] {
  return [...new Set((status?.ingress ?? []).map((one) => one.ip || one.hostname || ''))].filter(Boolean).toSorted();
}
