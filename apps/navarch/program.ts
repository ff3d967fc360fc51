/**
 * The command line: `navarch COMMAND [options]`. One place for every name, flag and help text.
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Environment } from './cluster/paths.ts';
import { addControlPlaneCommands } from './components/commands.ts';
import { addEnvtestCommands } from './envtest/commands.ts';
import { addServerFlags, type ServerFlags } from './server-flags.ts';
import { addStoreFlags } from './store-flags.ts';

const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) throw new InvalidArgumentError(`a whole number from ${least} to ${most} is needed.`);
    return value;
  };

const nameOption = (): Option => new Option('--name <name>', 'the cluster').default('default');
const outputOption = (): Option => new Option('-o, --output <format>', 'output format').choices(['text', 'json']).default('text');

const collect = (value: string, all: readonly string[]): string[] => [...all, value];

/** The program; actions load their modules when they run. */
export function createProgram(environment: Environment): Command {
  const program = new Command('navarch');
  program
    .description('Kubernetes on this machine: one command gives a cluster.')
    .showHelpAfterError('(navarch --help lists the commands)')
    .enablePositionalOptions()
    .configureHelp({ sortSubcommands: false });
  addClusterCommands(program, environment);
  addInspectionCommands(program, environment);
  addComponentCommands(program, environment);
  return program;
}

function addClusterCommands(program: Command, environment: Environment): void {
  addStoreFlags(program.command('up').description('create the cluster, or bring it back'), ['embedded', 'etcd'])
    .addOption(nameOption())
    .option('--nodes <n>', 'how many nodes (default 1)', wholeNumber(1, 5000))
    .addOption(new Option('--runtime <runtime>', 'what runs the pods').choices(['containerd', 'simulated']))
    .option('--api-port <port>', 'port of the API server on loopback (default: the first free one from 6443)', wholeNumber(1, 65_535))
    .option('--data-dir <directory>', 'where the cluster keeps its data (default: under $NAVARCH_HOME)')
    .addOption(new Option('--egress <mode>', 'whether pods and image pulls reach the network through this machine (default on)').choices(['on', 'off']))
    .option('--lifecycle <file>', 'what happens to simulated nodes and their pods: a Lifecycle (YAML or JSON)')
    .option('--registry <host[=url]>', 'a registry to reach over plain http, or through the mirror URL (repeatable)', collect, [])
    .option('--no-install', 'never install anything: fail with the list of what is missing')
    .action(async (options: Record<string, unknown>) => (await import('./commands/up.ts')).up(environment, options as never));
  program
    .command('down')
    .description('stop the cluster; its objects, images and volumes stay')
    .addOption(nameOption())
    .action(async (options: { name: string }) => (await import('./commands/down.ts')).down(environment, options.name));
  program
    .command('delete')
    .description('stop the cluster and remove everything it left on this machine')
    .addOption(nameOption())
    .action(async (options: { name: string }) => (await import('./commands/delete.ts')).deleteCluster(environment, options.name));
}

function addInspectionCommands(program: Command, environment: Environment): void {
  program
    .command('status')
    .description('show the state of the cluster and its processes')
    .addOption(nameOption())
    .addOption(outputOption())
    .action(async (options: { name: string; output: 'text' | 'json' }) => (await import('./commands/status.ts')).status(environment, options));
  program
    .command('list')
    .description('list the clusters on this machine')
    .addOption(outputOption())
    .action(async (options: { output: 'text' | 'json' }) => (await import('./commands/list.ts')).list(environment, options.output));
  program
    .command('kubeconfig')
    .description('print a kubeconfig for the cluster')
    .addOption(nameOption())
    .action(async (options: { name: string }) => (await import('./commands/kubeconfig.ts')).kubeconfig(environment, options.name));
  program
    .command('logs')
    .description('print the logs of the cluster’s own processes')
    .addOption(nameOption())
    .option('--component <component>', 'server, supervisor, NODE/agent or NODE/containerd (default: all)')
    .option('-f, --follow', 'keep printing what is added', false)
    .action(async (options: { name: string; component?: string; follow: boolean }) => (await import('./commands/logs.ts')).logs(environment, options));
  addStoreFlags(
    program
      .command('backup')
      .description('write everything that is stored into one file, while the cluster runs or while it is stopped')
      .argument('<file>')
      .addOption(nameOption())
      .option('--kubeconfig <file>', 'an administrator’s kubeconfig of a running server, instead of a cluster of this machine')
      .option('--data-dir <directory>', 'the data of a stopped navarch server')
      .option('--force', 'write over the file'),
    ['embedded', 'etcd'],
  ).action(async (file: string, flags: Record<string, unknown>) => (await import('./commands/backup.ts')).backup(environment, file, flags as never));
  addStoreFlags(
    program
      .command('restore')
      .description('put a backup into a cluster that is stopped or does not exist yet; clients begin anew')
      .argument('<file>')
      .addOption(nameOption())
      .option('--data-dir <directory>', 'the data of a stopped navarch server')
      .option('--force', 'in place of what is there (which is kept beside it, unless it is in etcd)'),
    ['embedded', 'etcd'],
  ).action(async (file: string, flags: Record<string, unknown>) => (await import('./commands/restore.ts')).restore(environment, file, flags as never));
  const image = program.command('image').description('images of the cluster’s nodes');
  image
    .command('load')
    .description('load image archives (docker save or OCI) into every node')
    .argument('<file.tar...>')
    .addOption(nameOption())
    .action(async (files: string[], options: { name: string }) => (await import('./commands/image.ts')).loadImages(environment, options.name, files));
  image
    .command('list')
    .description('list the images that the nodes have')
    .addOption(nameOption())
    .addOption(outputOption())
    .action(async (options: { name: string; output: 'text' | 'json' }) => (await import('./commands/image.ts')).listImages(environment, options));
  program
    .command('kubectl')
    .description('a kubectl for machines without one')
    .argument('[arguments...]')
    .allowUnknownOption()
    .passThroughOptions()
    .helpOption(false)
    .action(async (args: string[]) => (await import('./commands/kubectl.ts')).kubectl(environment, args));
  program
    .command('test')
    .description('run every test this machine can run')
    .argument('[filter]', 'only test files whose path contains this')
    .option('--no-install', 'never install anything')
    .action(async (filter: string | undefined, options: { install: boolean }) => (await import('./commands/test.ts')).runTests(environment, filter, options.install));
}

function addComponentCommands(program: Command, environment: Environment): void {
  program
    .command('supervise', { hidden: true })
    .description('keep the processes of a cluster running')
    .requiredOption('--name <name>', 'the cluster')
    .action(async (options: { name: string }) => (await import('./commands/supervise.ts')).superviseCluster(environment, options.name));
  addServerFlags(program.command('server').description('run the control plane: API server, controllers and scheduler')).action(async (flags: ServerFlags) =>
    (await import('./server/run.ts')).runServer(flags),
  );
  addControlPlaneCommands(program);
  addEnvtestCommands(program);
  program
    .command('agent')
    .description('run a node: kubelet, service proxy and DNS')
    .requiredOption('--config <file>', 'AgentConfiguration (JSON)')
    .action(async (options: { config: string }) => (await import('./agent/run.ts')).runAgent(options.config));
}
