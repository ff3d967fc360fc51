/**
 * The built-in kubectl: names, flags and help of its commands in one place; each command loads its code when it runs.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { StatusError } from '#machinery/status.ts';
import type { GenerateFlags } from './commands/generate.ts';
import { CliError, type Io } from './io.ts';
import { ResourceMap } from './resources.ts';
import { type GlobalFlags, openSession, type Session } from './session.ts';

const collect = (value: string, all: readonly string[] = []): string[] => [...all, value];
const commas = (value: string, all: readonly string[] = []): string[] => [...all, ...value.split(',')];
const integer = (text: string): number => {
  if (!/^-?\d+$/.test(text)) throw new InvalidArgumentError(`strconv.ParseInt: parsing "${text}": invalid syntax`);
  return Number(text);
};

/** A Go duration as seconds. */
const seconds = (text: string): number => {
  const units: Readonly<Record<string, number>> = { '': 1, ms: 0.001, s: 1, m: 60, h: 3600 };
  const parts = [...text.matchAll(/(-?\d+(?:\.\d+)?)(ms|s|m|h)?/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) throw new InvalidArgumentError(`time: invalid duration "${text}"`);
  return parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * units[unit]!, 0);
};

interface Opened {
  readonly session: Session;
  /** Discovers on first use. */
  readonly map: () => Promise<ResourceMap>;
}

/** Runs `kubectl ARGS` and answers its exit code. */
export async function runKubectl(args: readonly string[], io: Io): Promise<number> {
  const runner = new Runner(io);
  try {
    await runner.program().parseAsync(args, { from: 'user' });
    return runner.exitCode;
  } catch (error) {
    return report(error, io);
  }
}

/** Prints a failure in kubectl's words; answers the exit code. */
function report(error: unknown, io: Io): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof AggregateError) return Math.max(...error.errors.map((one) => report(one, io)));
  if (io.signal.aborted) return 130;
  if (error instanceof StatusError) {
    io.stderr.write(`${error.reason === 'Invalid' ? `The ${error.message}` : `Error from server (${error.reason || 'Unknown'}): ${error.message}`}\n`);
    return 1;
  }
  if (error instanceof CliError) {
    if (error.message) io.stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  io.stderr.write(`error: ${error instanceof Error ? error.message.replace(/^error: /, '') : String(error)}\n`);
  return 1;
}

class Runner {
  readonly #io: Io;
  exitCode = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  program(): Command {
    const program = new Command('kubectl');
    program
      .description('A kubectl for machines without one: the everyday commands, with kubectl’s flags and output.')
      .enablePositionalOptions()
      .exitOverride()
      .configureOutput({ writeOut: (text) => void this.#io.stdout.write(text), writeErr: (text) => void this.#io.stderr.write(text) })
      .option('--kubeconfig <file>', 'kubeconfig to use')
      .option('--context <name>', 'context of the kubeconfig')
      .option('-n, --namespace <name>', 'namespace of the request')
      .option('-s, --server <url>', 'address of the API server')
      .option('--token <token>', 'bearer token')
      .option('--as <user>', 'user to impersonate')
      .option('--as-group <group>', 'group to impersonate (repeatable)', collect);
    this.#addReaders(program);
    this.#addWriters(program);
    this.#addStreams(program);
    this.#addDiscovery(program);
    return program;
  }

  /** Adds a command that takes selectors and every global flag after its name too, as kubectl does. */
  #command(parent: Command, usage: string, description: string): Command {
    return parent
      .command(usage)
      .description(description)
      .exitOverride()
      .addOption(new Option('--kubeconfig <file>').hideHelp())
      .addOption(new Option('--context <name>').hideHelp())
      .addOption(new Option('-n, --namespace <name>').hideHelp())
      .addOption(new Option('-s, --server <url>').hideHelp())
      .addOption(new Option('--token <token>').hideHelp())
      .addOption(new Option('--as <user>').hideHelp())
      .addOption(new Option('--as-group <group>').argParser(collect).hideHelp());
  }

  #selectable(command: Command): Command {
    return command
      .option('-f, --filename <file>', 'manifest, directory or - (repeatable)', commas)
      .option('-R, --recursive', 'descend into directories')
      .option('-l, --selector <selector>', 'label selector')
      .option('--field-selector <selector>', 'field selector')
      .option('-A, --all-namespaces', 'in all namespaces')
      .option('--all', 'all objects of the type');
  }

