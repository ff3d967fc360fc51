/**
 * `kubectl logs`.
 */
import { StatusError } from '#machinery/status.ts';
import { CliError } from '../io.ts';
import { type AnyObject, listAt, textAt } from '../objects.ts';
import { objectPath, type Resource, type ResourceMap } from '../resources.ts';
import { listAll, selectOne } from '../selection.ts';
import { failure, readText, type Session } from '../session.ts';
import { readLines } from '../stream/lines.ts';
import { usageError } from '../generate/flags.ts';
import { containerNames, podsOf } from './pods-of.ts';

/** Flags of logs. */
export interface LogsFlags {
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly container?: string;
  readonly allContainers?: boolean;
  readonly allPods?: boolean;
  readonly prefix?: boolean;
  readonly timestamps?: boolean;
  readonly tail?: number;
  readonly since?: string;
  readonly sinceTime?: string;
  readonly limitBytes?: number;
  readonly selector?: string;
  readonly maxLogRequests: number;
}

interface Source {
  readonly pod: string;
  readonly container: string;
  readonly path: string;
}

/** Prints the logs of a pod, of one pod of a workload, or of all pods that a selector means. */
export async function logs(session: Session, map: ResourceMap, args: readonly string[], flags: LogsFlags): Promise<void> {
  const podResource = map.resolve('pods');
  const pods = await targetPods(session, map, podResource, args, flags);
  if (pods.length === 0) session.io.stderr.write(`No resources found in ${session.namespace} namespace.\n`);
  const sources = pods.flatMap((pod) => containersOf(session, pod, args[1] ?? flags.container, flags).map((container) => source(podResource, pod, container, flags)));
  if (flags.follow && sources.length > flags.maxLogRequests) {
    throw new CliError(
      `error: you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${flags.maxLogRequests}, use --max-log-requests to increase the limit`,
    );
  }
  if (flags.follow && sources.length > 1) await Promise.all(sources.map(async (one) => print(session, one, flags)));
  else for (const one of sources) await print(session, one, flags);
}

async function targetPods(session: Session, map: ResourceMap, podResource: Resource, args: readonly string[], flags: LogsFlags): Promise<AnyObject[]> {
  if (flags.selector) return listAll(session, { resource: podResource, namespace: session.namespace, names: [] }, flags);
  if (args.length === 0 || args.length > 2) throw usageError('logs', "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command");
  const target = await selectOne(session, map, args.slice(0, 1), 'pod');
  const object = await session.json<AnyObject>({ path: objectPath(target.resource, target.namespace, target.name) }).catch((error: unknown) => {
    if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
    throw new CliError(`error: error from server (NotFound): ${error.message} in namespace ${JSON.stringify(target.namespace ?? '')}`);
  });
  if (target.resource.kind === 'Pod') return [object];
  const pods = await podsOf(session, podResource, object);
  if (pods.length === 0) throw new CliError(`error: timed out waiting for the condition`);
  if (flags.allPods) return pods;
  if (pods.length > 1) session.io.stderr.write(`Found ${pods.length} pods, using pod/${pods[0]!.metadata.name}\n`);
  return pods.slice(0, 1);
}

function containersOf(session: Session, pod: AnyObject, asked: string | undefined, flags: LogsFlags): string[] {
  const names = (field: string): string[] => listAt(pod, 'spec', field).map((one) => textAt(one, 'name'));
  const main = names('containers');
  const all = [...names('initContainers'), ...main, ...names('ephemeralContainers')];
  if (flags.allContainers) return all;
  if (asked) {
    if (!all.includes(asked)) throw new CliError(`error: container ${asked} is not valid for pod ${pod.metadata.name} out of: ${containerNames(pod)}`);
    return [asked];
  }
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  const chosen = preferred && all.includes(preferred) ? preferred : main[0]!;
  if (all.length > 1 && chosen !== preferred) session.io.stderr.write(`Defaulted container "${chosen}" out of: ${containerNames(pod)}\n`);
  return [chosen];
}

function source(resource: Resource, pod: AnyObject, container: string, flags: LogsFlags): Source {
  const query = new URLSearchParams({ container });
  if (flags.follow) query.set('follow', 'true');
  if (flags.previous) query.set('previous', 'true');
  if (flags.timestamps) query.set('timestamps', 'true');
  const tail = flags.tail ?? (flags.selector ? 10 : -1);
  if (tail >= 0) query.set('tailLines', String(tail));
  if (flags.limitBytes) query.set('limitBytes', String(flags.limitBytes));
  if (flags.since) query.set('sinceSeconds', String(sinceSeconds(flags.since)));
  if (flags.sinceTime) query.set('sinceTime', flags.sinceTime);
  return { pod: pod.metadata.name, container, path: `${objectPath(resource, pod.metadata.namespace, pod.metadata.name, 'log')}?${query.toString()}` };
}

function sinceSeconds(text: string): number {
  try {
    return durationSeconds(text);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError(`error: invalid argument "${text}" for "--since" flag: time: invalid duration "${text}"\nSee 'kubectl logs --help' for usage.`);
  }
}

/** Seconds of a Go duration such as `5m` or `1h30m`; a bare number counts seconds. @throws CliError */
export function durationSeconds(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  let seconds = 0;
  const rest = text.replaceAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g, (_, amount: string, unit: string) => {
    seconds += Number(amount) * units[unit]!;
    return '';
  });
  if (rest !== '' || text === '') throw new CliError(`error: invalid argument "${text}": time: invalid duration "${text}"`);
  return Math.ceil(seconds);
}

/** Prints the log at a path of the API. @throws StatusError, CliError */
export async function printLog(session: Session, path: string): Promise<void> {
  await print(session, { pod: '', container: '', path }, { maxLogRequests: 1 });
}

async function print(session: Session, { pod, container, path }: Source, flags: LogsFlags): Promise<void> {
  const response = await session.open({ path, headers: { accept: '*/*' } });
  if (response.statusCode! >= 400) {
    const error = failure(response.statusCode!, await readText(response));
    throw error instanceof StatusError && error.reason === 'BadRequest' ? new CliError(`Error from server (BadRequest): ${error.message}`) : error;
  }
  if (flags.prefix) {
    for await (const line of readLines(response)) session.io.stdout.write(`[pod/${pod}/${container}] ${line}\n`);
    return;
  }
  for await (const chunk of response) session.io.stdout.write(chunk as Buffer);
}
