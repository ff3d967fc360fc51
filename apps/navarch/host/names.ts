/**
 * Names and places on this machine that belong to a cluster: everything is derived from the cluster's and the node's name, so that
 * cleaning up needs no memory.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

/** Where running clusters keep sockets, pinned namespaces and what must not survive a reboot. */
export const RUN_ROOT = '/run/navarch';

/** Names of one cluster on the host. */
export interface FabricNames {
  /** The network namespace that holds the bridge; also the name of the host's nftables table. */
  readonly netns: string;
  readonly netnsPath: string;
  /** The host's end of the cable into the cluster. */
  readonly hostInterface: string;
  readonly runDirectory: string;
  readonly stateFile: string;
}

/** Names of one node on the host. */
export interface NodeNames {
  readonly netns: string;
  readonly netnsPath: string;
  readonly mountPath: string;
  readonly utsPath: string;
  readonly runDirectory: string;
  readonly stateFile: string;
  /** Under this control group live all containers of the node, in every hierarchy. */
  readonly cgroupRoot: string;
}

const netnsPath = (name: string): string => `/run/netns/${name}`;

/** Names of the cluster's fabric. */
export function fabricNames(cluster: string): FabricNames {
  const netns = `navarch-${cluster}`;
  const runDirectory = join(RUN_ROOT, cluster);
  return {
    netns,
    netnsPath: netnsPath(netns),
    // Interface names have at most 15 characters, so the cluster's name itself does not fit.
    hostInterface: `nv-${createHash('sha256').update(cluster).digest('hex').slice(0, 8)}`,
    runDirectory,
    stateFile: join(runDirectory, 'fabric.json'),
  };
}

/** The hosts file that all nodes of a cluster share. */
export const hostsFile = (cluster: string): string => join(fabricNames(cluster).runDirectory, 'hosts');

/** Names of a node. The dot cannot occur in a cluster's name, so no two nodes of any clusters share one. */
export function nodeNames(cluster: string, node: string): NodeNames {
  const netns = `navarch-${cluster}.${node}`;
  const runDirectory = join(RUN_ROOT, cluster, node);
  return {
    netns,
    netnsPath: netnsPath(netns),
    mountPath: join(runDirectory, 'mount'),
    utsPath: join(runDirectory, 'uts'),
    runDirectory,
    stateFile: join(runDirectory, 'node.json'),
    cgroupRoot: `/navarch/${cluster}/${node}`,
  };
}
