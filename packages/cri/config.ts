/**
 * What a node agent says when it makes sandboxes and containers. Members that are absent mean the runtime's default.
 *
 * Source: cri-api `runtime.v1` PodSandboxConfig and ContainerConfig.
 */
import type { ContainerMetadata, SandboxMetadata } from './runtime.ts';

/** Text to text. */
export type StringMap = Readonly<Record<string, string>>;

/** Whose namespace is used: the pod's, the container's own, the node's, or that of the container `targetId`. */
export type NamespaceMode = 'pod' | 'container' | 'node' | 'target';

/** Namespaces of a sandbox or container. */
export interface NamespaceOptions {
  readonly network?: NamespaceMode;
  readonly pid?: NamespaceMode;
  readonly ipc?: NamespaceMode;
  readonly targetId?: string;
  readonly usernsOptions?: UserNamespace;
}

/** A range of ids mapped into a user namespace. */
export interface IdMapping {
  readonly hostId: number;
  readonly containerId: number;
  readonly length: number;
}

/** The user namespace of a pod: `node` means none of its own. */
export interface UserNamespace {
  readonly mode?: NamespaceMode;
  readonly uids?: readonly IdMapping[];
  readonly gids?: readonly IdMapping[];
}

/** A seccomp or AppArmor profile. */
export interface SecurityProfile {
  readonly profileType?: 'runtimeDefault' | 'unconfined' | 'localhost';
  /** Absolute path (seccomp) or name (AppArmor) of a local profile. */
  readonly localhostRef?: string;
}

/** SELinux label parts. */
export interface SELinuxOption {
  readonly user?: string;
  readonly role?: string;
  readonly type?: string;
  readonly level?: string;
}

/** What the processes of a sandbox may do. */
export interface SandboxSecurity {
  readonly namespaceOptions?: NamespaceOptions;
  readonly selinuxOptions?: SELinuxOption;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly readonlyRootfs?: boolean;
  readonly supplementalGroups?: readonly number[];
  readonly supplementalGroupsPolicy?: 'merge' | 'strict';
  readonly privileged?: boolean;
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
}

/** Linux limits of a container; CPU periods and quotas in microseconds, memory in bytes. */
export interface ContainerResources {
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpuShares?: number;
  readonly memoryLimitInBytes?: number;
  readonly oomScoreAdj?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly hugepageLimits?: readonly { readonly pageSize: string; readonly limit: number }[];
  /** cgroup v2 only. */
  readonly unified?: StringMap;
  readonly memorySwapLimitInBytes?: number;
}

/** A pod's environment. */
export interface SandboxConfig {
  readonly metadata: SandboxMetadata;
  /** Empty for host-network pods. */
  readonly hostname?: string;
  /** The containers' logs lie under it. */
  readonly logDirectory?: string;
  readonly dnsConfig?: { readonly servers?: readonly string[]; readonly searches?: readonly string[]; readonly options?: readonly string[] };
  readonly portMappings?: readonly PortMapping[];
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  readonly linux?: {
    readonly cgroupParent?: string;
    readonly securityContext?: SandboxSecurity;
    readonly sysctls?: StringMap;
    readonly overhead?: ContainerResources;
    readonly resources?: ContainerResources;
  };
}

/** A port of the pod that the node exposes. */
export interface PortMapping {
  readonly protocol?: 'tcp' | 'udp' | 'sctp';
  readonly containerPort?: number;
  readonly hostPort?: number;
  readonly hostIp?: string;
}

/** A host path, or an image, that appears in a container. */
export interface Mount {
  readonly containerPath: string;
  /** Empty for an image. */
  readonly hostPath: string;
  /** The image whose content appears, read-only; runtimes before containerd 2.1 do not know it. */
  readonly image?: { readonly image: string };
  /** Only this directory of the image. */
  readonly imageSubPath?: string;
  readonly readonly?: boolean;
  readonly selinuxRelabel?: boolean;
  readonly propagation?: 'private' | 'hostToContainer' | 'bidirectional';
  readonly recursiveReadOnly?: boolean;
}

/** A host device that appears in a container; permissions such as `rwm`. */
export interface Device {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly permissions: string;
}

/** What the processes of a container may do. */
export interface ContainerSecurity {
  readonly capabilities?: { readonly addCapabilities?: readonly string[]; readonly dropCapabilities?: readonly string[] };
  readonly privileged?: boolean;
  readonly namespaceOptions?: NamespaceOptions;
  readonly selinuxOptions?: SELinuxOption;
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly runAsUsername?: string;
  readonly readonlyRootfs?: boolean;
  readonly supplementalGroups?: readonly number[];
  readonly supplementalGroupsPolicy?: 'merge' | 'strict';
  readonly noNewPrivs?: boolean;
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  readonly seccomp?: SecurityProfile;
  readonly apparmor?: SecurityProfile;
}

/** A container to make. */
export interface ContainerConfig {
  readonly metadata: ContainerMetadata;
  /** An image reference or id that is present. */
  readonly image: string;
  /** The image as the pod names it. */
  readonly userSpecifiedImage?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env?: readonly { readonly key: string; readonly value: string }[];
  readonly mounts?: readonly Mount[];
  readonly devices?: readonly Device[];
  readonly labels?: StringMap;
  readonly annotations?: StringMap;
  /** Relative to the sandbox's log directory. */
  readonly logPath?: string;
  readonly stdin?: boolean;
  readonly stdinOnce?: boolean;
  readonly tty?: boolean;
  readonly linux?: { readonly resources?: ContainerResources; readonly securityContext?: ContainerSecurity };
}
