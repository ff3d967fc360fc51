/**
 * What pod workers use of their node: one bundle, made once by the composition in `kubelet.ts`.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Client } from '#client/client.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import type { Cgroups } from '../cgroups.ts';
import type { ConfigObjects } from '../config-objects.ts';
import type { Images } from '../images/images.ts';
import type { Prober } from '../probes/prober.ts';
import type { ServiceAccountTokens } from '../service-account-tokens.ts';
import type { StatusWriter } from '../status-writer.ts';
import type { VolumeManager } from '../volumes/manager.ts';
import type { CrashBackoff } from './crash-backoff.ts';
import type { DnsContext } from './dns.ts';
import type { DownwardContext } from './downward.ts';
import type { ResizeRefusal } from './resize.ts';
import type { ReadLastWords } from './snapshot.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';

/** The node as its pods see it. */
export interface NodeServices {
  readonly nodeName: string;
  readonly client: Client;
  readonly runtime: ContainerRuntime;
  /** `containerd`: the scheme of container ids in statuses. */
  readonly runtimeName: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly recorder: EventRecorder;
  readonly images: Images;
  readonly prober: Prober;
  readonly volumes: VolumeManager;
  readonly objects: ConfigObjects;
  readonly tokens: ServiceAccountTokens;
  readonly statuses: StatusWriter;
  readonly crashes: CrashBackoff;
  readonly cgroups: Cgroups | undefined;
  readonly logDirectory: string;
  readonly seccompRoot: string;
  readonly hostIps: readonly string[];
  readonly memoryCapacity: number;
  readonly lastWords: ReadLastWords;
  /** Waits until services were read once. */
  services(signal: AbortSignal): Promise<readonly Service[]>;
  dns(): Promise<DnsContext>;
  downward(pod: Pod): DownwardContext;
  /** Takes a pod's addresses out of service. */
  beforeStop(podIps: readonly string[], signal: AbortSignal): Promise<void>;
  /** Why pods cannot get a network now; undefined when they can. */
  networkProblem(): string | undefined;
  /** Why the node cannot take the pod; undefined when it can. */
  admit(pod: Pod): { readonly reason: string; readonly message: string } | undefined;
  /** Why the node cannot give the pod, which runs here, the resources it now wants; undefined when it can. */
  resize(pod: Pod): ResizeRefusal | undefined;
  /** Ends with the kubelet: for calls that must not be cut short by what happens to one pod. */
  readonly signal: AbortSignal;
}
