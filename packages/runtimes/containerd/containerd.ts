/**
 * `ContainerRuntime` over the Container Runtime Interface on a unix socket: containerd, and any other runtime that serves `runtime.v1`.
 */
import type { Clock } from '#base/clock.ts';
import { GrpcClient } from '#h2/grpc-client.ts';
import type { Of } from '#h2/proto.ts';
import { callerOf, type Invoke } from '#machinery/grpc-calls.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import type { ContainerConfig, SandboxConfig } from '#cri/config.ts';
import type { ContainerRuntime, ContainerStatus, Image, Sandbox, SandboxStatus } from '#cri/runtime.ts';
import type { ContainerStats, FilesystemUsage } from '#cri/stats.ts';
import { createCpuRates } from './cpu-rates.ts';
import { runtimeEvents } from './events.ts';
import { calls } from './messages.ts';

/** Where the runtime listens and how long it may take. */
export interface ContainerdOptions {
  /** Path of the unix socket. */
  readonly socketPath: string;
  readonly clock: Clock;
}

/** Ordinary calls: the kubelet's own default. */
const CALL_TIMEOUT_MS = 120_000;

/** Sandboxes may pull their own image and set networks up. */
const SANDBOX_TIMEOUT_MS = 240_000;

/** containerd's own limit. */
const MAX_MESSAGE_BYTES = 16 << 20;

/** Connects to a runtime; it need not be up yet: calls then fail with `ServiceUnavailable`. */
export function openContainerd(options: ContainerdOptions): ContainerRuntime {
  const { socketPath, clock } = options;
  const client = new GrpcClient({ endpoint: `unix:${socketPath}`, maxMessageBytes: MAX_MESSAGE_BYTES, clock });
  const invoke = callerOf(client, CALL_TIMEOUT_MS);
  return {
    ...sandboxes(invoke),
    ...containers(invoke),
    ...sessions(invoke),
    ...images(invoke),
    ...usage(invoke, clock),
    ...about(invoke, client, clock),
  };
}

type About = Pick<ContainerRuntime, 'version' | 'status' | 'events'> & AsyncDisposable;

function about(invoke: Invoke, client: GrpcClient, clock: Clock): About {
  return {
    version: (signal) => invoke(calls.version, {}, signal),
    async status(signal) {
      const answer = await invoke(calls.status, {}, signal);
      return {
        conditions: answer.status?.conditions ?? [],
        runtimeHandlers: answer.runtimeHandlers.map(({ name, features }) => (features ? { name, features } : { name })),
      };
    },
    events: (signal) => runtimeEvents(client, (inner) => listStates(invoke, inner), clock, signal),
    [Symbol.asyncDispose]: async () => client[Symbol.dispose](),
  };
}

/** Container and sandbox ids with their states, for runtimes without an event stream. */
async function listStates(invoke: Invoke, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const [{ items }, { containers: all }] = await Promise.all([invoke(calls.listSandboxes, {}, signal), invoke(calls.listContainers, {}, signal)]);
  const states = new Map<string, string>();
  for (const { id, state } of items) states.set(id, state === 'ready' ? 'running' : 'exited');
  for (const { id, state } of all) states.set(id, state);
  return states;
}

async function ignoreNotFound(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
  }
}

const noMetadata = { name: '', uid: '', namespace: '', attempt: 0 };

type Sandboxes = Pick<ContainerRuntime, 'runSandbox' | 'stopSandbox' | 'removeSandbox' | 'sandboxStatus' | 'listSandboxes'>;

function sandboxes(invoke: Invoke): Sandboxes {
  return {
    async runSandbox(config, handler, signal) {
      const { id } = await invoke(calls.runSandbox, { config, handler }, signal, SANDBOX_TIMEOUT_MS);
      return id;
    },
    stopSandbox: (id, signal) => ignoreNotFound(invoke(calls.stopSandbox, { id }, signal, SANDBOX_TIMEOUT_MS)),
    removeSandbox: (id, signal) => ignoreNotFound(invoke(calls.removeSandbox, { id }, signal)),
    async sandboxStatus(id, signal): Promise<SandboxStatus> {
      const { status } = await invoke(calls.sandboxStatus, { id }, signal);
      if (!status) throw unanswered(`sandbox "${id}"`);
      const { network, metadata, ...rest } = status;
      const ips = network?.ip ? [network.ip, ...network.additionalIps.map(({ ip }) => ip)] : [];
      return { ...rest, metadata: metadata ?? noMetadata, ips };
    },
    async listSandboxes({ id, state, labels }, signal) {
      const filter = { id, state: state && { state }, labels };
      const { items } = await invoke(calls.listSandboxes, { filter }, signal);
      return items.map((item): Sandbox => ({ ...item, metadata: item.metadata ?? noMetadata }));
    },
  };
}

type Containers = Pick<
  ContainerRuntime,
  'createContainer' | 'startContainer' | 'stopContainer' | 'removeContainer' | 'containerStatus' | 'listContainers' | 'updateContainerResources' | 'reopenContainerLog'
>;