  #writable(command: Command): Command {
    return command
      .option('-o, --output <format>', 'json, yaml, name, jsonpath=…, custom-columns=…')
      .option('--dry-run [mode]', 'none, client or server')
      .option('--field-manager <name>', 'who owns the fields')
      .option('--validate [mode]', 'strict, warn or ignore');
  }

  /** Runs an action with an open session and closes it. */
  #act(run: (opened: Opened, command: Command) => Promise<number | void>): (...args: unknown[]) => Promise<void> {
    return async (...args) => {
      const command = args.at(-1) as Command;
      const flags = command.optsWithGlobals<GlobalFlags & { dryRun?: string | boolean }>();
      if (flags.dryRun === 'none') command.setOptionValue('dryRun', undefined);
      await using session = await openSession(this.#io, flags);
      let map: Promise<ResourceMap> | undefined;
      this.exitCode = (await run({ session, map: () => (map ??= ResourceMap.discover(session)) }, command)) ?? 0;
    };
  }

  #addReaders(program: Command): void {
    this.#selectable(this.#command(program, 'get [type-or-names...]', 'show objects'))
      .option('-o, --output <format>', 'json, yaml, name, wide, jsonpath=…, custom-columns=…')
      .option('--no-headers', 'no heading line')
      .option('-w, --watch', 'show, then follow changes')
      .option('--watch-only', 'follow changes only')
      .option('--show-labels', 'a column with all labels')
      .option('-L, --label-columns <labels>', 'columns for these labels', commas)
      .option('--sort-by <path>', 'order by a field')
      .option('--show-kind', 'names with their type')
      .option('--ignore-not-found', 'a missing object is no error')
      .option('--show-managed-fields', 'with managed fields')
      .option('--raw <path>', 'print what the server answers at this path')
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/get.ts')).get(session, map, command.args, command.opts())));
    this.#selectable(this.#command(program, 'describe [type-or-names...]', 'show objects in detail, with their events'))
      .option('--show-events <bool>', 'with events', (text) => text !== 'false', true)
      .action(this.#act(async ({ session, map }, command) => (await import('./describe/describe.ts')).describe(session, await map(), command.args, command.opts())));
    this.#command(program, 'explain <resource>', 'what a resource and its fields mean')
      .option('--recursive', 'all fields below')
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/explain.ts')).explain(session, await map(), command.args[0]!, command.opts<{ recursive?: boolean }>().recursive ?? false)));
    this.#selectable(this.#command(program, 'wait [type-or-names...]', 'wait for a condition'))
      .requiredOption('--for <condition>', 'condition=TYPE[=STATUS], delete, create or jsonpath=PATH=VALUE')
      .option('--timeout <duration>', 'how long', seconds, 30)
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/wait.ts')).waitFor(session, await map(), command.args, command.opts())));
    const rollout = program.command('rollout').description('manage the rollout of a workload');
    for (const [name, description] of ROLLOUT_ACTIONS) {
      this.#selectable(this.#command(rollout, `${name} [type-or-names...]`, description))
        .option('-w, --watch <bool>', 'follow until done', (text) => text !== 'false', true)
        .option('--timeout <duration>', 'how long to follow', seconds)
        .option('--revision <n>', 'show this revision', integer)
        .option('--to-revision <n>', 'go back to this revision', integer)
        .action(this.#act(async ({ session, map }, command) => (await import('./commands/rollout.ts')).rollout(session, await map(), name, command.args, command.opts())));
    }
  }

  #addWriters(program: Command): void {
    this.#writable(this.#selectable(this.#command(program, 'apply', 'bring objects to what manifests say')))
      .option('--server-side', 'let the server merge')
      .option('--force-conflicts', 'take fields over')
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/apply.ts')).applyManifests(session, await map(), command.opts(), 'apply')));
    this.#writable(this.#selectable(this.#command(program, 'replace', 'replace objects by manifests')))
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/apply.ts')).applyManifests(session, await map(), command.opts(), 'replace')));
    this.#generator(this.#command(program, 'create [words...]', 'create objects from manifests or flags')).action(
      this.#act(async ({ session, map }, command) => {
        const flags = command.opts<GenerateFlags & { filename?: string[] }>();
        if (flags.filename) return (await import('./commands/apply.ts')).applyManifests(session, await map(), { ...flags, filename: flags.filename }, 'create');
        const [type, ...args] = command.args;
        if (!type) throw new CliError('error: must specify one of -f and -k');
        const { createObject, generate } = await import('./commands/generate.ts');
        await createObject(session, await map(), await generate(type, args, flags), flags);
      }),
    );
    this.#generator(this.#command(program, 'run <name> [args...]', 'run an image in a pod')).action(
      this.#act(async ({ session, map }, command) => {
        const { createObject, podFromFlags } = await import('./commands/generate.ts');
        const [name, ...args] = command.args as [string, ...string[]];
        await createObject(session, await map(), podFromFlags(name, args, command.opts()), command.opts());
      }),
    );
    this.#generator(this.#command(program, 'expose <words...>', 'make a service for a workload')).action(
      this.#act(async ({ session, map }, command) => (await import('./commands/generate.ts')).expose(session, await map(), command.args, command.opts())),
    );
    this.#selectable(this.#command(program, 'delete [type-or-names...]', 'delete objects'))
      .option('--cascade [mode]', 'background, foreground or orphan', 'background')
      .option('--grace-period <seconds>', 'seconds to end', integer)
      .option('--force', 'do not wait for the end')
      .option('--now', 'a grace period of 1')
      .option('--wait <bool>', 'wait until gone', (text) => text !== 'false', true)
      .option('--ignore-not-found', 'a missing object is no error')
      .option('--timeout <duration>', 'how long to wait', seconds)
      .option('--dry-run [mode]', 'none, client or server')
      .option('-o, --output <format>', 'name')
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/delete.ts')).remove(session, await map(), command.args, command.opts())));
    this.#selectable(this.#command(program, 'scale [type-or-names...]', 'set the number of replicas'))
      .requiredOption('--replicas <n>', 'how many', integer)
      .option('--current-replicas <n>', 'only if there are this many', integer)
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/scale.ts')).scale(session, await map(), command.args, command.opts())));
    for (const [name, field] of [['label', 'labels'], ['annotate', 'annotations']] as const) {
      this.#selectable(this.#command(program, `${name} [words...]`, `change ${field}`))
        .option('--overwrite', 'replace values')
        .option('--list', 'show them')
        .option('--dry-run [mode]', 'none, client or server')
        .action(this.#act(async ({ session, map }, command) => (await import('./commands/metadata.ts')).changeMetadata(session, await map(), field, command.args, command.opts())));
    }
  }

  #generator(command: Command): Command {
    return this.#writable(command)
      .option('-f, --filename <file>', 'manifest, directory or -', commas)
      .option('-R, --recursive', 'descend into directories')
      .option('--image <image>', 'image (repeatable)', collect)
      .option('-r, --replicas <n>', 'how many', integer)
      .option('--port <port>', 'port')
      .option('--target-port <port>', 'port of the container')
      .option('--protocol <protocol>', 'TCP, UDP or SCTP')
      .option('--name <name>', 'name of the new object')
      .option('-l, --labels <labels>', 'labels')
      .option('--selector <selector>', 'selector')
      .option('--external-ip <ip>', 'external address')
      .option('--type <type>', 'type')
      .option('--tcp <ports>', 'port[:target] (repeatable)', commas)
      .option('--clusterip <ip>', 'cluster IP')
      .option('--from-literal <key=value>', 'an entry (repeatable)', collect)
      .option('--from-file <[key=]file>', 'an entry from a file (repeatable)', collect)
      .option('--from-env-file <file>', 'entries from a file (repeatable)', collect)
      .option('--clusterrole <name>', 'cluster role')
      .option('--role <name>', 'role')
      .option('--user <name>', 'user (repeatable)', collect)
      .option('--group <name>', 'group (repeatable)', collect)
      .option('--serviceaccount <ns:name>', 'service account (repeatable)', collect)
      .option('--verb <verbs>', 'verbs', collect)
      .option('--resource <resources>', 'resources', collect)
      .option('--schedule <cron>', 'schedule')
      .option('--restart <policy>', 'restart policy')
      .option('--env <name=value>', 'environment (repeatable)', collect)
      .option('--command', 'words after -- replace the entrypoint')
      .option('--value <n>', 'priority', integer);
  }

  #addStreams(program: Command): void {
    this.#command(program, 'logs [words...]', 'print the logs of containers')
      .option('-f, --follow', 'keep printing')
      .option('-p, --previous', 'of the instance before')
      .option('-c, --container <name>', 'of this container')
      .option('--all-containers', 'of all containers')
      .option('--all-pods', 'of all pods of a workload')
      .option('--prefix', 'lead lines by pod and container')
      .option('--timestamps', 'lead lines by their time')
      .option('--tail <n>', 'the last lines only', integer)
      .option('--since <duration>', 'newer than this')
      .option('--since-time <time>', 'newer than this time')
      .option('--limit-bytes <n>', 'at most this much', integer)
      .option('-l, --selector <selector>', 'of these pods')
      .option('--max-log-requests <n>', 'streams to follow at once', integer, 5)
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/logs.ts')).logs(session, await map(), command.args, command.opts())));
    for (const name of ['exec', 'attach'] as const) {
      this.#command(program, name === 'exec' ? 'exec <pod> [command...]' : 'attach <pod>', name === 'exec' ? 'run a command in a container' : 'attach to the process of a container')
        .option('-c, --container <name>', 'in this container')
        .option('-i, --stdin', 'pass standard input')
        .option('-t, --tty', 'standard input is a terminal')
        .option('-q, --quiet', 'only what the command prints')
        .passThroughOptions(false)
        .action(
          this.#act(async ({ session, map }, command) => {
            const [target, ...words] = command.args as [string, ...string[]];
            if (name === 'exec' && words.length === 0) throw new CliError('error: you must specify at least one command for the container');
            return (await import('./commands/exec.ts')).exec(session, await map(), target, name === 'exec' ? words : undefined, command.opts());
          }),
        );
    }
    this.#command(program, 'port-forward <target> <ports...>', 'forward local ports to a pod')
      .option('--address <addresses>', 'local addresses', commas)
      .action(
        this.#act(async ({ session, map }, command) => {
          const [target, ...ports] = command.args as [string, ...string[]];
          await (await import('./commands/port-forward.ts')).portForward(session, await map(), target, ports, command.opts<{ address?: string[] }>().address ?? ['localhost']);
        }),
      );
  }

  #addDiscovery(program: Command): void {
    this.#command(program, 'api-resources', 'the resources of the server').action(this.#act(async ({ session, map }) => (await import('./commands/server-info.ts')).apiResources(session, await map())));
    this.#command(program, 'api-versions', 'the group versions of the server').action(this.#act(async ({ session, map }) => (await import('./commands/server-info.ts')).apiVersions(session, await map())));
    this.#command(program, 'version', 'the version of client and server').action(this.#act(async ({ session }) => (await import('./commands/server-info.ts')).version(session)));
    this.#command(program, 'cluster-info', 'where the cluster is').action(this.#act(async ({ session }) => (await import('./commands/server-info.ts')).clusterInfo(session)));
  }
}

const ROLLOUT_ACTIONS: readonly (readonly [string, string])[] = [
  ['status', 'follow a rollout'],
  ['history', 'show revisions'],
  ['undo', 'go back to an earlier revision'],
  ['restart', 'replace all pods'],
  ['pause', 'hold a rollout'],
  ['resume', 'go on with a rollout'],
];
