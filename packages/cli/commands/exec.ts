/**
 * `kubectl exec` and `kubectl attach`.
 */
import type { Status } from '#machinery/status.ts';
import { CliError } from '../io.ts';
import { type AnyObject, listAt, textAt } from '../objects.ts';
import { objectPath, type ResourceMap } from '../resources.ts';
import { selectOne } from '../selection.ts';
import type { Session } from '../session.ts';
import { openChannels } from '../stream/channels.ts';
import { containerNames, podsOf } from './pods-of.ts';

/** Flags of exec and attach. */
export interface ExecFlags {
  readonly container?: string;
  readonly stdin?: boolean;
  readonly tty?: boolean;
  readonly quiet?: boolean;
}

const STDIN = 0;
const STDOUT = 1;
const STDERR = 2;
const ERROR = 3;
const RESIZE = 4;

/** Runs a command in a container (or attaches to its first process) and answers its exit code. */
export async function exec(session: Session, map: ResourceMap, target: string, command: readonly string[] | undefined, flags: ExecFlags): Promise<number> {
  const podResource = map.resolve('pods');
  const { resource, namespace, name } = await selectOne(session, map, [target], 'pod');
  let pod = await session.json<AnyObject>({ path: objectPath(resource, namespace, name) });
  if (resource.kind !== 'Pod') {
    const [first] = await podsOf(session, podResource, pod);
    if (!first) throw new CliError(`error: no pods found for ${target}`);
    pod = first;
  }
  const phase = textAt(pod, 'status', 'phase');
  const asked = withoutTerminal(session, flags);
  if (phase === 'Succeeded' || phase === 'Failed') throw new CliError(`error: cannot exec into a container in a completed pod; current phase is ${phase}`);
  const query = new URLSearchParams();
  for (const word of command ?? []) query.append('command', word);
  query.set('container', flags.container ? knownContainer(pod, flags.container) : defaultContainer(session, pod, flags.quiet ?? false));
  if (flags.stdin) query.set('stdin', 'true');
  query.set('stdout', 'true');
  if (asked.tty) query.set('tty', 'true');
  else query.set('stderr', 'true');
  const path = `${objectPath(podResource, pod.metadata.namespace, pod.metadata.name, command ? 'exec' : 'attach')}?${query.toString()}`;
  return stream(session, path, asked);
}

function knownContainer(pod: AnyObject, name: string): string {
  const known = ['containers', 'initContainers', 'ephemeralContainers'].some((field) => listAt(pod, 'spec', field).some((one) => one['name'] === name));
  if (!known) throw new CliError(`error: container ${name} is not valid for pod ${pod.metadata.name} out of: ${containerNames(pod)}`);
  return name;
}

function defaultContainer(session: Session, pod: AnyObject, quiet: boolean): string {
  const names = listAt(pod, 'spec', 'containers').map((one) => textAt(one, 'name'));
  const preferred = pod.metadata.annotations?.['kubectl.kubernetes.io/default-container'];
  if (preferred && names.includes(preferred)) return preferred;
  const all = containerNames(pod);
  if (all.includes(',') && !quiet) session.io.stderr.write(`Defaulted container "${names[0]}" out of: ${all}\n`);
  return names[0]!;
}

/** A terminal is only for those who have one. */
function withoutTerminal(session: Session, flags: ExecFlags): ExecFlags {
  if (!flags.tty || !flags.stdin || session.io.stdin.isTTY === true) return flags;
  if (!flags.quiet) session.io.stderr.write('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  return { ...flags, tty: false };
}

async function stream(session: Session, path: string, flags: ExecFlags): Promise<number> {
  const { stdin, stdout, stderr } = session.io;
  let status = '';
  const socket = await openChannels(session, path, (channel, data) => {
    if (channel === STDOUT) stdout.write(data);
    else if (channel === STDERR) stderr.write(data);
    else if (channel === ERROR) status += data.toString('utf8');
  });
  const raw = flags.tty && flags.stdin && stdin.isTTY === true;
  if (raw) stdin.setRawMode?.(true);
  const resize = (): void => socket.send(RESIZE, Buffer.from(JSON.stringify({ Width: stdout.columns ?? 80, Height: stdout.rows ?? 24 })));
  if (flags.tty) {
    resize();
    stdout.on('resize', resize);
  }
  if (flags.stdin) {
    stdin.on('data', (chunk: Buffer | string) => socket.send(STDIN, Buffer.from(chunk)));
    stdin.on('end', () => socket.close(STDIN));
  }
  try {
    await socket.ended;
  } finally {
    if (raw) stdin.setRawMode?.(false);
    stdin.pause();
    stdin.removeAllListeners('data');
    stdout.off('resize', resize);
  }
  return exitCode(session, status);
}

/** The exit code that the error channel reports. @throws CliError for failures that are not an exit. */
function exitCode(session: Session, text: string): number {
  if (text === '') return 0;
  const status = JSON.parse(text) as Status & { readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] } };
  if (status.status === 'Success') return 0;
  const code = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
  if (code === undefined) throw new CliError(`error: ${status.message ?? 'the command failed'}`);
  session.io.stderr.write(`command terminated with exit code ${code}\n`);
  return Number(code);
}
