/**
 * A CSI driver of this node: its socket and what it can do.
 */
import type { Clock } from '#base/clock.ts';
import { GrpcClient } from '#h2/grpc-client.ts';
import type { Of, Partially } from '#h2/proto.ts';
import { callerOf } from '#machinery/grpc-calls.ts';
import { nodeCalls } from './messages.ts';

/** Drivers may have to make a filesystem first: upstream's limit of one operation. */
const CALL_TIMEOUT_MS = 120_000;

/** What gRPC takes unless told otherwise. */
const MAX_MESSAGE_BYTES = 4 << 20;

type Call = keyof typeof nodeCalls;
type Request<C extends Call> = Partially<Of<(typeof nodeCalls)[C]['request']>>;
type Response<C extends Call> = Of<(typeof nodeCalls)[C]['response']>;

/** What a driver's node service can do beyond publishing. */
export type NodeCapability =
  | 'stageUnstageVolume'
  | 'getVolumeStats'
  | 'expandVolume'
  | 'volumeCondition'
  | 'singleNodeMultiWriter'
  | 'volumeMountGroup'
  | 'unknown';

/** A registered driver. */
export interface CsiDriverNode extends AsyncDisposable {
  readonly name: string;
  /** What the driver calls this node. */
  readonly nodeId: string;
  readonly topology: Readonly<Record<string, string>>;
  /** Volumes of this driver on the node at most; 0: no limit is known. */
  readonly maxVolumes: number;
  readonly capabilities: ReadonlySet<NodeCapability>;
  /** @throws StatusError */
  call<C extends Call>(name: C, request: Request<C>, signal: AbortSignal): Promise<Response<C>>;
}

/** Where a driver is. */
export interface DriverAddress {
  readonly name: string;
  /** Path of its socket. */
  readonly endpoint: string;
  readonly clock: Clock;
}

/** Opens a client for a socket of a driver. */
export function driverClient(socketPath: string, clock: Clock): GrpcClient {
  return new GrpcClient({ endpoint: `unix:${socketPath}`, maxMessageBytes: MAX_MESSAGE_BYTES, clock });
}

/** Connects to a driver and asks it who it is. @throws StatusError when it does not answer */
export async function openDriver({ name, endpoint, clock }: DriverAddress, signal: AbortSignal): Promise<CsiDriverNode> {
  await using cleanup = new AsyncDisposableStack();
  const client = cleanup.use(driverClient(endpoint, clock));
  const invoke = callerOf(client, CALL_TIMEOUT_MS);
  const info = await invoke(nodeCalls.getInfo, {}, signal);
  const { capabilities } = await invoke(nodeCalls.getCapabilities, {}, signal);
  const owned = cleanup.move();
  return {
    name,
    nodeId: info.nodeId,
    topology: info.accessibleTopology?.segments ?? {},
    maxVolumes: info.maxVolumesPerNode,
    capabilities: new Set(capabilities.map(({ rpc }) => rpc?.type ?? 'unknown')),
    call: (call, request, inner) => invoke(nodeCalls[call] as never, request as never, inner) as never,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
