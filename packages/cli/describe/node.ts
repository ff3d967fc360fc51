/**
 * Nodes.
 */
import { addQuantities, compareQuantities, quantityMilliValue } from '#machinery/quantity.ts';
import { ageText } from '#machinery/time.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import { type Describer, describeHeader } from './context.ts';
import { timeText } from './pod.ts';
import type { DescribeWriter } from './writer.ts';

type Amounts = Readonly<Record<string, string>>;

/** A Node with the pods on it and what they hold. */
export const describeNode: Describer = async (writer, node, context) => {
  describeHeader(writer, node);
  const roles = Object.keys(node.metadata.labels ?? {}).flatMap((label) => (label.startsWith('node-role.kubernetes.io/') ? [label.slice('node-role.kubernetes.io/'.length)] : []));
  writer.field('Roles', roles.join(',') || '<none>');
  writer.map('Labels', node.metadata.labels);
  writer.map('Annotations', node.metadata.annotations, ': ');
  writer.field('CreationTimestamp', timeText(node.metadata.creationTimestamp ?? ''));
  const taints = listAt(node, 'spec', 'taints').map((one) => `${textAt(one, 'key')}${textAt(one, 'value') ? `=${textAt(one, 'value')}` : ''}:${textAt(one, 'effect')}`);
  writer.field('Taints', taints.join('\n') || '<none>');
  writer.field('Unschedulable', valueAt(node, 'spec', 'unschedulable') === true);
  const conditions = listAt(node, 'status', 'conditions').map((one) => [
    textAt(one, 'type'),
    textAt(one, 'status'),
    timeText(textAt(one, 'lastHeartbeatTime')),
    timeText(textAt(one, 'lastTransitionTime')),
    textAt(one, 'reason'),
    textAt(one, 'message'),
  ]);
  writer.section('Conditions', () => writer.table([['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'], ['----', '------', '-----------------', '------------------', '------', '-------'], ...conditions]));
  writer.section('Addresses', () => {
    for (const one of listAt(node, 'status', 'addresses')) writer.field(textAt(one, 'type'), textAt(one, 'address'));
  });
  for (const field of ['capacity', 'allocatable'] as const) {
    writer.section(field === 'capacity' ? 'Capacity' : 'Allocatable', () => {
      for (const [name, amount] of Object.entries((valueAt(node, 'status', field) ?? {}) as Amounts)) writer.field(name, amount);
    });
  }
  systemInfo(writer, node);
  if (textAt(node, 'spec', 'podCIDR')) {
    writer.field('PodCIDR', textAt(node, 'spec', 'podCIDR'));
    writer.field('PodCIDRs', listAt<string>(node, 'spec', 'podCIDRs').join(','));
  }
  const pods = await context.list('pods', undefined, { fieldSelector: `spec.nodeName=${node.metadata.name},status.phase!=Succeeded,status.phase!=Failed` });
  podTable(writer, node, pods, context.nowMs);
};

const INFO: readonly (readonly [string, string])[] = [
  ['Machine ID', 'machineID'],
  ['System UUID', 'systemUUID'],
  ['Boot ID', 'bootID'],
  ['Kernel Version', 'kernelVersion'],
  ['OS Image', 'osImage'],
  ['Operating System', 'operatingSystem'],
  ['Architecture', 'architecture'],
  ['Container Runtime Version', 'containerRuntimeVersion'],
  ['Kubelet Version', 'kubeletVersion'],
];

function systemInfo(writer: DescribeWriter, node: AnyObject): void {
  writer.section('System Info', () => {
    for (const [title, field] of INFO) writer.field(title, textAt(node, 'status', 'nodeInfo', field));
  });
}

function podTable(writer: DescribeWriter, node: AnyObject, pods: readonly AnyObject[], nowMs: number): void {
  const allocatable = (valueAt(node, 'status', 'allocatable') ?? {}) as Amounts;
  const share = (name: string, amount: string): string => `${amount} (${percent(amount, allocatable[name])}%)`;
  const rows = pods.map((pod) => {
    const [requests, limits] = [sum(pod, 'requests'), sum(pod, 'limits')];
    const of = (amounts: Amounts, name: string): string => share(name, amounts[name] ?? '0');
    return [pod.metadata.namespace ?? '', pod.metadata.name, of(requests, 'cpu'), of(limits, 'cpu'), of(requests, 'memory'), of(limits, 'memory'), ageText(pod.metadata.creationTimestamp, nowMs)];
  });
  writer.field('Non-terminated Pods', `(${pods.length} in total)`);
  writer.table([['  Namespace', 'Name', 'CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age'], ['  ---------', '----', '------------', '----------', '---------------', '-------------', '---'], ...rows.map(([first, ...rest]) => [`  ${first}`, ...rest])]);
  writer.section('Allocated resources', () => {
    writer.line('(Total limits may be over 100 percent, i.e., overcommitted.)');
    const total = (kind: 'requests' | 'limits', name: string): string => pods.map((pod) => sum(pod, kind)[name] ?? '0').reduce((a, b) => addQuantities(a, b), '0');
    const line = (name: string): string[] => [name, share(name, total('requests', name)), share(name, total('limits', name))];
    writer.table([['Resource', 'Requests', 'Limits'], ['--------', '--------', '------'], line('cpu'), line('memory'), line('ephemeral-storage')]);
  });
}

/** What a pod's containers ask for together; an init container counts when it asks for more than they do. */
function sum(pod: AnyObject, kind: 'requests' | 'limits'): Amounts {
  const total: Record<string, string> = {};
  for (const container of listAt(pod, 'spec', 'containers')) {
    for (const [name, amount] of Object.entries((valueAt(container, 'resources', kind) ?? {}) as Amounts)) total[name] = addQuantities(total[name] ?? '0', amount);
  }
  for (const container of listAt(pod, 'spec', 'initContainers')) {
    for (const [name, amount] of Object.entries((valueAt(container, 'resources', kind) ?? {}) as Amounts)) {
      if (compareQuantities(amount, total[name] ?? '0') > 0) total[name] = amount;
    }
  }
  return total;
}

function percent(amount: string, of: string | undefined): number {
  const whole = of === undefined ? 0 : quantityMilliValue(of);
  return whole === 0 ? 0 : Math.floor((quantityMilliValue(amount) / whole) * 100);
}
