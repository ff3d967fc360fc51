/**
 * `ContainerRuntime`: what a node agent may ask of whatever runs containers. Shapes follow the Container Runtime Interface v1 so that a
 * runtime that speaks it needs no second model; times are milliseconds since the epoch and enumerations are words.
 *
 * Every method throws StatusError. The reason tells what to do: `NotFound`, `AlreadyExists`, `Timeout` (a deadline passed),
 * `MethodNotAllowed` (this runtime does not serve the call), `ServiceUnavailable` (the runtime is away: try again), `InternalError` (it failed).
 *
 * Source: cri-api `runtime.v1`.
 */
import type { ContainerConfig, ContainerResources, SandboxConfig } from './config.ts';
import type { ContainerStats, FilesystemUsage } from './stats.ts';

/** Who the runtime is. */
export interface RuntimeVersion {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeApiVersion: string;
}

/** `RuntimeReady` and `NetworkReady`, with a reason when false. */
export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

/** A named way to run a pod (`runc`, `crun`, a sandboxed one); the empty name is the default. */
export interface RuntimeHandler {
  readonly name: string;
  readonly features?: { readonly recursiveReadOnlyMounts: boolean; readonly userNamespaces: boolean };
}

/** Whether the runtime can take pods. */
export interface RuntimeStatus {
  readonly conditions: readonly RuntimeCondition[];
  readonly runtimeHandlers: readonly RuntimeHandler[];
}

/** Which pod a sandbox belongs to. */
export interface SandboxMetadata {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  /** Rises with every sandbox made for the same pod. */
  readonly attempt: number;
}

/** Whether a sandbox can hold containers. */
export type SandboxState = 'ready' | 'notReady';

/** A sandbox in a list. */
export interface Sandbox {
  readonly id: string;
  readonly metadata: SandboxMetadata;
  readonly state: SandboxState;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly runtimeHandler: string;
}

/** A sandbox with its addresses; `ips` is empty for host-network pods. */
export interface SandboxStatus extends Sandbox {
  readonly ips: readonly string[];
}

/** Which container of the pod this is; `attempt` is its restart count. */
export interface ContainerMetadata {
  readonly name: string;
  readonly attempt: number;
}

/** A container's life in the runtime. */
export type ContainerState = 'created' | 'running' | 'exited' | 'unknown';

/** A container in a list. */
export interface Container {
  readonly id: string;
  readonly sandboxId: string;
  readonly metadata: ContainerMetadata;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Everything known about one container. Times that have not come are 0. */
export interface ContainerStatus {
  readonly id: string;
  readonly metadata: ContainerMetadata;
  readonly state: ContainerState;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  /** The image as it was asked for. */
  readonly image: string;
  /** What pins the image: a digest reference where there is one, else its id. */
  readonly imageRef: string;
  /** `Completed`, `Error`, `OOMKilled`, or the runtime's own word. */
  readonly reason: string;
  readonly message: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Absolute path of the log file. */
  readonly logPath: string;
}

/** Narrows lists; members that are absent do not narrow. */
export interface SandboxFilter {
  readonly id?: string;
  readonly state?: SandboxState;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Narrows lists; members that are absent do not narrow. */
export interface ContainerFilter {
  readonly id?: string;
  readonly state?: ContainerState;
  readonly sandboxId?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a command printed and how it ended. */
export interface ExecResult {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

/** An interactive command; at least one stream must be asked for, and with `tty` there is no stderr. */
export interface ExecRequest {
  readonly containerId: string;
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Joins the streams of a container's main process. */
export type AttachRequest = Omit<ExecRequest, 'command'>;

/** An image that is present. */
export interface Image {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  /** The numeric user the image asks for, when it names one by number. */
  readonly uid?: number;
  /** The user the image asks for by name. */
  readonly username: string;
  /** Must not be collected. */
  readonly pinned: boolean;
}

/** Credentials for one registry. */
export interface ImageAuth {
  readonly username?: string;
  readonly password?: string;
  /** base64 of `user:password`. */
  readonly auth?: string;
  readonly serverAddress?: string;
  readonly identityToken?: string;
  readonly registryToken?: string;
}

/** Something happened to a container (or to a sandbox's own process, whose id then stands in `containerId`). */
export interface RuntimeEvent {
  readonly type: 'created' | 'started' | 'exited' | 'deleted' | 'oom';
  readonly containerId: string;
  /** When known. */
  readonly exitCode?: number;
}

/** Runs sandboxes and containers and keeps images. Identifiers are the runtime's. All calls are safe to repeat where their name allows it. */
export interface ContainerRuntime extends AsyncDisposable {
  version(signal: AbortSignal): Promise<RuntimeVersion>;
  status(signal: AbortSignal): Promise<RuntimeStatus>;

