import type { Column } from '#machinery/kind.ts';
import type { TableRowCondition } from '#machinery/meta-table.ts';
import { ageColumn, nameColumn, NONE } from '../../cells.ts';
import { printedStatus, restartsText } from './printed-status.ts';
import type { Pod } from './schema.ts';

/** What `kubectl get pods` shows. */
export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    description: 'The aggregate readiness state of this pod for accepting traffic.',
    cell(pod) {
      const { ready, total } = printedStatus(pod);
      return `${ready}/${total}`;
    },
  },
  { name: 'Status', type: 'string', description: 'The aggregate status of the containers in this pod.', cell: (pod) => printedStatus(pod).reason },
  {
    name: 'Restarts',
    type: 'string',
    description: 'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    cell: (pod, nowMs) => restartsText(printedStatus(pod), nowMs),
  },
  ageColumn,
  {
    name: 'IP',
    type: 'string',
    description: 'The first IP address assigned to the pod.',
    priority: 1,
    cell: (pod) => pod.status.podIPs?.[0]?.ip || NONE,
  },
  { name: 'Node', type: 'string', description: 'The node the pod runs on.', priority: 1, cell: (pod) => pod.spec.nodeName || NONE },
  {
    name: 'Nominated Node',
    type: 'string',
    description: 'The node on which pods are evicted to make room for this pod.',
    priority: 1,
    cell: (pod) => pod.status.nominatedNodeName || NONE,
  },
  {
    name: 'Readiness Gates',
    type: 'string',
    description: 'Readiness gates that are true, and how many there are.',
    priority: 1,
    cell: readinessGates,
  },
];

/** Pods that have ended say so beside their cells. Source: kubernetes `pkg/printers/internalversion/printers.go` printPod. */
export function podRowConditions({ status: { phase } }: Pod): readonly TableRowCondition[] | undefined {
  if (phase === 'Succeeded') return [{ type: 'Completed', status: 'True', reason: phase, message: 'The pod has completed successfully.' }];
  return phase === 'Failed' ? [{ type: 'Completed', status: 'True', reason: phase, message: 'The pod failed.' }] : undefined;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return NONE;
  const open = gates.filter((gate) => pod.status.conditions?.find((one) => one.type === gate.conditionType)?.status === 'True');
  return `${open.length}/${gates.length}`;
}
