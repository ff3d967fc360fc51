/**
 * Deployments, Jobs, CronJobs and Pods from flags.
 */
import { CliError } from '../io.ts';
import { valueAt } from '../objects.ts';
import { type Generated, type GenerateFlags, parseLabels, requireFlags, usageError } from './flags.ts';

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never'];

/** A container's name from its image: the last part of the path, without tag. */
function containerName(image: string): string {
  return image.slice(image.lastIndexOf('/') + 1).split(/[:@]/)[0]!;
}

/** `create deployment NAME --image=…`. */
export function deployment(name: string, command: readonly string[], flags: GenerateFlags): Generated {
  requireFlags({ image: flags.image });
  const labels = { app: name };
  const containers = flags.image!.map((image) => ({
    name: containerName(image),
    image,
    ...(command.length > 0 ? { command } : {}),
    ...(flags.port ? { ports: [{ containerPort: Number(flags.port) }] } : {}),
    resources: {},
  }));
  return {
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    metadata: { name, labels },
    spec: { replicas: flags.replicas ?? 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } }, strategy: {} },
    status: {},
  } as Generated;
}

function jobSpec(name: string, command: readonly string[], flags: GenerateFlags): Record<string, unknown> {
  const [image] = flags.image!;
  const container = { name, image, ...(command.length > 0 ? { command } : {}), resources: {} };
  return { template: { metadata: {}, spec: { containers: [container], restartPolicy: flags.restart ?? 'Never' } } };
}

/** `create job NAME --image=…`. */
export function job(name: string, command: readonly string[], flags: GenerateFlags): Generated {
  if (!flags.image?.length) throw new CliError('error: either --image or --from must be specified');
  return { kind: 'Job', apiVersion: 'batch/v1', metadata: { name }, spec: jobSpec(name, command, flags), status: {} } as Generated;
}

/** `create job NAME --from=cronjob/…`: its template, with a mark that a person started it. */
export function jobFromCronJob(name: string, cronJob: Record<string, unknown>): Generated {
  const template = valueAt(cronJob, 'spec', 'jobTemplate');
  const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name: valueAt(cronJob, 'metadata', 'name'), uid: valueAt(cronJob, 'metadata', 'uid'), controller: true };
  const annotations = { 'cronjob.kubernetes.io/instantiate': 'manual', ...(valueAt(template, 'metadata', 'annotations') as object | undefined) };
  const labels = valueAt(template, 'metadata', 'labels');
  return { kind: 'Job', apiVersion: 'batch/v1', metadata: { name, annotations, ...(labels ? { labels } : {}), ownerReferences: [owner] }, spec: valueAt(template, 'spec'), status: {} } as Generated;
}

/** `create cronjob NAME --image=… --schedule=…`. */
export function cronJob(name: string, command: readonly string[], flags: GenerateFlags): Generated {
  requireFlags({ image: flags.image, schedule: flags.schedule });
  const jobTemplate = { metadata: { name }, spec: jobSpec(name, command, { ...flags, restart: flags.restart ?? 'OnFailure' }) };
  return { kind: 'CronJob', apiVersion: 'batch/v1', metadata: { name }, spec: { schedule: flags.schedule, jobTemplate }, status: {} } as Generated;
}

/** The pod that `kubectl run` makes. @throws CliError */
export function podFromFlags(name: string, args: readonly string[], flags: GenerateFlags): Generated {
  requireFlags({ image: flags.image });
  if (flags.restart !== undefined && !RESTART_POLICIES.includes(flags.restart)) throw usageError('run', `invalid restart policy: ${flags.restart}`);
  const env = (flags.env ?? []).map((text) => {
    const equals = text.indexOf('=');
    if (equals <= 0) throw new CliError(`error: invalid env: ${text}`);
    return { name: text.slice(0, equals), value: text.slice(equals + 1) };
  });
  const container = {
    name,
    image: flags.image![0],
    ...(args.length > 0 ? (flags.command ? { command: args } : { args }) : {}),
    ...(flags.port ? { ports: [{ containerPort: Number(flags.port) }] } : {}),
    ...(env.length > 0 ? { env } : {}),
    resources: {},
  };
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name, labels: flags.labels ? parseLabels(flags.labels) : { run: name } },
    spec: { containers: [container], restartPolicy: flags.restart ?? 'Always', dnsPolicy: 'ClusterFirst' },
    status: {},
  } as Generated;
}