  /** Creates and starts a sandbox: namespaces, network, the pause process. Answers its id. */
  runSandbox(config: SandboxConfig, handler: string, signal: AbortSignal): Promise<string>;
  /** Kills what runs in it and takes its network down; succeeds when it is already stopped or gone. */
  stopSandbox(id: string, signal: AbortSignal): Promise<void>;
  /** Removes it with its containers; succeeds when it is gone. */
  removeSandbox(id: string, signal: AbortSignal): Promise<void>;
  /** @throws StatusError `NotFound`. */
  sandboxStatus(id: string, signal: AbortSignal): Promise<SandboxStatus>;
  listSandboxes(filter: SandboxFilter, signal: AbortSignal): Promise<readonly Sandbox[]>;

  /** Prepares a container in a sandbox; answers its id. The sandbox's config must be the one it was made with. */
  createContainer(sandboxId: string, config: ContainerConfig, sandboxConfig: SandboxConfig, signal: AbortSignal): Promise<string>;
  startContainer(id: string, signal: AbortSignal): Promise<void>;
  /** Sends the stop signal, after `graceMs` the kill signal; resolves when it has ended. Succeeds when it is already stopped or gone. */
  stopContainer(id: string, graceMs: number, signal: AbortSignal): Promise<void>;
  /** Removes it, killing it when it runs; succeeds when it is gone. */
  removeContainer(id: string, signal: AbortSignal): Promise<void>;
  /** @throws StatusError `NotFound`. */
  containerStatus(id: string, signal: AbortSignal): Promise<ContainerStatus>;
  listContainers(filter: ContainerFilter, signal: AbortSignal): Promise<readonly Container[]>;
  updateContainerResources(id: string, resources: ContainerResources, signal: AbortSignal): Promise<void>;
  /** Opens the log file anew after it was renamed. */
  reopenContainerLog(id: string, signal: AbortSignal): Promise<void>;

  /** Runs a command to its end; `timeoutMs` 0 means no limit. @throws StatusError `Timeout` when the limit passed. */
  execSync(id: string, command: readonly string[], timeoutMs: number, signal: AbortSignal): Promise<ExecResult>;
  /** A URL (on the node) that serves the session once, over SPDY or WebSocket. */
  exec(request: ExecRequest, signal: AbortSignal): Promise<string>;
  attach(request: AttachRequest, signal: AbortSignal): Promise<string>;
  portForward(sandboxId: string, ports: readonly number[], signal: AbortSignal): Promise<string>;

  /** Usage of running containers. */
  containerStats(filter: ContainerFilter, signal: AbortSignal): Promise<readonly ContainerStats[]>;

  /** Undefined when the image is not present. */
  imageStatus(image: string, signal: AbortSignal): Promise<Image | undefined>;
  listImages(signal: AbortSignal): Promise<readonly Image[]>;
  /** Answers the reference that `imageStatus` accepts. */
  pullImage(image: string, auth: ImageAuth | undefined, signal: AbortSignal): Promise<string>;
  /** Succeeds when it is gone. */
  removeImage(image: string, signal: AbortSignal): Promise<void>;
  imageFilesystems(signal: AbortSignal): Promise<readonly FilesystemUsage[]>;

  /**
   * What happens from now on, in batches. Ends when the runtime goes away: whoever follows must then list, and follow again. Events may be
   * repeated; none that matters is lost between the call's first wait and its end.
   */
  events(signal: AbortSignal): AsyncIterable<readonly RuntimeEvent[]>;
}
