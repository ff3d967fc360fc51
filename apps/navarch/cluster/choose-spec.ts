/**
 * From what the user typed (and what the cluster already is) to what the cluster shall be.
 */
import { createServer } from 'node:net';
import type { Environment } from './paths.ts';
import { checkName, type ClusterSpec, type RuntimeName, UserError } from './spec.ts';

/** The options of `navarch up`; absent ones keep what the cluster has, or take the default. */
export interface UpOptions {
  readonly name: string;
  readonly nodes?: number;
  readonly runtime?: RuntimeName;
  readonly apiPort?: number;
  readonly dataDir?: string;
  readonly egress?: 'on' | 'off';
  readonly registry: readonly string[];
  readonly install: boolean;
}

const FIRST_API_PORT = 6443;
const PORTS_TO_TRY = 100;

/** @throws UserError when an option contradicts the existing cluster or this machine. */
export async function chooseSpec(environment: Environment, options: UpOptions, present: ClusterSpec | undefined): Promise<ClusterSpec> {
  checkName(options.name);
  if (present) return keepSpec(options, present);
  const canRunContainers = environment.isRoot && environment.isLinux;
  const runtime = options.runtime ?? (canRunContainers ? 'containerd' : 'simulated');
  if (runtime === 'containerd' && !canRunContainers) {
    throw new UserError(`real containers need ${environment.isLinux ? 'root' : 'Linux'} here; run as root${environment.isLinux ? '' : ' on Linux'}, or use --runtime simulated`);
  }
  return {
    name: options.name,
    nodes: options.nodes ?? 1,
    runtime,
    apiPort: options.apiPort === undefined ? await findFreePort() : await checkPort(options.apiPort),
    egress: options.egress ?? egressFrom(environment.egress),
    podCidr: '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    clusterDomain: 'cluster.local',
    dnsIp: '10.96.0.10',
    registries: options.registry,
  };
}

function egressFrom(text: string | undefined): 'on' | 'off' {
  if (text === undefined || text === 'on') return 'on';
  if (text === 'off') return 'off';
  throw new UserError(`NAVARCH_EGRESS is "${text}"; it must be on or off`);
}

/** An existing cluster keeps its shape; egress and registries may change while it is stopped (the caller starts it with them). */
function keepSpec(options: UpOptions, present: ClusterSpec): ClusterSpec {
  const fixed: readonly (readonly [string, unknown, unknown])[] = [
    ['--nodes', options.nodes, present.nodes],
    ['--runtime', options.runtime, present.runtime],
    ['--api-port', options.apiPort, present.apiPort],
  ];
  for (const [flag, asked, has] of fixed) {
    if (asked !== undefined && asked !== has) {
      throw new UserError(`cluster "${present.name}" exists with ${flag} ${String(has)}; delete it first, or leave ${flag} out`);
    }
  }
  return { ...present, egress: options.egress ?? present.egress, registries: options.registry.length > 0 ? options.registry : present.registries };
}

async function checkPort(port: number): Promise<number> {
  if (await isFree(port)) return port;
  throw new UserError(`port ${port} on 127.0.0.1 is taken by another program; choose another with --api-port, or leave it out`);
}

async function findFreePort(): Promise<number> {
  for (let port = FIRST_API_PORT; port < FIRST_API_PORT + PORTS_TO_TRY; port++) if (await isFree(port)) return port;
  throw new UserError(`no port from ${FIRST_API_PORT} to ${FIRST_API_PORT + PORTS_TO_TRY - 1} is free on 127.0.0.1; choose one with --api-port`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else if (error.code === 'EACCES') reject(new UserError(`port ${port} may not be used by this user; choose one above 1023 with --api-port`));
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
