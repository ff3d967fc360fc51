/**
 * The built-in kubectl: names, flags and help of its commands in one place; each command loads its code when it runs.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { StatusError } from '#machinery/status.ts';
import type { GenerateFlags } from './generate/flags.ts';
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

/** @throws CliError for what is no way to delete dependents */
const cascade = (text: string): string => {
  if (!['background', 'foreground', 'orphan', 'true', 'false'].includes(text)) throw new CliError(`error: invalid cascade value (${text}). Must be "background", "foreground", or "orphan"`);
  return text;
};

interface Opened {
  readonly session: Session;
  /** Discovers on first use. */
  readonly map: () => Promise<ResourceMap>;
}

/** Runs `kubectl ARGS` and answers its exit code. */
export async function runKubectl(args: readonly string[], io: Io): Promise<number> {
  const runner = new Runner(io, args);
  try {
    const program = runner.program();
    if (args.length === 0) {
      program.outputHelp();
      return 0;
    }
    await program.parseAsync(withoutEquals(args), { from: 'user' });
    return runner.exitCode;
  } catch (error) {
    return report(error, io, args);
  }
}

/** An object that is not valid: each cause on a line of its own when there are several. */
function invalidText({ details, message }: StatusError): string {
  const causes = (details?.causes ?? []).map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : (cause.message ?? '')));
  if (!details?.kind || causes.length === 0) return `The ${message}`;
  const distinct = [...new Set(causes)];
  return `The ${details.kind} ${JSON.stringify(details.name ?? '')} is invalid: ${distinct.length === 1 ? distinct[0] : distinct.map((one) => `\n* ${one}`).join('')}`;
}

/** `-o=json` as `-ojson`: the parser takes what follows a short flag for its value. */
function withoutEquals(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args.map((arg, index) => (end >= 0 && index > end ? arg : arg.replace(/^(-[a-zA-Z])=/s, '$1')));
}

const COMMANDS: readonly string[] = ['get', 'describe', 'explain', 'wait', 'rollout', 'apply', 'replace', 'create', 'run', 'expose', 'delete', 'scale', 'label', 'annotate', 'logs', 'exec', 'attach', 'port-forward', 'api-resources', 'api-versions', 'version', 'cluster-info'];

/** What the parser refuses, as kubectl says it; nothing for what is no refusal (help). */
function flagProblem({ code, message }: CommanderError, args: readonly string[]): string {
  if (code === 'commander.help' || code === 'commander.helpDisplayed' || code === 'commander.version') return '';
  const command = COMMANDS.find((name) => args.includes(name)) ?? '';
  const see = `See 'kubectl ${command} --help' for usage.`;
  const [, flag] = /^error: unknown option '([^'=]*)/.exec(message) ?? [];
  if (flag?.startsWith('--')) return `error: unknown flag: ${flag}\n${see}\n`;
  if (flag) return `error: unknown shorthand flag: '${flag.charAt(1)}' in ${flag}\n${see}\n`;
  const [, option] = /^error: option '(?:-\w, )?(--?[\w-]+).*' argument missing/.exec(message) ?? [];
  if (option) return `error: flag needs an argument: ${option}\n${see}\n`;
  const [, required] = /^error: required option '(?:-\w, )?--([\w-]+)/.exec(message) ?? [];
  if (required) return `error: required flag(s) "${required}" not set\n`;
  const [, unknown] = /^error: unknown command '([^']*)'/.exec(message) ?? [];
  if (unknown && command === 'rollout') return `error: unknown command "${unknown}"\nSee 'kubectl rollout -h' for help and examples\n`;
  if (unknown) return `error: unknown command "${unknown}" for "kubectl"\n`;
  return `${message}\n`;
}

