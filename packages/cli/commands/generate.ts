/**
 * `kubectl create TYPE NAME`, `run` and `expose`: objects made from flags.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CliError } from '../io.ts';
import { type AnyObject, asText, listAt, valueAt } from '../objects.ts';
import { parseOutput, renderObjects } from '../print/output.ts';
import { objectPath, objectText, type ResourceMap } from '../resources.ts';
import { selectOne } from '../selection.ts';
import type { Session } from '../session.ts';
import { inNamespace, verbText, type WriteFlags, writeQuery } from './apply.ts';

/** Flags of the generators; each uses some. */
export interface GenerateFlags extends Omit<WriteFlags, 'filename'> {
  readonly image?: readonly string[];
  readonly replicas?: number;
  readonly port?: string;
  readonly targetPort?: string;
  readonly fromLiteral?: readonly string[];
  readonly fromFile?: readonly string[];
  readonly fromEnvFile?: readonly string[];
  readonly type?: string;
  readonly tcp?: readonly string[];
  readonly clusterip?: string;
  readonly clusterrole?: string;
  readonly role?: string;
  readonly user?: readonly string[];
  readonly group?: readonly string[];
  readonly serviceaccount?: readonly string[];
  readonly verb?: readonly string[];
  readonly resource?: readonly string[];
  readonly schedule?: string;
  readonly from?: string;
  readonly restart?: string;
  readonly env?: readonly string[];
  readonly labels?: string;
  readonly command?: boolean;
  readonly name?: string;
  readonly selector?: string;
  readonly protocol?: string;
  readonly externalIp?: string;
  readonly value?: number;
}

/** Writes a generated object and reports it. */
export async function createObject(session: Session, map: ResourceMap, object: Record<string, unknown>, flags: Omit<WriteFlags, 'filename'>, verb = 'created'): Promise<AnyObject> {
  const made = object as unknown as AnyObject;
  const resource = map.ofKind(made.apiVersion, made.kind);
  const placed = inNamespace(session, resource, made);
  const format = await parseOutput(flags.output);
  const dry = flags.dryRun === 'client' || flags.dryRun === true;
  const path = objectPath(resource, placed.metadata.namespace) + writeQuery(flags, 'kubectl-create');
  const result = dry ? placed : await session.json<AnyObject>({ method: 'POST', path, body: placed });
  if (format.type === 'table') session.io.stdout.write(`${objectText(resource, result.metadata.name)} ${verbText(verb, flags.dryRun)}\n`);
  else session.io.stdout.write(renderObjects(format, [result], false, () => resource));
  return result;
}

/** The object that `create TYPE [KIND] NAME` means. @throws CliError */
export async function generate(type: string, args: readonly string[], flags: GenerateFlags): Promise<Record<string, unknown>> {
  const [name, ...rest] = type === 'service' || type === 'svc' || type === 'secret' ? args.slice(1) : args;
  if (!name) throw new CliError(`error: exactly one NAME is required, got ${args.length}`);
  switch (type) {
    case 'namespace':
    case 'ns':
      return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    case 'serviceaccount':
    case 'sa':
      return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } };
    case 'configmap':
    case 'cm':
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...(await dataOf(flags)) };
    case 'secret':
      return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, ...secretType(args[0]!, flags), data: encoded((await dataOf(flags)).data ?? {}) };
    case 'deployment':
    case 'deploy':
      return deployment(name, rest, flags);
    case 'job':
      return job(name, rest, flags);
    case 'cronjob':
    case 'cj':
      return cronJob(name, rest, flags);
    case 'service':
    case 'svc':
      return service(args[0]!, name, flags);
    case 'role':
    case 'clusterrole':
      return role(type, name, flags);
    case 'rolebinding':
    case 'clusterrolebinding':
      return binding(type, name, flags);
    case 'priorityclass':
    case 'pc':
      return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value: flags.value ?? 0 };
    default:
      throw new CliError(`error: unknown command "${type} ${name}"`);
  }
}