function containers(invoke: Invoke): Containers {
  return {
    async createContainer(sandboxId: string, config: ContainerConfig, sandboxConfig: SandboxConfig, signal: AbortSignal) {
      const image = { image: config.image, userSpecifiedImage: config.userSpecifiedImage };
      const { id } = await invoke(calls.createContainer, { sandboxId, config: { ...config, image }, sandboxConfig }, signal);
      return id;
    },
    async startContainer(id, signal) {
      await invoke(calls.startContainer, { id }, signal);
    },
    stopContainer(id, graceMs, signal) {
      const timeoutSeconds = Math.ceil(graceMs / 1000);
      return ignoreNotFound(invoke(calls.stopContainer, { id, timeoutSeconds }, signal, graceMs + CALL_TIMEOUT_MS));
    },
    removeContainer: (id, signal) => ignoreNotFound(invoke(calls.removeContainer, { id }, signal)),
    async containerStatus(id, signal): Promise<ContainerStatus> {
      const { status } = await invoke(calls.containerStatus, { id }, signal);
      if (!status) throw unanswered(`container "${id}"`);
      return { ...status, metadata: status.metadata ?? noMetadata, image: status.image?.userSpecifiedImage || status.image?.image || '' };
    },
    async listContainers({ id, state, sandboxId, labels }, signal) {
      const filter = { id, state: state && { state }, sandboxId, labels };
      const answer = await invoke(calls.listContainers, { filter }, signal);
      return answer.containers.map((item) => ({ ...item, metadata: item.metadata ?? noMetadata }));
    },
    async updateContainerResources(id, linux, signal) {
      await invoke(calls.updateContainerResources, { id, linux }, signal);
    },
    async reopenContainerLog(id, signal) {
      await invoke(calls.reopenContainerLog, { id }, signal);
    },
  };
}

function unanswered(what: string): StatusError {
  return new StatusError({ code: 404, reason: 'NotFound', message: `the runtime knows no ${what}` });
}

type Sessions = Pick<ContainerRuntime, 'execSync' | 'exec' | 'attach' | 'portForward'>;

/** Time for the answer to travel after a command's own limit. */
const EXEC_MARGIN_MS = 5_000;

function sessions(invoke: Invoke): Sessions {
  return {
    execSync(id, command, timeoutMs, signal) {
      const timeoutSeconds = Math.ceil(timeoutMs / 1000);
      return invoke(calls.execSync, { id, command, timeoutSeconds }, signal, timeoutMs > 0 ? timeoutSeconds * 1000 + EXEC_MARGIN_MS : 0);
    },
    exec: async (request, signal) => (await invoke(calls.exec, request, signal)).url,
    attach: async (request, signal) => (await invoke(calls.attach, request, signal)).url,
    portForward: async (sandboxId, ports, signal) => (await invoke(calls.portForward, { sandboxId, ports }, signal)).url,
  };
}

type Images = Pick<ContainerRuntime, 'imageStatus' | 'listImages' | 'pullImage' | 'removeImage' | 'imageFilesystems'>;

const toImage = ({ uid, ...rest }: NonNullable<Of<typeof calls.imageStatus.response>['image']>): Image => (uid === undefined ? rest : { ...rest, uid });

type WireFilesystem = Of<typeof calls.imageFilesystems.response>['filesystems'][number];

function toFilesystem({ timestampMs, filesystem, usedBytes, inodesUsed }: WireFilesystem): FilesystemUsage {
  return { timestampMs, mountpoint: filesystem?.mountpoint ?? '', ...(usedBytes === undefined ? {} : { usedBytes }), ...(inodesUsed === undefined ? {} : { inodesUsed }) };
}

function images(invoke: Invoke): Images {
  return {
    async imageStatus(image, signal) {
      const answer = await invoke(calls.imageStatus, { image: { image } }, signal);
      return answer.image?.id ? toImage(answer.image) : undefined;
    },
    async listImages(signal) {
      const answer = await invoke(calls.listImages, {}, signal);
      return answer.images.map(toImage);
    },
    async pullImage(image, auth, signal) {
      // No limit of ours: the runtime gives up on pulls that make no progress.
      const answer = await invoke(calls.pullImage, { image: { image }, auth }, signal, 0);
      return answer.imageRef;
    },
    removeImage: (image, signal) => ignoreNotFound(invoke(calls.removeImage, { image: { image } }, signal)),
    async imageFilesystems(signal) {
      const answer = await invoke(calls.imageFilesystems, {}, signal);
      return answer.filesystems.map(toFilesystem);
    },
  };
}

/** Drops members that are undefined, so that absence means "not measured". */
function measured<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function usage(invoke: Invoke, clock: Clock): Pick<ContainerRuntime, 'containerStats'> {
  const rates = createCpuRates(clock);
  return {
    async containerStats({ id, sandboxId, labels }, signal) {
      const { stats } = await invoke(calls.containerStats, { filter: { id, sandboxId, labels } }, signal);
      return stats.map((one): ContainerStats => {
        const containerId = one.attributes?.id ?? '';
        return {
          containerId,
          metadata: one.attributes?.metadata ?? noMetadata,
          labels: one.attributes?.labels ?? {},
          ...(one.cpu ? { cpu: measured(rates(containerId, one.cpu)) } : {}),
          ...(one.memory ? { memory: measured(one.memory) } : {}),
          ...(one.writableLayer ? { writableLayer: toFilesystem(one.writableLayer) } : {}),
        };
      });
    },
  };
}
