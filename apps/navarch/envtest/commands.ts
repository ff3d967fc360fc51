/**
 * The commands that stand in for the binaries which test environments of Go operators start.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { addAccessFlags } from '../server/access-flags.ts';
import { addFeatureFlags } from '../server/feature-flags.ts';
import type { ApiServerFlags } from './api-server.ts';
import type { EtcdFlags } from './etcd.ts';

const port = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('a whole number up to 65535 is needed.');
  return value;
};
const list = (text: string, all: readonly string[] = []): readonly string[] => [...all, ...text.split(',').filter((one) => one !== '')];

/** Adds `envtest`, and what it writes: `kube-apiserver` and `etcd`. */
export function addEnvtestCommands(program: Command): void {
  program
    .command('envtest')
    .description('write kube-apiserver, etcd and kubectl for envtest into a directory: set KUBEBUILDER_ASSETS to it')
    .argument('<directory>')
    .action(async (directory: string) => (await import('./write-assets.ts')).writeAssets(directory));
  addAccessFlags(addFeatureFlags(program.command('kube-apiserver', { hidden: true }).description('an API server alone, with kube-apiserver’s flags')))
    .option('--etcd-servers <urls>', 'etcd, or the stand-in for it', list)
    .option('--etcd-cafile <file>', 'authority of etcd’s certificates')
    .option('--etcd-certfile <file>', 'client certificate for etcd')
    .option('--etcd-keyfile <file>', 'its key')
    .option('--etcd-prefix <prefix>', 'where keys begin in etcd', '/registry')
    .option('--cert-dir <directory>', 'where apiserver.crt and apiserver.key are, or are made', '/var/run/kubernetes')
    .option('--tls-cert-file <file>', 'serving certificate (default: apiserver.crt in --cert-dir)')
    .option('--tls-private-key-file <file>', 'its key (default: apiserver.key in --cert-dir)')
    .option('--bind-address <address>', 'where to listen', '0.0.0.0')
    .option('--secure-port <port>', 'port to listen on', port, 6443)
    .option('--advertise-address <address>', 'how others reach this server')
    .option('--service-cluster-ip-range <cidr>', 'addresses of services', '10.0.0.0/24')
    .option('--service-account-signing-key-file <file>', 'private key that signs service account tokens')
    .option('--service-account-key-file <file>', 'a key or certificate that verifies them (repeatable)', list)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (flags: ApiServerFlags, command: Command) => (await import('./api-server.ts')).runApiServer(flags, command.args));
  program
    .command('etcd', { hidden: true })
    .description('stands in for etcd where the API server keeps its objects itself')
    .option('--listen-client-urls <urls>', 'where to answer', list)
    .option('--advertise-client-urls <urls>', 'taken for --listen-client-urls when that is absent', list)
    .option('--data-dir <directory>', 'made, and left empty')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (flags: EtcdFlags) => (await import('./etcd.ts')).runEtcd(flags));
}
