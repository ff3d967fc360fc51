/**
 * What a kubelet is told by whoever starts it.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import type { InformerFactory } from '#client/informer.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import type { NodeAddress, Taint } from '#kinds/core/node/schema.ts';
import type { EvictionThresholds } from './upkeep/eviction.ts';
import type { ImageGcLimits } from './upkeep/image-gc.ts';
import type { LogLimits } from './upkeep/log-rotation.ts';
import type { VolumePlugin } from './volumes/plugin.ts';

/** How the kubelet serves the API server. */
export interface KubeletServerOptions {
  readonly host: string;
  /** 0 chooses a free port. */
  readonly port: number;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** PEM of the authority that signs the API server's client certificate. */
  readonly clientAuthority: string;
  /** Common names of clients that may use it: the API server's only. */
  readonly allowedClients: readonly string[];
}

/** Options of `startKubelet`. */
export interface KubeletOptions {
  readonly nodeName: string;
  /** As `nodeInfo.kubeletVersion` shows it: `v1.36.0`. */
  readonly version: string;
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly runtime: ContainerRuntime;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** State of pods: volumes, hosts files. Must be a path that the runtime sees too. */
  readonly rootDirectory: string;
  /** Container logs: `/var/log/pods` on an ordinary node. */
  readonly logDirectory: string;
  readonly addresses: readonly NodeAddress[];
  readonly dns: {
    /** Addresses of the cluster's DNS; empty when it has none. */
    readonly servers: readonly string[];
    /** `cluster.local`. */
    readonly domain: string;
    /** The node's own resolver configuration; default `/etc/resolv.conf`. */
    readonly resolvConf?: string;
  };
  /** Prefix of all pod cgroups: `/` on an ordinary node, `/navarch-NAME-NODE` where several share a machine. Absent: no cgroups of our own. */
  readonly cgroupRoot?: string;
  /** Pods on the node at most; default 110. */
  readonly maxPods?: number;
  /** Replaces what the machine has. Quantities by resource name. */
  readonly capacity?: Readonly<Record<string, string>>;
  /** Kept back from pods. Quantities by resource name. */
  readonly reserved?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: readonly Taint[];
  readonly providerId?: string;
  /**
   * Called with a pod's addresses before its containers are asked to end, and waited for: takes the pod out of service first, so that ending it
   * costs no request.
   */
  readonly beforeStop?: (podIps: readonly string[], signal: AbortSignal) => Promise<void>;
  /** Absent: nothing is served, and logs, exec and the like do not work. */
  readonly server?: KubeletServerOptions;
  /** Keep secrets on a memory filesystem, which needs the right to mount; default true. */
  readonly secretsInMemory?: boolean;
  /** Sysctls that pods may set although they may harm others; a trailing `*` stands for any ending. */
  readonly unsafeSysctls?: readonly string[];
  /** Absent: images are never removed. */
  readonly imageGc?: ImageGcLimits;
  /** Absent: no pod is ever evicted because the node runs short. */
  readonly eviction?: EvictionThresholds;
  /** Default: 10 MiB, five files. */
  readonly logLimits?: LogLimits;
  /** Volume kinds beyond the built-in ones. */
  readonly volumePlugins?: readonly VolumePlugin[];
  /** Credentials that the node itself has for registries: registry host to user and password. */
  readonly registryCredentials?: Readonly<Record<string, { readonly username: string; readonly password: string }>>;
}

/** A running kubelet. */
export interface Kubelet extends AsyncDisposable {
  /** The port that the server listens on; 0 when it does not serve. */
  readonly port: number;
  /** Resolves when the node is registered and its first Ready status was accepted. */
  whenReady(signal: AbortSignal): Promise<void>;
}
