/**
 * Nodes.
 */
import { addQuantities, compareQuantities, quantityMilliValue } from '#machinery/quantity.ts';
import { ageText } from '#machinery/time.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import { findObject } from '../commands/apply.ts';
import { objectPath } from '../resources.ts';
import { type DescribeContext, type Describer, timeText } from './context.ts';
import { type DescribeWriter, sorted } from './writer.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';

type Amounts = Readonly<Record<string, string>>;

/** A Node with the pods on it and what they hold. */
export const describeNode: Describer = async (writer, node, context) => {
  writer.field('Name', node.metadata.name);
  const roles = Object.keys(node.metadata.labels ?? {}).flatMap((label) => (label.startsWith(ROLE_PREFIX) ? [label.slice(ROLE_PREFIX.length)] : []));
  writer.field('Roles', roles.toSorted().join(',') || '<none>');
  writer.labels('Labels', node.metadata.labels);
  writer.annotations('Annotations', node.metadata.annotations);
  writer.field('CreationTimestamp', timeText(node.metadata.creationTimestamp ?? ''));
  const taints = listAt(node, 'spec', 'taints').map((one) => `${textAt(one, 'key')}${textAt(one, 'value') ? `=${textAt(one, 'value')}` : ''}:${textAt(one, 'effect')}`);
  writer.field('Taints', taints.toSorted().join('\n') || '<none>');
  writer.field('Unschedulable', valueAt(node, 'spec', 'unschedulable') === true);
  await lease(writer, node, context);
  writer.section('Conditions', () => {
    writer.line('Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage');
    writer.line('----\t------\t-----------------\t------------------\t------\t-------');
    for (const one of listAt(node, 'status', 'conditions')) {
      const [heartbeat, transition] = [timeText(textAt(one, 'lastHeartbeatTime')), timeText(textAt(one, 'lastTransitionTime'))];
      writer.line(`${textAt(one, 'type')} \t${textAt(one, 'status')} \t${heartbeat} \t${transition} \t${textAt(one, 'reason')} \t${textAt(one, 'message')}`);
    }
  });
  writer.section('Addresses', () => {
    for (const one of listAt(node, 'status', 'addresses')) writer.field(textAt(one, 'type'), textAt(one, 'address'));
  });
  for (const [title, field] of [['Capacity', 'capacity'], ['Allocatable', 'allocatable']] as const) {
    const amounts = sorted(valueAt(node, 'status', field) as Amounts | undefined);
    if (amounts.length > 0) writer.section(title, () => amounts.forEach(([name, amount]) => writer.field(name, amount)));
  }
  systemInfo(writer, node);
  if (textAt(node, 'spec', 'podCIDR')) writer.field('PodCIDR', textAt(node, 'spec', 'podCIDR'));
  if (listAt(node, 'spec', 'podCIDRs').length > 0) writer.field('PodCIDRs', listAt<string>(node, 'spec', 'podCIDRs').join(','));
  if (textAt(node, 'spec', 'providerID')) writer.field('ProviderID', textAt(node, 'spec', 'providerID'));
  const pods = await context.list('pods', undefined, { fieldSelector: `spec.nodeName=${node.metadata.name},status.phase!=Succeeded,status.phase!=Failed` });
  podTable(writer, node, pods, context.nowMs);
};

/** What the node last said of itself. */
async function lease(writer: DescribeWriter, node: AnyObject, { session, map }: DescribeContext): Promise<void> {
  const found = await findObject(session, objectPath(map.resolve('leases.coordination.k8s.io'), 'kube-node-lease', node.metadata.name));
  if (!found) {
    writer.line(`Lease:\tFailed to get lease: leases.coordination.k8s.io "${node.metadata.name}" not found`);
    return;
  }
  writer.section('Lease', () => {
    const at = (field: string): string => (textAt(found, 'spec', field) ? timeText(textAt(found, 'spec', field)) : '<unset>');
    writer.field('HolderIdentity', textAt(found, 'spec', 'holderIdentity') || '<unset>');
    writer.field('AcquireTime', at('acquireTime'));
    writer.field('RenewTime', at('renewTime'));
  });
}

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
  writer.line(`Non-terminated Pods:\t(${pods.length} in total)`);
  writer.indented(() => {
    writer.line('Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge');
    writer.line('---------\t----\t\t------------\t----------\t---------------\t-------------\t---');
    for (const [namespace, name, ...rest] of rows) writer.line([namespace, name, '', ...rest].join('\t'));
  });
  writer.section('Allocated resources', () => {
    writer.line('(Total limits may be over 100 percent, i.e., overcommitted.)');
    const total = (kind: 'requests' | 'limits', name: string): string => pods.map((pod) => sum(pod, kind)[name] ?? '0').reduce((a, b) => addQuantities(a, b), '0');
    const more = Object.keys(allocatable).filter((name) => name.startsWith('hugepages-') || name.includes('/'));
    writer.line('Resource\tRequests\tLimits');
    writer.line('--------\t--------\t------');
    for (const name of ['cpu', 'memory', 'ephemeral-storage', ...more.toSorted()]) {
      const amounts = [total('requests', name), total('limits', name)];
      // What is counted in whole things has no share.
      writer.line([name, ...(name.includes('/') ? amounts : amounts.map((amount) => share(name, amount)))].join('\t'));
    }
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
