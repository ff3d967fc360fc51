/**
 * `kubectl run`: a pod, perhaps with a service, perhaps attached to and removed when it has ended.
 */
import { StatusError } from '#machinery/status.ts';
import { exposing } from '../generate/network.ts';
import type { Generated, GenerateFlags } from '../generate/flags.ts';
import { podFromFlags } from '../generate/workloads.ts';
import { CliError } from '../io.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import { objectPath, type ResourceMap } from '../resources.ts';
import type { Session } from '../session.ts';
import { isDryClient } from './apply.ts';
import { createObject } from './create.ts';
import { exec } from './exec.ts';
import { printLog } from './logs.ts';

/** Flags of run beyond those of other generators. */
export interface RunFlags extends GenerateFlags {
  readonly expose?: boolean;
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly attach?: boolean;
  readonly rm?: boolean;
  readonly quiet?: boolean;
  /** Seconds until the pod must run. */
  readonly podRunningTimeout: number;
}

const POLL_MS = 100;

/** Makes the pod; answers the exit code of its container when it was attached to. */
export async function run(session: Session, map: ResourceMap, words: readonly string[], flags: RunFlags): Promise<number> {
  const [name, ...args] = words;
  if (!name) throw new CliError("error: NAME is required for run\nSee 'kubectl run -h' for help and examples");
  const attach = flags.attach ?? flags.stdin ?? false;
  if (flags.rm && !attach) throw new CliError('error: --rm should only be used for attached containers');
  if (flags.expose && !flags.port) throw new CliError('error: --port must be set when exposing a service');
  const pod = withOverrides(podOf(name, args, flags), flags.overrides);
  if (flags.expose) await createObject(session, map, exposing(pod as unknown as AnyObject, flags), { flags });
  const created = await createQuietly(session, map, pod, flags, attach);
  if (!attach || isDryClient(flags)) return 0;
  try {
    return await attachTo(session, map, created, flags);
  } finally {
    if (flags.rm) await removePod(session, map, created, flags.quiet ?? false);
  }
}

function podOf(name: string, args: readonly string[], flags: RunFlags): Generated {
  const pod = podFromFlags(name, args, flags) as Generated & { spec: { containers: Record<string, unknown>[] } };
  const streams = { ...(flags.stdin ? { stdin: true, stdinOnce: true } : {}), ...(flags.tty ? { tty: true } : {}) };
  return { ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map((one) => ({ ...one, ...streams })) } };
}

/** `--overrides` is merged into the object, key by key. @throws CliError when it is no JSON */
function withOverrides(object: Generated, overrides: string | undefined): Generated {
  if (overrides === undefined) return object;
  const merge = (into: unknown, from: unknown): unknown => {
    if (from === null || typeof from !== 'object' || Array.isArray(from)) return from;
    const base = into !== null && typeof into === 'object' && !Array.isArray(into) ? (into as Record<string, unknown>) : {};
    return { ...base, ...Object.fromEntries(Object.entries(from).map(([key, value]) => [key, merge(base[key], value)])) };
  };
  try {
    return merge(object, JSON.parse(overrides)) as Generated;
  } catch (error) {
    if (error instanceof SyntaxError) throw new CliError(`error: Invalid JSON Patch`);
    throw error;
  }
}

/** An attached pod is not reported: its output is what was asked for. */
async function createQuietly(session: Session, map: ResourceMap, pod: Generated, flags: RunFlags, attach: boolean): Promise<AnyObject> {
  if (!attach || isDryClient(flags)) return createObject(session, map, pod, { flags });
  const resource = map.ofKind('v1', 'Pod');
  return session.json<AnyObject>({ method: 'POST', path: `${objectPath(resource, session.namespace)}?fieldManager=kubectl-run`, body: pod });
}

async function attachTo(session: Session, map: ResourceMap, { metadata }: AnyObject, flags: RunFlags): Promise<number> {
  const { clock, signal } = session.io;
  const path = objectPath(map.ofKind('v1', 'Pod'), metadata.namespace, metadata.name);
  const deadlineMs = clock.monotonicMs() + flags.podRunningTimeout * 1000;
  const phaseOf = (pod: AnyObject): string => textAt(pod, 'status', 'phase');
  let pod = await session.json<AnyObject>({ path });
  if (phaseOf(pod) === 'Pending' && !flags.quiet) session.io.stderr.write(`If you don't see a command prompt, try pressing enter.\n`);
  for (; phaseOf(pod) === 'Pending'; pod = await session.json<AnyObject>({ path })) {
    if (clock.monotonicMs() > deadlineMs) throw new CliError('error: timed out waiting for the condition');
    await clock.sleep(POLL_MS, signal);
  }
  const container = textAt(listAt(pod, 'spec', 'containers')[0], 'name');
  // One that ended already has left its output in the log.
  const log = `${path}/log?container=${encodeURIComponent(container)}`;
  if (phaseOf(pod) === 'Running') {
    try {
      await exec(session, map, metadata.name, undefined, { container, ...(flags.stdin ? { stdin: true } : {}), ...(flags.tty ? { tty: true } : {}), quiet: true });
    } catch (error) {
      if (!(error instanceof CliError || error instanceof StatusError)) throw error;
      session.io.stderr.write(`warning: couldn't attach to pod/${metadata.name}, falling back to streaming logs: ${error.message.replace(/^error: /, '')}\n`);
      await printLog(session, log);
    }
  } else await printLog(session, log);
  if (textAt(pod, 'spec', 'restartPolicy') === 'Always') return 0;
  for (pod = await session.json<AnyObject>({ path }); !['Succeeded', 'Failed'].includes(phaseOf(pod)); pod = await session.json<AnyObject>({ path })) await clock.sleep(POLL_MS, signal);
  const code = Number(valueAt(listAt(pod, 'status', 'containerStatuses')[0], 'state', 'terminated', 'exitCode') ?? 0);
  if (code !== 0) session.io.stderr.write(`pod ${metadata.namespace}/${metadata.name} terminated (${textAt(listAt(pod, 'status', 'containerStatuses')[0], 'state', 'terminated', 'reason')})\n`);
  return code;
}

async function removePod(session: Session, map: ResourceMap, { metadata }: AnyObject, quiet: boolean): Promise<void> {
  await session.json({ method: 'DELETE', path: objectPath(map.ofKind('v1', 'Pod'), metadata.namespace, metadata.name) });
  if (!quiet) session.io.stdout.write(`pod "${metadata.name}" deleted from ${metadata.namespace} namespace\n`);
}