/** Prints a failure in kubectl's words; answers the exit code. */
function report(error: unknown, io: Io, args: readonly string[]): number {
  if (error instanceof CommanderError) {
    const text = flagProblem(error, args);
    if (text) io.stderr.write(text);
    return error.exitCode;
  }
  if (error instanceof AggregateError) return Math.max(...error.errors.map((one) => report(one, io, args)));
  if (io.signal.aborted) return 130;
  if (error instanceof StatusError) {
    io.stderr.write(`${error.reason === 'Invalid' ? invalidText(error) : `Error from server (${error.reason || 'Unknown'}): ${error.message}`}\n`);
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
  /** What was typed, for what the parser does not tell. */
  readonly #args: readonly string[];
  exitCode = 0;

  constructor(io: Io, args: readonly string[]) {
    this.#io = io;
    this.#args = args;
  }

  program(): Command {
    const program = new Command('kubectl');
    program
      .description('A kubectl for machines without one: the everyday commands, with kubectl’s flags and output.')
      .enablePositionalOptions()
      .exitOverride()
      .configureOutput({ writeOut: (text) => void this.#io.stdout.write(text), writeErr: (text) => void this.#io.stderr.write(text), outputError: () => undefined })
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
      .option('--template <template>', 'the template of -o go-template, jsonpath, …')
      .option('--dry-run [mode]', 'none, client or server')
      .option('--field-manager <name>', 'who owns the fields')
      .option('--validate [mode]', 'strict, warn or ignore');
  }

  /** Runs an action with an open session and closes it. */
  #act(run: (opened: Opened, command: Command) => Promise<number | void>): (...args: unknown[]) => Promise<void> {
    return async (...args) => {
      const command = args.at(-1) as Command;
      // A flag after the command's name wins over the same one before.
      const flags: GlobalFlags & { dryRun?: string | boolean } = { ...command.optsWithGlobals(), ...command.opts() };
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
      .option('--template <template>', 'the template of -o go-template, jsonpath, …')
      .option('--subresource <name>', 'status, scale or resize of the object')
      .option('--chunk-size <n>', 'objects per request', integer, 500)
      .option('--output-watch-events', 'lead rows by what happened')
      .option('--server-print <bool>', 'columns of the server', (text) => text !== 'false', true)
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/get.ts')).get(session, map, command.args, command.opts())));
    this.#selectable(this.#command(program, 'describe [type-or-names...]', 'show objects in detail, with their events'))
      .option('--show-events [bool]', 'with events', (text) => text !== 'false')
      .action(this.#act(async ({ session, map }, command) => (await import('./describe/describe.ts')).describe(session, await map(), command.args, command.opts())));
    this.#command(program, 'explain [resource]', 'what a resource and its fields mean')
      .option('--recursive', 'all fields below')
      .option('--api-version <version>', 'of this group and version')
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/explain.ts')).explain(session, await map(), command.args[0], command.opts())));
    this.#selectable(this.#command(program, 'wait [type-or-names...]', 'wait for a condition'))
      .option('--for <condition>', 'condition=TYPE[=STATUS], delete, create or jsonpath=PATH=VALUE')
      .option('--timeout <duration>', 'how long', seconds, 30)
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/wait.ts')).waitFor(session, await map(), command.args, command.opts())));
    const rollout = program.command('rollout').description('manage the rollout of a workload');
    for (const [name, description] of ROLLOUT_ACTIONS) {
      this.#selectable(this.#command(rollout, `${name} [type-or-names...]`, description))
        .option('-w, --watch <bool>', 'follow until done', (text) => text !== 'false', true)
        .option('--timeout <duration>', 'how long to follow', seconds)
        .option('--revision <n>', 'show this revision', integer)
        .option('--to-revision <n>', 'go back to this revision', integer)
        .option('--dry-run [mode]', 'none, client or server')
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
        const flags = command.opts<GenerateFlags>();
        if (flags.filename) return (await import('./commands/apply.ts')).applyManifests(session, await map(), flags, 'create');
        if (command.args.length === 0) throw new CliError('error: must specify one of -f and -k');
        await (await import('./commands/create.ts')).create(session, await map(), command.args, flags);
      }),
    );
    this.#generator(this.#command(program, 'run [words...]', 'run an image in a pod'))
      .option('--expose', 'with a service')
      .option('-i, --stdin', 'pass standard input')
      .option('-t, --tty', 'standard input is a terminal')
      .option('--attach', 'attach to the pod')
      .option('--rm', 'remove the pod afterwards')
      .option('-q, --quiet', 'only what the command prints')
      .option('--overrides <json>', 'merged into the pod')
      .option('--pod-running-timeout <duration>', 'how long to wait for the pod', seconds, 60)
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/run.ts')).run(session, await map(), command.args, command.opts())));
    this.#generator(this.#command(program, 'expose [words...]', 'make a service for a workload')).action(
      this.#act(async ({ session, map }, command) => (await import('./commands/create.ts')).expose(session, await map(), command.args, command.opts())),
    );
    this.#selectable(this.#command(program, 'delete [type-or-names...]', 'delete objects'))
      .option('--cascade [mode]', 'background, foreground or orphan', cascade, 'background')
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
      .option('--dry-run [mode]', 'none, client or server')
      .option('-o, --output <format>', 'json, yaml, name, …')
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/scale.ts')).scale(session, await map(), command.args, command.opts())));
    for (const [name, field] of [['label', 'labels'], ['annotate', 'annotations']] as const) {
      this.#selectable(this.#command(program, `${name} [words...]`, `change ${field}`))
        .option('--overwrite', 'replace values')
        .option('--list', 'show them')
        .option('-o, --output <format>', 'json, yaml, name, …')
        .option('--field-manager <name>', 'who owns the fields')
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
      .option('--node-port <port>', 'port on the nodes', integer)
      .option('--external-name <name>', 'name outside the cluster')
      .option('--session-affinity <kind>', 'None or ClientIP')
      .option('--resource-name <names>', 'names of objects', collect)
      .option('--non-resource-url <paths>', 'paths', collect)
      .option('--from <cronjob/name>', 'where to take the template from')
      .option('--cert <file>', 'certificate')
      .option('--key <file>', 'key')
      .option('--docker-server <host>', 'registry', 'https://index.docker.io/v1/')
      .option('--docker-username <name>', 'user of the registry')
      .option('--docker-password <password>', 'password of the registry')
      .option('--docker-email <email>', 'e-mail address')
      .option('--hard <amounts>', 'limits of a quota')
      .option('--scopes <scopes>', 'what a quota counts')
      .option('--min-available <n>', 'pods that stay')
      .option('--max-unavailable <n>', 'pods that may be missing')
      .option('--rule <host/path=service:port>', 'a rule of an ingress (repeatable)', collect)
      .option('--class <name>', 'class of an ingress')
      .option('--duration <duration>', 'how long a token is valid')
      .option('--description <text>', 'what a priority is for')
      .option('--global-default', 'the priority of pods that name none')
      .option('--preemption-policy <policy>', 'whether a priority displaces others')
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
      this.#command(program, name === 'exec' ? 'exec [pod] [command...]' : 'attach <pod>', name === 'exec' ? 'run a command in a container' : 'attach to the process of a container')
        .option('-c, --container <name>', 'in this container')
        .option('-i, --stdin', 'pass standard input')
        .option('-t, --tty', 'standard input is a terminal')
        .option('-q, --quiet', 'only what the command prints')
        .passThroughOptions(false)
        .action(
          this.#act(async ({ session, map }, command) => {
            const [target, ...words] = command.args;
            if (target === undefined) throw new CliError("error: pod, type/name or --filename must be specified\nSee 'kubectl exec -h' for help and examples");
            if (name === 'exec' && words.length === 0) throw new CliError('error: you must specify at least one command for the container');
            if (name === 'exec' && !this.#args.includes('--')) throw new CliError("error: exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples");
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
    this.#command(program, 'api-resources', 'the resources of the server')
      .option('--no-headers', 'no heading line')
      .option('-o, --output <format>', 'wide or name')
      .option('--namespaced [bool]', 'those in namespaces, or not', (text) => text !== 'false')
      .option('--api-group <group>', 'of this group')
      .option('--verbs <verbs>', 'that have these verbs', commas)
      .action(this.#act(async ({ session, map }, command) => (await import('./commands/server-info.ts')).apiResources(session, await map(), command.opts())));
    this.#command(program, 'api-versions', 'the group versions of the server').action(this.#act(async ({ session, map }) => (await import('./commands/server-info.ts')).apiVersions(session, await map())));
    this.#command(program, 'version', 'the version of client and server')
      .option('--client', 'of this program only')
      .action(async ({ client }: { client?: boolean }, command: Command) => {
        const { clientVersion, serverVersion } = await import('./commands/server-info.ts');
        clientVersion(this.#io);
        if (!client) await this.#act(async ({ session }) => serverVersion(session))(command);
      });
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
