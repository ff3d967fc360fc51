/**
 * Pods and the containers of pod templates.
 */
import { timeToMs } from '#machinery/time.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import { conditionRows, type Describer, describeHeader } from './context.ts';
import type { DescribeWriter } from './writer.ts';

const TIME = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: '2-digit', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', second: '2-digit', timeZone: 'UTC' });

/** A time as descriptions show it: `Sat, 21 Nov 2026 05:11:09 +0000`; empty stays empty. */
export function timeText(text: string): string {
  if (!text) return '';
  const parts = Object.fromEntries(TIME.formatToParts(timeToMs(text)).map(({ type, value }) => [type, value]));
  return `${parts['weekday']}, ${parts['day']} ${parts['month']} ${parts['year']} ${parts['hour']}:${parts['minute']}:${parts['second']} +0000`;
}

/** A Pod. */
export const describePod: Describer = (writer, pod) => {
  describeHeader(writer, pod);
  writer.field('Priority', valueAt(pod, 'spec', 'priority') ?? 0);
  if (textAt(pod, 'spec', 'priorityClassName')) writer.field('Priority Class Name', textAt(pod, 'spec', 'priorityClassName'));
  writer.field('Service Account', textAt(pod, 'spec', 'serviceAccountName'));
  const node = textAt(pod, 'spec', 'nodeName');
  writer.field('Node', node ? `${node}/${textAt(pod, 'status', 'hostIP')}` : '<none>');
  if (textAt(pod, 'status', 'startTime')) writer.field('Start Time', timeText(textAt(pod, 'status', 'startTime')));
  writer.map('Labels', pod.metadata.labels);
  writer.map('Annotations', pod.metadata.annotations, ': ');
  if (pod.metadata.deletionTimestamp) writer.field('Status', `Terminating (lasts <${textAt(pod, 'metadata', 'deletionGracePeriodSeconds')}s)`);
  else writer.field('Status', textAt(pod, 'status', 'phase'));
  for (const [name, field] of [['Reason', 'reason'], ['Message', 'message']] as const) if (textAt(pod, 'status', field)) writer.field(name, textAt(pod, 'status', field));
  writer.field('IP', textAt(pod, 'status', 'podIP'));
  writer.section('IPs', () => {
    for (const { ip } of listAt<{ ip: string }>(pod, 'status', 'podIPs')) writer.field('IP', ip);
  });
  const owner = pod.metadata.ownerReferences?.find((one) => one.controller);
  if (owner) writer.field('Controlled By', `${owner.kind}/${owner.name}`);
  const spec = valueAt(pod, 'spec');
  if (listAt(spec, 'initContainers').length > 0) writer.section('Init Containers', () => containers(writer, listAt(spec, 'initContainers'), listAt(pod, 'status', 'initContainerStatuses')));
  writer.section('Containers', () => containers(writer, listAt(spec, 'containers'), listAt(pod, 'status', 'containerStatuses')));
  writer.section('Conditions', () => writer.table([['Type', 'Status'], ...conditionRows(pod)]));
  describeVolumes(writer, spec);
  writer.field('QoS Class', textAt(pod, 'status', 'qosClass'));
  writer.map('Node-Selectors', valueAt(spec, 'nodeSelector') as Record<string, string> | undefined);
  writer.field('Tolerations', tolerations(spec));
};

function tolerations(spec: unknown): string {
  const texts = listAt(spec, 'tolerations').map((one) => {
    const key = textAt(one, 'key');
    const value = textAt(one, 'value') ? `=${textAt(one, 'value')}` : '';
    const effect = textAt(one, 'effect') ? `:${textAt(one, 'effect')}` : '';
    const operator = textAt(one, 'operator') === 'Exists' ? ' op=Exists' : '';
    const seconds = one['tolerationSeconds'] === undefined ? '' : ` for ${textAt(one, 'tolerationSeconds')}s`;
    return `${key}${value}${effect}${operator}${seconds}`;
  });
  return texts.length > 0 ? texts.toSorted().join('\n') : '<none>';
}

/** Containers of a pod (with statuses) or of a template (without). */
export function containers(writer: DescribeWriter, specs: readonly Record<string, unknown>[], statuses: readonly Record<string, unknown>[]): void {
  for (const spec of specs) {
    const status = statuses.find((one) => one['name'] === spec['name']);
    writer.section(textAt(spec, 'name'), () => container(writer, spec, status));
  }
}

function container(writer: DescribeWriter, spec: Record<string, unknown>, status: Record<string, unknown> | undefined): void {
  if (status) writer.field('Container ID', textAt(status, 'containerID'));
  writer.field('Image', textAt(spec, 'image'));
  if (status) writer.field('Image ID', textAt(status, 'imageID'));
  const ports = listAt(spec, 'ports');
  const portText = (field: string): string => ports.map((port) => `${textAt(port, field) || '0'}/${textAt(port, 'protocol') || 'TCP'}`).join(', ') || '<none>';
  writer.field(ports.length > 1 ? 'Ports' : 'Port', portText('containerPort'));
  writer.field(ports.length > 1 ? 'Host Ports' : 'Host Port', portText('hostPort'));
  for (const [title, field] of [['Command', 'command'], ['Args', 'args']] as const) {
    const words = listAt<string>(spec, field);
    if (words.length > 0) writer.section(title, () => words.forEach((word) => writer.line(word)));
  }
  if (status) state(writer, status);
  for (const kind of ['limits', 'requests'] as const) {
    const amounts = Object.entries((valueAt(spec, 'resources', kind) ?? {}) as Record<string, string>);
    if (amounts.length > 0) writer.section(kind === 'limits' ? 'Limits' : 'Requests', () => amounts.forEach(([name, amount]) => writer.field(name, amount)));
  }
  for (const [title, field] of [['Liveness', 'livenessProbe'], ['Readiness', 'readinessProbe'], ['Startup', 'startupProbe']] as const) {
    if (spec[field]) writer.field(title, probe(spec[field]));
  }
  environment(writer, spec);
  writer.field('Mounts', listAt(spec, 'volumeMounts').map((mount) => `${textAt(mount, 'mountPath')} from ${textAt(mount, 'name')} (${mount['readOnly'] ? 'ro' : 'rw'}${textAt(mount, 'subPath') ? `,path="${textAt(mount, 'subPath')}"` : ''})`).toSorted().join('\n') || '<none>');
}

