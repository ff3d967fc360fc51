/**
 * Containers, of a pod with their states or of a template without.
 */
import { listAt, textAt, valueAt } from '../objects.ts';
import { timeText } from './context.ts';
import { type DescribeWriter, sorted } from './writer.ts';

type Part = Readonly<Record<string, unknown>>;

/** Containers and what is known of them. */
export interface ContainersOf {
  readonly title: string;
  readonly specs: readonly Part[];
  /** Of a pod; a template has none. */
  readonly statuses?: readonly Part[];
  /** What a variable that refers to a field of the pod is worth, where it is known. */
  readonly fieldValue?: (path: string) => string;
}

/** Writes them, with a template's heading one step in and names by a single space more. */
export function describeContainers(writer: DescribeWriter, { title, specs, statuses, fieldValue = () => '' }: ContainersOf): void {
  writer.line(`${title}:`);
  writer.indented(() => {
    for (const spec of specs) {
      const status = statuses?.find((one) => one['name'] === spec['name']);
      writer.line(`${textAt(spec, 'name')}:`);
      writer.indented(() => container(writer, spec, status, fieldValue), statuses ? '  ' : ' ');
    }
  }, statuses ? '  ' : ' ');
}

function container(writer: DescribeWriter, spec: Part, status: Part | undefined, fieldValue: (path: string) => string): void {
  if (status) writer.field('Container ID', textAt(status, 'containerID'));
  writer.field('Image', textAt(spec, 'image'));
  if (status) writer.field('Image ID', textAt(status, 'imageID'));
  for (const [title, field] of [['Port', 'containerPort'], ['Host Port', 'hostPort']] as const) {
    const ports = listAt(spec, 'ports').map((port) => `${textAt(port, field) || '0'}/${textAt(port, 'protocol') || 'TCP'}${textAt(port, 'name') ? ` (${textAt(port, 'name')})` : ''}`);
    writer.field(ports.length > 1 ? `${title}s` : title, ports.join(', ') || '<none>');
  }
  for (const [title, field] of [['Command', 'command'], ['Args', 'args']] as const) {
    const words = listAt<string>(spec, field);
    if (words.length > 0) writer.section(title, () => words.flatMap((word) => word.split('\n')).forEach((line) => writer.line(line)));
  }
  if (status) state(writer, status);
  describeResources(writer, valueAt(spec, 'resources'));
  for (const [title, field] of [['Liveness', 'livenessProbe'], ['Readiness', 'readinessProbe'], ['Startup', 'startupProbe']] as const) if (spec[field]) writer.field(title, probe(spec[field]));
  environment(writer, spec, fieldValue);
  mounts(writer, spec);
}

/** Limits and requests, where there are any. */
export function describeResources(writer: DescribeWriter, resources: unknown): void {
  for (const [title, field] of [['Limits', 'limits'], ['Requests', 'requests']] as const) {
    const amounts = sorted(valueAt(resources, field) as Record<string, string> | undefined);
    if (amounts.length > 0) writer.section(title, () => amounts.forEach(([name, amount]) => writer.field(name, amount)));
  }
}

function state(writer: DescribeWriter, status: Part): void {
  const show = (title: string, value: unknown): void => {
    const [[name, details] = ['waiting', {}]] = Object.entries((value ?? {}) as Record<string, Part>);
    writer.field(title, name.charAt(0).toUpperCase() + name.slice(1));
    writer.indented(() => {
      if (textAt(details, 'reason')) writer.field('Reason', textAt(details, 'reason'));
      if (name === 'terminated') {
        if (textAt(details, 'message')) writer.field('Message', textAt(details, 'message'));
        writer.field('Exit Code', textAt(details, 'exitCode') || '0');
        if (details['signal']) writer.field('Signal', textAt(details, 'signal'));
      }
      if (name !== 'waiting') writer.field('Started', timeText(textAt(details, 'startedAt')));
      if (name === 'terminated') writer.field('Finished', timeText(textAt(details, 'finishedAt')));
    });
  };
  show('State', status['state']);
  if (valueAt(status, 'lastState', 'terminated')) show('Last State', status['lastState']);
  writer.field('Ready', status['ready'] ? 'True' : 'False');
  writer.field('Restart Count', status['restartCount'] ?? 0);
}