async function dataOf(flags: GenerateFlags): Promise<{ data?: Record<string, string> }> {
  const data: Record<string, string> = {};
  for (const literal of flags.fromLiteral ?? []) {
    const equals = literal.indexOf('=');
    if (equals <= 0) throw new CliError(`error: invalid literal source ${literal}, expected key=value`);
    data[literal.slice(0, equals)] = literal.slice(equals + 1);
  }
  for (const source of flags.fromFile ?? []) {
    const equals = source.indexOf('=');
    const path = source.slice(equals + 1);
    data[equals > 0 ? source.slice(0, equals) : basename(path)] = await readFile(path, 'utf8');
  }
  for (const path of flags.fromEnvFile ?? []) {
    for (const line of (await readFile(path, 'utf8')).split('\n')) {
      const match = /^\s*([^#=\s][^=]*)=(.*)$/.exec(line);
      if (match) data[match[1]!] = match[2]!;
    }
  }
  return Object.keys(data).length > 0 ? { data } : {};
}

const encoded = (data: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));

function secretType(type: string, flags: GenerateFlags): { type?: string } {
  if (type === 'generic') return flags.type ? { type: flags.type } : {};
  throw new CliError(`error: create secret ${type} is not supported here; use create secret generic --type, or apply a manifest`);
}

const imagesOf = (flags: GenerateFlags): readonly string[] => {
  if (!flags.image?.length) throw new CliError('error: required flag(s) "image" not set');
  return flags.image;
};

/** A container's name from its image: the last part of the path, without tag. */
function containerName(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1).split(/[:@]/)[0]!;
}

function deployment(name: string, command: readonly string[], flags: GenerateFlags): Record<string, unknown> {
  const labels = { app: name };
  const containers = imagesOf(flags).map((image) => ({
    name: containerName(image),
    image,
    ...(command.length > 0 ? { command } : {}),
    ...(flags.port ? { ports: [{ containerPort: Number(flags.port) }] } : {}),
  }));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, labels },
    spec: { replicas: flags.replicas ?? 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  };
}

function jobSpec(name: string, command: readonly string[], flags: GenerateFlags): Record<string, unknown> {
  const [image] = imagesOf(flags);
  return { template: { spec: { restartPolicy: flags.restart ?? 'Never', containers: [{ name, image, ...(command.length > 0 ? { command } : {}) }] } } };
}

const job = (name: string, command: readonly string[], flags: GenerateFlags): Record<string, unknown> => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: jobSpec(name, command, flags) });

const cronJob = (name: string, command: readonly string[], flags: GenerateFlags): Record<string, unknown> => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name },
  spec: { schedule: flags.schedule, jobTemplate: { metadata: { name }, spec: jobSpec(name, command, { ...flags, restart: flags.restart ?? 'OnFailure' }) } },
});

const SERVICE_TYPES: Readonly<Record<string, string>> = { clusterip: 'ClusterIP', nodeport: 'NodePort', loadbalancer: 'LoadBalancer' };

function service(type: string, name: string, flags: GenerateFlags): Record<string, unknown> {
  const ports = (flags.tcp ?? []).map((text) => {
    const [port, target] = text.split(':');
    return { name: text.replace(':', '-'), port: Number(port), protocol: 'TCP', targetPort: target && !/^\d+$/.test(target) ? target : Number(target ?? port) };
  });
  if (!SERVICE_TYPES[type]) throw new CliError(`error: unknown command "${type} ${name}"`);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, labels: { app: name } },
    spec: { type: SERVICE_TYPES[type], ports, selector: { app: name }, ...(flags.clusterip ? { clusterIP: flags.clusterip } : {}) },
  };
}

function role(type: string, name: string, flags: GenerateFlags): Record<string, unknown> {
  const byGroup = new Map<string, string[]>();
  for (const resource of (flags.resource ?? []).flatMap((text) => text.split(','))) {
    const [plural, ...group] = resource.split('.');
    byGroup.set(group.join('.'), [...(byGroup.get(group.join('.')) ?? []), plural!]);
  }
  const verbs = (flags.verb ?? []).flatMap((text) => text.split(','));
  if (verbs.length === 0) throw new CliError('error: at least one verb must be specified');
  const rules = [...byGroup].map(([group, resources]) => ({ apiGroups: [group], resources, verbs }));
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: type === 'role' ? 'Role' : 'ClusterRole', metadata: { name }, rules };
}

