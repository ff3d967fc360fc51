/**
 * The configuration of a node's containerd, as text from facts.
 *
 * Version 2 of the format is what containerd 1.3 to 1.7 read and 2.x still accepts.
 */
import { join } from 'node:path';
import { isLoopback, registryUrl } from './loopback.ts';
import type { NodeHome } from './node.ts';

/** The image of the process that holds each pod's namespaces. */
export const PAUSE_IMAGE = 'registry.k8s.io/pause:3.10';

/** What was found on this machine. */
export interface RuntimeFacts {
  readonly containerd: string;
  readonly runc: string;
  /** A second OCI runtime, offered to pods as handler `crun` when it is installed. */
  readonly crun: string | undefined;
  readonly cniPlugins: string;
  /** Without CAP_SYS_RESOURCE nothing can lower `oom_score_adj`, so containerd must not ask for it. */
  readonly mayLowerOomScore: boolean;
  readonly hasAppArmor: boolean;
}

const CRI = 'plugins."io.containerd.grpc.v1.cri"';

/** The text of `config.toml`. */
export function containerdConfig(home: NodeHome, facts: RuntimeFacts): string {
  const quote = (text: string): string => JSON.stringify(text);
  return `version = 2
root = ${quote(join(home.dataDirectory, 'containerd'))}
state = ${quote(join(home.runDirectory, 'containerd'))}
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp", "io.containerd.internal.v1.tracing", "io.containerd.nri.v1.nri"]

[grpc]
  address = ${quote(home.containerdSocket)}

[debug]
  level = "warn"

[${CRI}]
  sandbox_image = ${quote(PAUSE_IMAGE)}
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  restrict_oom_score_adj = ${!facts.mayLowerOomScore}
  disable_apparmor = ${!facts.hasAppArmor}
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  [${CRI}.cni]
    bin_dir = ${quote(facts.cniPlugins)}
    conf_dir = ${quote(home.cniDirectory)}
    max_conf_num = 1
  [${CRI}.registry]
    config_path = ${quote(certsDirectory(home))}
  [${CRI}.containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
${runtimeTable('runc', facts.runc)}${facts.crun ? runtimeTable('crun', facts.crun) : ''}`;
}

/** Where containerd looks for what is said of each registry. */
export const certsDirectory = (home: NodeHome): string => join(home.runDirectory, 'certs.d');

const runtimeTable = (name: string, binary: string): string => `
    [${CRI}.containerd.runtimes.${name}]
      runtime_type = "io.containerd.runc.v2"
      [${CRI}.containerd.runtimes.${name}.options]
        SystemdCgroup = false
        BinaryName = ${JSON.stringify(binary)}
`;

/**
 * Files below `certs.d` for registries given as `HOST[:PORT]` (plain http there) or `HOST[:PORT]=URL` (a mirror; the host `*` means every registry),
 * by path. A registry on this machine's loopback is reached at the host's address in the cluster.
 *
 * Source: containerd's registry host configuration.
 */
export function registryHosts(registries: readonly string[], hostAddress: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const text of registries) {
    const split = text.indexOf('=');
    const host = split < 0 ? text : text.slice(0, split);
    const url = registryUrl(text);
    if (isLoopback(url)) url.hostname = hostAddress;
    const endpoint = url.href.replace(/\/$/, '');
    const server = split < 0 ? `server = ${JSON.stringify(endpoint)}\n` : '';
    const path = join(host === '*' ? '_default' : host, 'hosts.toml');
    // Several mirrors of one host are tried in the order given.
    files.set(path, `${files.get(path) ?? server}[host.${JSON.stringify(endpoint)}]\n  capabilities = ["pull", "resolve"]\n`);
  }
  return files;
}
