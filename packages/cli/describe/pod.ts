/**
 * Pods and pod templates.
 */
import { ageText } from '#machinery/time.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import { describeContainers } from './containers.ts';
import { describeController, type Describer, timeText } from './context.ts';
import { describeVolumes } from './volumes.ts';
import type { DescribeWriter } from './writer.ts';

type Labels = Readonly<Record<string, string>> | undefined;

/** A Pod. */
export const describePod: Describer = (writer, pod, context) => {
  const spec = valueAt(pod, 'spec');
  writer.field('Name', pod.metadata.name);
  writer.field('Namespace', pod.metadata.namespace);
  if (valueAt(spec, 'priority') !== undefined) writer.field('Priority', valueAt(spec, 'priority'));
  if (textAt(spec, 'priorityClassName')) writer.field('Priority Class Name', textAt(spec, 'priorityClassName'));
  if (textAt(spec, 'runtimeClassName')) writer.field('Runtime Class Name', textAt(spec, 'runtimeClassName'));
  if (textAt(spec, 'serviceAccountName')) writer.field('Service Account', textAt(spec, 'serviceAccountName'));
  const node = textAt(spec, 'nodeName');
  writer.field('Node', node ? `${node}/${textAt(pod, 'status', 'hostIP')}` : '<none>');
  if (textAt(pod, 'status', 'startTime')) writer.field('Start Time', timeText(textAt(pod, 'status', 'startTime')));
  writer.labels('Labels', pod.metadata.labels);
  writer.annotations('Annotations', pod.metadata.annotations);
  status(writer, pod, context.nowMs);
  describeController(writer, pod);
  if (textAt(pod, 'status', 'nominatedNodeName')) writer.field('NominatedNodeName', textAt(pod, 'status', 'nominatedNodeName'));
  const groups = [['Init Containers', 'initContainers', 'initContainerStatuses'], ['Containers', 'containers', 'containerStatuses'], ['Ephemeral Containers', 'ephemeralContainers', 'ephemeralContainerStatuses']] as const;
  for (const [title, field, statusField] of groups) {
    const specs = listAt(spec, field);
    if (specs.length > 0) describeContainers(writer, { title, specs, statuses: listAt(pod, 'status', statusField), fieldValue: (path) => fieldOf(pod, path) });
  }
  conditions(writer, pod);
  describeVolumes(writer, spec, '  ');
  if (textAt(pod, 'status', 'qosClass')) writer.field('QoS Class', textAt(pod, 'status', 'qosClass'));
  placement(writer, spec);
};

function status(writer: DescribeWriter, pod: AnyObject, nowMs: number): void {
  if (pod.metadata.deletionTimestamp) {
    writer.field('Status', `Terminating (lasts ${ageText(pod.metadata.deletionTimestamp, nowMs)})`);
    writer.field('Termination Grace Period', `${textAt(pod, 'metadata', 'deletionGracePeriodSeconds')}s`);
  } else writer.field('Status', textAt(pod, 'status', 'phase'));
  for (const [name, field] of [['Reason', 'reason'], ['Message', 'message']] as const) if (textAt(pod, 'status', field)) writer.field(name, textAt(pod, 'status', field));
  const profile = valueAt(pod, 'spec', 'securityContext', 'seccompProfile');
  if (profile) {
    writer.field('SeccompProfile', textAt(profile, 'type'));
    if (textAt(profile, 'type') === 'Localhost') writer.field('LocalhostProfile', textAt(profile, 'localhostProfile'));
  }
  writer.field('IP', textAt(pod, 'status', 'podIP'));
  const ips = listAt<{ ip: string }>(pod, 'status', 'podIPs');
  if (ips.length === 0) writer.field('IPs', '<none>');
  else writer.section('IPs', () => ips.forEach(({ ip }) => writer.field('IP', ip)));
}

function conditions(writer: DescribeWriter, pod: AnyObject): void {
  const gates = listAt(pod, 'spec', 'readinessGates').map((gate) => textAt(gate, 'conditionType'));
  const all = listAt(pod, 'status', 'conditions');
  if (gates.length > 0) {
    writer.section('Readiness Gates', () => {
      writer.line('Type\tStatus');
      for (const type of gates) writer.line(`${type} \t${textAt(all.find((one) => one['type'] === type), 'status') || '<none>'} `);
    });
  }
  if (all.length === 0) return;
  writer.section('Conditions', () => {
    writer.line('Type\tStatus');
    for (const one of all) writer.line(`${textAt(one, 'type')} \t${textAt(one, 'status')} `);
  });
}

/** The value of a field that the downward API knows. */
function fieldOf(pod: AnyObject, path: string): string {
  const [, field, key] = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path) ?? [];
  if (field) return textAt(pod, 'metadata', field, key!);
  // Statuses are not resolved: upstream answers them from the specification only where it has them.
  return textAt(pod, ...path.split('.'));
}

/** Where pods of a specification may go. */
function placement(writer: DescribeWriter, spec: unknown): void {
  writer.labels('Node-Selectors', valueAt(spec, 'nodeSelector') as Labels);
  writer.list('Tolerations', tolerations(spec));
  const spreads = listAt(spec, 'topologySpreadConstraints').map((one) => {
    const selector = Object.entries((valueAt(one, 'labelSelector', 'matchLabels') ?? {}) as Record<string, string>).map(([key, value]) => `${key}=${value}`);
    return `${textAt(one, 'topologyKey')}:${textAt(one, 'whenUnsatisfiable')} when max skew ${textAt(one, 'maxSkew')} is exceeded${selector.length > 0 ? ` for selector ${selector.toSorted().join(',')}` : ''}`;
  });
  if (spreads.length > 0) writer.field('Topology Spread Constraints', spreads.toSorted().join('\n'));
}

function tolerations(spec: unknown): string[] {
  return listAt(spec, 'tolerations')
    .toSorted((a, b) => (textAt(a, 'key') < textAt(b, 'key') ? -1 : 1))
    .map((one) => {
      const key = textAt(one, 'key');
      const value = textAt(one, 'value') ? `=${textAt(one, 'value')}` : '';
      const effect = textAt(one, 'effect') ? `:${textAt(one, 'effect')}` : '';
      const operator = textAt(one, 'operator') === 'Exists' && !value ? `${key || effect ? ' ' : ''}op=Exists` : '';
      const seconds = one['tolerationSeconds'] === undefined ? '' : ` for ${textAt(one, 'tolerationSeconds')}s`;
      return `${key}${value}${effect}${operator}${seconds}`;
    });
}

/** A pod template, as workloads show it. */
export function describeTemplate(writer: DescribeWriter, template: unknown): void {
  writer.section('Pod Template', () => {
    const spec = valueAt(template, 'spec');
    writer.labels('Labels', valueAt(template, 'metadata', 'labels') as Labels);
    const annotations = valueAt(template, 'metadata', 'annotations') as Labels;
    if (annotations) writer.annotations('Annotations', annotations);
    if (textAt(spec, 'serviceAccountName')) writer.field('Service Account', textAt(spec, 'serviceAccountName'));
    if (listAt(spec, 'initContainers').length > 0) describeContainers(writer, { title: 'Init Containers', specs: listAt(spec, 'initContainers') });
    describeContainers(writer, { title: 'Containers', specs: listAt(spec, 'containers') });
    describeVolumes(writer, spec, ' ');
    if (textAt(spec, 'priorityClassName')) writer.field('Priority Class Name', textAt(spec, 'priorityClassName'));
    placement(writer, spec);
  });
}
