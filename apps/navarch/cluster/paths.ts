/**
 * Where a cluster keeps what: everything under one directory, so that deleting the directory forgets the cluster.
 *
 *     $NAVARCH_HOME/clusters/NAME/
 *       cluster.json      what was asked for (ClusterSpec)
 *       processes.json    what runs (ProcessTable), kept by the supervisor
 *       kubeconfig        the administrator's, 0600
 *       pki/              certificates and keys, 0600
 *       store/            the API server's database
 *       logs/             one file per process
 *       nodes/NODE/       what a node keeps: images, pods, kubelet state
 */
import { dirname, join } from 'node:path';

/** The environment as the composition root read it once. */
export interface Environment {
  readonly home: string;
  /** `$NAVARCH_HOME`, default `~/.navarch`. */
  readonly navarchHome: string;
  /** `$KUBECONFIG`, when set. */
  readonly kubeconfig: string | undefined;
  /** `$NAVARCH_EGRESS`, when set. */
  readonly egress: string | undefined;
  /** The folder of the repository or package that this program was started from. */
  readonly installation: string;
  readonly isRoot: boolean;
  readonly isLinux: boolean;
}

/** Reads the environment. */
export function readEnvironment(env: NodeJS.ProcessEnv, platform: string, uid: number | undefined, program: string): Environment {
  const home = env['HOME'] || '/root';
  return {
    home,
    navarchHome: env['NAVARCH_HOME'] || join(home, '.navarch'),
    kubeconfig: env['KUBECONFIG'] || undefined,
    egress: env['NAVARCH_EGRESS'] || undefined,
    installation: dirname(dirname(program)),
    isRoot: uid === 0,
    isLinux: platform === 'linux',
  };
}

/** The paths of one cluster. */
export interface ClusterPaths {
  readonly directory: string;
  readonly spec: string;
  readonly processes: string;
  readonly kubeconfig: string;
  readonly pki: string;
  readonly store: string;
  readonly logs: string;
  readonly nodes: string;
  /** Held while a command changes the cluster. */
  readonly lock: string;
}

/** The directory in which clusters are remembered by name; one kept elsewhere (`--data-dir`) is a symbolic link. */
export function clustersDirectory(environment: Environment): string {
  return join(environment.navarchHome, 'clusters');
}

/** The paths of the cluster whose directory is `directory`. */
export function clusterPaths(directory: string): ClusterPaths {
  return {
    directory,
    spec: join(directory, 'cluster.json'),
    processes: join(directory, 'processes.json'),
    kubeconfig: join(directory, 'kubeconfig'),
    pki: join(directory, 'pki'),
    store: join(directory, 'store'),
    logs: join(directory, 'logs'),
    nodes: join(directory, 'nodes'),
    lock: join(directory, 'lock'),
  };
}
