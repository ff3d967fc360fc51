import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn, NONE } from '../../cells.ts';
import type { Node } from './schema.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

/** What `kubectl get nodes` shows. */
export const nodeColumns: readonly Column<Node>[] = [
  nameColumn,
  { name: 'Status', type: 'string', description: 'The status of the node', cell: statusText },
  { name: 'Roles', type: 'string', description: 'The roles of the node', cell: rolesText },
  ageColumn,
  { name: 'Version', type: 'string', description: 'Version of the kubelet.', cell: ({ status }) => status.nodeInfo?.kubeletVersion ?? '' },
  { name: 'Internal-IP', type: 'string', description: 'Address inside the cluster.', priority: 1, cell: (node) => addressOf(node, 'InternalIP') },
  { name: 'External-IP', type: 'string', description: 'Address outside the cluster.', priority: 1, cell: (node) => addressOf(node, 'ExternalIP') },
  { name: 'OS-Image', type: 'string', description: 'Operating system.', priority: 1, cell: ({ status }) => status.nodeInfo?.osImage || '<unknown>' },
  {
    name: 'Kernel-Version',
    type: 'string',
    description: 'Kernel and architecture.',
    priority: 1,
    cell: kernelText,
  },
  {
    name: 'Container-Runtime',
    type: 'string',
    description: 'Container runtime and its version.',
    priority: 1,
    cell: ({ status }) => status.nodeInfo?.containerRuntimeVersion || '<unknown>',
  },
];

function statusText({ spec, status }: Node): string {
  const ready = status.conditions?.find((one) => one.type === 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return spec.unschedulable ? `${word},SchedulingDisabled` : word;
}

function rolesText({ metadata }: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === ROLE_LABEL && value) roles.add(value);
  }
  return [...roles].toSorted().join(',') || NONE;
}

function kernelText({ status: { nodeInfo } }: Node): string {
  const kernel = nodeInfo?.kernelVersion || '<unknown>';
  return nodeInfo?.architecture ? `${kernel} (${nodeInfo.architecture})` : kernel;
}

function addressOf({ status }: Node, type: string): string {
  return status.addresses?.find((one) => one.type === type)?.address ?? NONE;
}
