/**
 * From what the user typed (and what the cluster already is) to what the cluster shall be.
 */
import { resolve } from 'node:path';
import { podCidrFor } from '#runtimes/simulated/fleet.ts';
import { storeChoice, type StoreFlags } from '../store-flags.ts';
import type { Environment } from './paths.ts';
import { checkName, type ClusterSpec, type RuntimeName, UserError } from './spec.ts';

/** The options of `navarch up`; absent ones keep what the cluster has, or take the default. */
export interface UpOptions extends StoreFlags {
  readonly name: string;
  readonly nodes?: number;
  readonly runtime?: RuntimeName;
  readonly apiPort?: number;
  readonly dataDir?: string;
  readonly egress?: 'on' | 'off';
  readonly registry: readonly string[];
  readonly install: boolean;
  readonly lifecycle?: string;
}

/** In a spec whose port is yet to be chosen. */
export const ANY_PORT = 0;

/** What the cluster shall be; its port is `ANY_PORT` when nobody named one. @throws UserError when an option contradicts the existing cluster or this machine. */
export function chooseSpec(environment: Environment, options: UpOptions, present: ClusterSpec | undefined): ClusterSpec {
  checkName(options.name);
  if (present) return keepSpec(options, present);
  const canRunContainers = environment.isRoot && environment.isLinux;
  const runtime = options.runtime ?? (canRunContainers ? 'containerd' : 'simulated');
  if (runtime === 'containerd' && !canRunContainers) {
    throw new UserError(`real containers need ${environment.isLinux ? 'root' : 'Linux'} here; run as root${environment.isLinux ? '' : ' on Linux'}, or use --runtime simulated`);
  }
  if (options.lifecycle !== undefined && runtime !== 'simulated') throw new UserError('--lifecycle goes with --runtime simulated');
  const store = storeChoice(options, `/navarch/${options.name}`);
  return {
    ...(store ? { store } : {}),
    ...lifecycleOf(options),
    name: options.name,
    nodes: options.nodes ?? 1,
    runtime,
    apiPort: options.apiPort ?? ANY_PORT,
    egress: options.egress ?? egressFrom(environment.egress),
    podCidr: runtime === 'simulated' ? podCidrFor(options.nodes ?? 1) : '10.244.0.0/16',
    serviceCidr: '10.96.0.0/16',
    clusterDomain: 'cluster.local',
    dnsIp: '10.96.0.10',
    registries: options.registry,
  };
}

const lifecycleOf = ({ lifecycle }: UpOptions): Pick<ClusterSpec, 'lifecycleFile'> => (lifecycle === undefined ? {} : { lifecycleFile: resolve(lifecycle) });

function egressFrom(text: string | undefined): 'on' | 'off' {
  if (text === undefined || text === 'on') return 'on';
  if (text === 'off') return 'off';
  throw new UserError(`NAVARCH_EGRESS is "${text}"; it must be on or off`);
}

/** An existing cluster keeps its shape; port, egress and registries may change while it is stopped (the caller starts it with them). */
function keepSpec(options: UpOptions, present: ClusterSpec): ClusterSpec {
  const store = storeChoice(options, present.store?.prefix ?? `/navarch/${present.name}`);
  const fixed: readonly (readonly [string, unknown, unknown])[] = [
    ['--store', store?.engine, present.store?.engine ?? 'embedded'],
    ['--etcd-prefix', store?.prefix, present.store?.prefix],
    ['--nodes', options.nodes, present.nodes],
    ['--runtime', options.runtime, present.runtime],
  ];
  for (const [flag, asked, has] of fixed) {
    if (asked !== undefined && asked !== has) {
      throw new UserError(`cluster "${present.name}" exists with ${flag} ${String(has)}; delete it first, or leave ${flag} out`);
    }
  }
  // Members and files may move; what is in them may not.
  if (options.lifecycle !== undefined && present.runtime !== 'simulated') throw new UserError('--lifecycle goes with --runtime simulated');
  return { ...present, ...(store && present.store ? { store } : {}), ...lifecycleOf(options), apiPort: options.apiPort ?? present.apiPort, egress: options.egress ?? present.egress, registries: options.registry.length > 0 ? options.registry : present.registries };
}