function binding(type: string, name: string, flags: GenerateFlags): Record<string, unknown> {
  const apiGroup = 'rbac.authorization.k8s.io';
  const roleRef = flags.clusterrole ? { apiGroup, kind: 'ClusterRole', name: flags.clusterrole } : { apiGroup, kind: 'Role', name: flags.role };
  if (!roleRef.name) throw new CliError('error: exactly one of clusterrole or role must be specified');
  const subjects = [
    ...(flags.user ?? []).map((user) => ({ apiGroup, kind: 'User', name: user })),
    ...(flags.group ?? []).map((group) => ({ apiGroup, kind: 'Group', name: group })),
    ...(flags.serviceaccount ?? []).map((text) => {
      const [namespace, account] = text.split(':');
      if (!account) throw new CliError('error: serviceaccount must be <namespace>:<name>');
      return { kind: 'ServiceAccount', name: account, namespace };
    }),
  ];
  return { apiVersion: `${apiGroup}/v1`, kind: type === 'rolebinding' ? 'RoleBinding' : 'ClusterRoleBinding', metadata: { name }, roleRef, subjects };
}

/** The pod that `kubectl run` makes. */
export function podFromFlags(name: string, args: readonly string[], flags: GenerateFlags): Record<string, unknown> {
  const [image] = imagesOf(flags);
  const env = (flags.env ?? []).map((text) => ({ name: text.slice(0, text.indexOf('=')), value: text.slice(text.indexOf('=') + 1) }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: flags.labels ? parseLabels(flags.labels) : { run: name } },
    spec: {
      containers: [
        {
          name,
          image,
          ...(args.length > 0 ? (flags.command ? { command: args } : { args }) : {}),
          ...(flags.port ? { ports: [{ containerPort: Number(flags.port) }] } : {}),
          ...(env.length > 0 ? { env } : {}),
        },
      ],
      restartPolicy: flags.restart ?? 'Always',
    },
  };
}

function parseLabels(text: string): Record<string, string> {
  return Object.fromEntries(text.split(',').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
}

/** `kubectl expose`: a Service for the pods that an object selects. */
export async function expose(session: Session, map: ResourceMap, args: readonly string[], flags: GenerateFlags): Promise<void> {
  const target = await selectOne(session, map, args);
  const object = await session.json<AnyObject>({ path: objectPath(target.resource, target.namespace, target.name) });
  const selector = flags.selector ? parseLabels(flags.selector) : selectorOf(object);
  const ports = flags.port
    ? flags.port.split(',').map((port, index, all) => servicePort(port, all.length > 1 ? `port-${index + 1}` : undefined, flags))
    : containerPorts(object).map(({ port, protocol }, index, all) => ({ port, targetPort: flags.targetPort ? portValue(flags.targetPort) : port, protocol, ...(all.length > 1 ? { name: `port-${index + 1}` } : {}) }));
  if (ports.length === 0) throw new CliError("error: couldn't find port via --port flag or introspection");
  const labels = flags.labels ? parseLabels(flags.labels) : object.metadata.labels;
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: flags.name ?? target.name, ...(labels ? { labels } : {}) },
    spec: { selector, ports, ...(flags.type ? { type: flags.type } : {}), ...(flags.externalIp ? { externalIPs: [flags.externalIp] } : {}) },
  };
  await createObject(session, map, service, flags, 'exposed');
}

const portValue = (text: string): number | string => (/^\d+$/.test(text) ? Number(text) : text);

function servicePort(port: string, name: string | undefined, flags: GenerateFlags): Record<string, unknown> {
  return { port: Number(port), protocol: flags.protocol ?? 'TCP', targetPort: flags.targetPort ? portValue(flags.targetPort) : Number(port), ...(name ? { name } : {}) };
}

function selectorOf(object: AnyObject): Record<string, string> {
  if (object.kind === 'Pod') {
    const labels = object.metadata.labels;
    if (!labels || Object.keys(labels).length === 0) throw new CliError("error: couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed");
    return labels;
  }
  const selector = valueAt(object, 'spec', 'selector') as Record<string, unknown> | undefined;
  const labels = object.kind === 'Service' || object.kind === 'ReplicationController' ? selector : selector?.['matchLabels'];
  if (!labels) throw new CliError(`error: couldn't retrieve selectors via --selector flag or introspection: invalid deployment: no selectors, therefore cannot be exposed`);
  return labels as Record<string, string>;
}

function containerPorts(object: AnyObject): { port: number; protocol: string }[] {
  if (object.kind === 'Service') return listAt(object, 'spec', 'ports').map((one) => ({ port: Number(one['port']), protocol: asText(one['protocol']) || 'TCP' }));
  const spec = object.kind === 'Pod' ? valueAt(object, 'spec') : valueAt(object, 'spec', 'template', 'spec');
  return listAt(spec, 'containers').flatMap((container) => listAt(container, 'ports').map((one) => ({ port: Number(one['containerPort']), protocol: asText(one['protocol']) || 'TCP' })));
}