function state(writer: DescribeWriter, status: Record<string, unknown>): void {
  const show = (title: string, value: unknown): void => {
    const [[name, details] = ['waiting', {}]] = Object.entries((value ?? {}) as Record<string, Record<string, unknown>>);
    writer.field(title, name.charAt(0).toUpperCase() + name.slice(1));
    for (const [label, field] of [['  Reason', 'reason'], ['  Message', 'message'], ['  Exit Code', 'exitCode'], ['  Started', 'startedAt'], ['  Finished', 'finishedAt']] as const) {
      const text = textAt(details, field);
      if (text) writer.field(label, field.endsWith('At') ? timeText(text) : text);
    }
  };
  show('State', status['state']);
  if (Object.keys((status['lastState'] ?? {}) as object).length > 0) show('Last State', status['lastState']);
  writer.field('Ready', status['ready'] ? 'True' : 'False');
  writer.field('Restart Count', status['restartCount'] ?? 0);
}

function probe(value: unknown): string {
  const timing = `delay=${textAt(value, 'initialDelaySeconds') || '0'}s timeout=${textAt(value, 'timeoutSeconds')}s period=${textAt(value, 'periodSeconds')}s #success=${textAt(value, 'successThreshold')} #failure=${textAt(value, 'failureThreshold')}`;
  const http = valueAt(value, 'httpGet');
  if (http) return `http-get ${(textAt(http, 'scheme') || 'HTTP').toLowerCase()}://${textAt(http, 'host')}:${textAt(http, 'port')}${textAt(http, 'path')} ${timing}`;
  if (valueAt(value, 'tcpSocket')) return `tcp-socket ${textAt(value, 'tcpSocket', 'host')}:${textAt(value, 'tcpSocket', 'port')} ${timing}`;
  if (valueAt(value, 'grpc')) return `grpc <pod>:${textAt(value, 'grpc', 'port')} ${textAt(value, 'grpc', 'service')} ${timing}`;
  return `exec [${listAt<string>(value, 'exec', 'command').join(' ')}] ${timing}`;
}

function environment(writer: DescribeWriter, spec: Record<string, unknown>): void {
  const from = listAt(spec, 'envFrom');
  if (from.length > 0) {
    writer.section('Environment Variables from', () => {
      for (const one of from) writer.line(one['configMapRef'] ? `${textAt(one, 'configMapRef', 'name')}  ConfigMap` : `${textAt(one, 'secretRef', 'name')}  Secret`);
    });
  }
  const own = listAt(spec, 'env');
  if (own.length === 0) {
    writer.field('Environment', '<none>');
    return;
  }
  writer.section('Environment', () => own.forEach((one) => writer.field(textAt(one, 'name'), variable(one))));
}

function variable(one: Record<string, unknown>): string {
  const source = valueAt(one, 'valueFrom');
  if (!source) return textAt(one, 'value');
  if (valueAt(source, 'fieldRef')) return ` (${textAt(source, 'fieldRef', 'apiVersion')}:${textAt(source, 'fieldRef', 'fieldPath')})`;
  if (valueAt(source, 'resourceFieldRef')) return ` (${textAt(source, 'resourceFieldRef', 'resource')})`;
  const [kind, field] = valueAt(source, 'secretKeyRef') ? ['secret', 'secretKeyRef'] : ['config map', 'configMapKeyRef'];
  return `<set to the key '${textAt(source, field, 'key')}' of ${kind} '${textAt(source, field, 'name')}'>  Optional: ${valueAt(source, field, 'optional') === true}`;
}

/** The volumes of a pod spec: name, then type and facts. */
export function describeVolumes(writer: DescribeWriter, spec: unknown): void {
  const volumes = listAt(spec, 'volumes');
  if (volumes.length === 0) {
    writer.field('Volumes', '<none>');
    return;
  }
  writer.section('Volumes', () => {
    for (const volume of volumes) {
      writer.section(textAt(volume, 'name'), () => {
        const [type = '', source] = Object.entries(volume).find(([key]) => key !== 'name') ?? [];
        writer.field('Type', type.charAt(0).toUpperCase() + type.slice(1));
        for (const [key, value] of Object.entries((source ?? {}) as Record<string, unknown>)) writer.field(key.charAt(0).toUpperCase() + key.slice(1), typeof value === 'object' ? JSON.stringify(value) : value);
      });
    }
  });
}

/** A pod template, as workloads show it. */
export function describeTemplate(writer: DescribeWriter, object: AnyObject): void {
  const template = valueAt(object, 'spec', 'template');
  writer.section('Pod Template', () => {
    writer.map('Labels', valueAt(template, 'metadata', 'labels') as Record<string, string> | undefined);
    const spec = valueAt(template, 'spec');
    writer.section('Containers', () => containers(writer, listAt(spec, 'containers'), []));
    describeVolumes(writer, spec);
    writer.map('Node-Selectors', valueAt(spec, 'nodeSelector') as Record<string, string> | undefined);
    writer.field('Tolerations', tolerations(spec));
  });
}
