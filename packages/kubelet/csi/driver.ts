/**
 * A CSI driver of this node: its socket and what it can do.
 */
import { callerOf } from '#grpc/calls.ts';
import { openGrpcChannel } from '#grpc/channel.ts';
import type { Of, Partially } from '#grpc/proto.ts';
import { nodeCalls } from './messages.ts';

/** Drivers may have to make a filesystem first: upstream's limit of one operation. */
const CALL_TIMEOUT_MS = 120_000;

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

/** Connects to a driver and asks it who it is. @throws StatusError when it does not answer */
export async function openDriver(name: string, endpoint: string, signal: AbortSignal): Promise<CsiDriverNode> {
  await using cleanup = new AsyncDisposableStack();
  const channel = cleanup.use(openGrpcChannel(endpoint));
  const invoke = callerOf(channel, CALL_TIMEOUT_MS);
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