function probe(value: unknown): string {
  const seconds = (field: string): string => `${textAt(value, field) || '0'}s`;
  const timing = `delay=${seconds('initialDelaySeconds')} timeout=${seconds('timeoutSeconds')} period=${seconds('periodSeconds')} #success=${textAt(value, 'successThreshold')} #failure=${textAt(value, 'failureThreshold')}`;
  const http = valueAt(value, 'httpGet');
  if (http) return `http-get ${(textAt(http, 'scheme') || 'HTTP').toLowerCase()}://${textAt(http, 'host')}:${textAt(http, 'port')}${textAt(http, 'path')} ${timing}`;
  if (valueAt(value, 'tcpSocket')) return `tcp-socket ${textAt(value, 'tcpSocket', 'host')}:${textAt(value, 'tcpSocket', 'port')} ${timing}`;
  if (valueAt(value, 'grpc')) return `grpc <pod>:${textAt(value, 'grpc', 'port')} ${textAt(value, 'grpc', 'service')} ${timing}`;
  return `exec [${listAt<string>(value, 'exec', 'command').join(' ')}] ${timing}`;
}

function environment(writer: DescribeWriter, spec: Part, fieldValue: (path: string) => string): void {
  const from = listAt(spec, 'envFrom');
  if (from.length > 0) {
    writer.section('Environment Variables from', () => {
      for (const one of from) {
        const [kind, source] = one['configMapRef'] ? ['ConfigMap', one['configMapRef']] : ['Secret', one['secretRef']];
        const prefix = textAt(one, 'prefix') ? ` with prefix '${textAt(one, 'prefix')}'` : '';
        writer.line(`${textAt(source, 'name')}\t${kind}${prefix}\tOptional: ${valueAt(source, 'optional') === true}`);
      }
    });
  }
  const own = listAt(spec, 'env');
  if (own.length === 0) {
    writer.field('Environment', '<none>');
    return;
  }
  writer.section('Environment', () => own.forEach((one) => writer.field(textAt(one, 'name'), variable(one, spec, fieldValue))));
}

function variable(one: Part, spec: Part, fieldValue: (path: string) => string): string {
  const source = valueAt(one, 'valueFrom');
  if (!source) return textAt(one, 'value');
  const path = textAt(source, 'fieldRef', 'fieldPath');
  if (path) return `${fieldValue(path)} (${textAt(source, 'fieldRef', 'apiVersion')}:${path})`;
  const resource = textAt(source, 'resourceFieldRef', 'resource');
  if (resource) return `${amount(resource, spec)} (${resource})`;
  const [kind, field] = valueAt(source, 'secretKeyRef') ? ['in secret', 'secretKeyRef'] : ['of config map', 'configMapKeyRef'];
  return `<set to the key '${textAt(source, field, 'key')}' ${kind} '${textAt(source, field, 'name')}'>\tOptional: ${valueAt(source, field, 'optional') === true}`;
}

/** What `limits.cpu` of the container is, as text; without one, what the node has is not known here. */
function amount(resource: string, spec: Part): string {
  const [kind = '', name = ''] = resource.split(/\.(.*)/s);
  return textAt(spec, 'resources', kind, name) || (kind === 'limits' ? 'node allocatable' : '0');
}

function mounts(writer: DescribeWriter, spec: Part): void {
  const all = listAt(spec, 'volumeMounts').toSorted((a, b) => (textAt(a, 'mountPath') < textAt(b, 'mountPath') ? -1 : 1));
  if (all.length === 0) writer.field('Mounts', '<none>');
  else {
    writer.section('Mounts', () => {
      for (const mount of all) {
        const subPath = textAt(mount, 'subPath') ? `,path="${textAt(mount, 'subPath')}"` : '';
        writer.line(`${textAt(mount, 'mountPath')} from ${textAt(mount, 'name')} (${mount['readOnly'] ? 'ro' : 'rw'}${subPath})`);
      }
    });
  }
  const devices = listAt(spec, 'volumeDevices');
  if (devices.length > 0) writer.section('Devices', () => devices.forEach((one) => writer.line(`${textAt(one, 'devicePath')} from ${textAt(one, 'name')}`)));
}
