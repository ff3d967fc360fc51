/**
 * A CSI driver whose volumes are plain directories: registers itself, notes every call, and puts a file into each published volume.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GrpcError } from '#h2/grpc-error.ts';
import { method, openGrpcServer } from '#h2/testing/grpc-server.ts';
import type { NodeCapability } from '../csi/driver.ts';
import { nodeCalls, registrationCalls } from '../csi/messages.ts';

/** What the driver is like. */
export interface FakeDriverOptions {
  readonly name: string;
  /** Holds the driver's own socket. */
  readonly directory: string;
  /** The node's registration directory. */
  readonly registrationDirectory: string;
  readonly capabilities?: readonly NodeCapability[];
  readonly topology?: Readonly<Record<string, string>>;
  readonly maxVolumes?: number;
}

/** A running driver. */
export interface FakeDriver extends AsyncDisposable {
  /** `stage HANDLE`, `publish HANDLE`, … in order. */
  readonly calls: readonly string[];
  /** The latest publication. */
  readonly published:
    | {
        readonly volumeContext: Readonly<Record<string, string>>;
        readonly publishContext: Readonly<Record<string, string>>;
        readonly secrets: Readonly<Record<string, string>>;
        readonly readonly: boolean;
      }
    | undefined;
  /** Whether the kubelet has confirmed the registration. */
  readonly registered: boolean;
  /** Publications fail with this text until it is `undefined`. */
  failure: string | undefined;
}

const FAILED_PRECONDITION = 9;

/** Starts the driver. */
export async function startFakeDriver(options: FakeDriverOptions): Promise<FakeDriver> {
  const { name, directory, registrationDirectory, capabilities = ['stageUnstageVolume'], topology, maxVolumes = 0 } = options;
  const socket = join(directory, 'csi.sock');
  const calls: string[] = [];
  const state: { registered: boolean; failure: string | undefined; published: FakeDriver['published'] } = {
    registered: false,
    failure: undefined,
    published: undefined,
  };
  await mkdir(directory, { recursive: true });
  await mkdir(registrationDirectory, { recursive: true });
  await using cleanup = new AsyncDisposableStack();
  cleanup.use(
    await openGrpcServer(socket, [
      method(nodeCalls.getInfo, () => ({
        nodeId: 'fake-node',
        maxVolumesPerNode: maxVolumes,
        ...(topology ? { accessibleTopology: { segments: topology } } : {}),
      })),
      method(nodeCalls.getCapabilities, () => ({ capabilities: capabilities.map((type) => ({ rpc: { type } })) })),
      method(nodeCalls.stage, ({ volumeId, volumeCapability }) => {
        calls.push(`stage ${volumeId} ${volumeCapability?.mount?.fsType ?? ''} ${volumeCapability?.accessMode?.mode}`);
        return {};
      }),
      method(nodeCalls.unstage, ({ volumeId }) => {
        calls.push(`unstage ${volumeId}`);
        return {};
      }),
      method(nodeCalls.publish, async ({ volumeId, targetPath, stagingTargetPath, volumeContext, publishContext, secrets, readonly }) => {
        if (state.failure !== undefined) throw new GrpcError(FAILED_PRECONDITION, state.failure);
        if (capabilities.includes('stageUnstageVolume') && volumeContext['csi.storage.k8s.io/ephemeral'] !== 'true' && stagingTargetPath === '')
          throw new GrpcError(FAILED_PRECONDITION, 'not staged');
        calls.push(`publish ${volumeId}`);
        state.published = { volumeContext, publishContext, secrets, readonly };
        await mkdir(dirname(targetPath), { recursive: true });
        await mkdir(targetPath, { recursive: true });
        await writeFile(join(targetPath, 'volume'), volumeId);
        return {};
      }),
      method(nodeCalls.unpublish, async ({ volumeId, targetPath }) => {
        calls.push(`unpublish ${volumeId}`);
        await rm(targetPath, { recursive: true, force: true });
        return {};
      }),
      method(nodeCalls.expand, ({ volumeId, capacityRange }) => {
        calls.push(`expand ${volumeId} ${capacityRange?.requiredBytes}`);
        return { capacityBytes: capacityRange?.requiredBytes ?? 0 };
      }),
    ]),
  );
  const registration = join(registrationDirectory, `${name}-reg.sock`);
  cleanup.use(
    await openGrpcServer(registration, [
      method(registrationCalls.getInfo, () => ({ type: 'CSIPlugin', name, endpoint: socket, supportedVersions: ['1.0.0'] })),
      method(registrationCalls.notify, ({ pluginRegistered }) => {
        state.registered = pluginRegistered;
        return {};
      }),
    ]),
  );
  const owned = cleanup.move();
  return {
    calls,
    get published() {
      return state.published;
    },
    get registered() {
      return state.registered;
    },
    get failure() {
      return state.failure;
    },
    set failure(text) {
      state.failure = text;
    },
    async [Symbol.asyncDispose]() {
      await owned.disposeAsync();
      await rm(registration, { force: true });
    },
  };
}
