/**
 * What a pod's worker remembers between its steps, and how it becomes a status.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodStatus } from '#kinds/core/pod/status.ts';
import type { MountedVolume } from '../volumes/plugin.ts';
import type { WaitingReason } from './container-status.ts';
import type { NodeServices } from './node-services.ts';
import { makePodStatus, OWN_CONDITIONS, type PodFailure } from './pod-status.ts';
import { grantedPod, newResizes, type Resizes, resizeInProgress } from './resize.ts';
import { EMPTY_SNAPSHOT, type PodSnapshot, readySandbox } from './snapshot.ts';

/** Belongs to one worker, which alone changes it. */
export interface PodState {
  /** As the API last showed it. */
  pod: Pod;
  snapshot: PodSnapshot;
  /** Why containers wait, by name. */
  readonly waiting: Map<string, WaitingReason>;
  podIps: readonly string[];
  /** Set up; undefined: must be looked at again. */
  volumes: ReadonlyMap<string, MountedVolume> | undefined;
  /** Nothing runs and nothing will. */
  over: boolean;
  failure: PodFailure | undefined;
  /** The node has taken the pod. */
  admitted: boolean;
  readonly resizes: Resizes;
  /** Failed attempts in a row, for delays. */
  failures: number;
}

/** The state of a pod that was just seen. */
export function newPodState(pod: Pod): PodState {
  const ips = pod.status.podIPs?.map(({ ip }) => ip) ?? [];
  return { pod, snapshot: EMPTY_SNAPSHOT, waiting: new Map(), podIps: ips, volumes: undefined, over: false, failure: undefined, admitted: false, resizes: newResizes(), failures: 0 };
}

/** The pod with the newest status we know: our own part may be ahead of the API, the parts of others are behind nobody. */
export function withCurrentStatus(pod: Pod, current: PodStatus): Pod {
  const own = (current.conditions ?? []).filter(({ type }) => OWN_CONDITIONS.includes(type));
  const foreign = (pod.status.conditions ?? []).filter(({ type }) => !OWN_CONDITIONS.includes(type));
  return { ...pod, status: { ...current, conditions: [...own, ...foreign] } };
}

/** Addresses of the pod: its sandbox's, or the node's for host-network pods. */
export function currentIps(state: PodState, hostIps: readonly string[]): readonly string[] {
  if (state.pod.spec.hostNetwork) return hostIps;
  const sandbox = readySandbox(state.snapshot);
  return sandbox && sandbox.ips.length > 0 ? sandbox.ips : state.podIps;
}

/** Makes the pod's status from what is known and has it written; returns at once. */
export function publish(state: PodState, node: NodeServices): PodStatus {
  const { refusal, error, inForce } = state.resizes;
  const pod = withCurrentStatus(grantedPod(state), node.statuses.current(state.pod));
  state.podIps = currentIps(state, node.hostIps);
  const status = makePodStatus({
    pod,
    snapshot: state.snapshot,
    facts: { runtimeName: node.runtimeName, waiting: state.waiting, ready: (id) => node.prober.ready(id), started: (id) => node.prober.started(id), inForce: (id) => inForce.get(id) },
    resize: { refusal, error, inProgress: resizeInProgress(state) },
    hostIps: node.hostIps,
    podIps: state.podIps,
    failure: state.failure,
    over: state.over,
    nowMs: node.clock.now(),
  });
  node.statuses.set(state.pod, status);
  return status;
}
