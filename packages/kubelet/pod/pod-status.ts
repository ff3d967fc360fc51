/**
 * `PodStatus` from container statuses: phase, conditions, addresses. Pure.
 *
 * Source: kubernetes `pkg/kubelet/kubelet_pods.go` getPhase, `pkg/kubelet/status/generate.go`.
 */
import { isSidecar } from '#kinds/core/pod/requests.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ContainerStatus, PodCondition, PodStatus } from '#kinds/core/pod/status.ts';
import { formatTime } from '#machinery/time.ts';
import { type ContainerFacts, containerStatuses, lostStatus } from './container-status.ts';
import { restartsAfter } from './plan.ts';
import type { ResizeRefusal } from './resize.ts';
import { type PodSnapshot, readySandbox } from './snapshot.ts';

/** Why a pod failed as a whole, whatever its containers do. */
export interface PodFailure {
  readonly reason: string;
  readonly message: string;
  /** Reason of the `DisruptionTarget` condition, when the node ended the pod for its own sake. */
  readonly disruption?: string;
  /** The node never took the pod. */
  readonly refused?: true;
}

/** What a status is made from. */
export interface StatusInput {
  readonly pod: Pod;
  readonly snapshot: PodSnapshot;
  readonly facts: ContainerFacts;
  readonly hostIps: readonly string[];
  /** Addresses of the pod; kept from before when its sandbox is gone. */
  readonly podIps: readonly string[];
  readonly failure?: PodFailure | undefined;
  /** A change of resources that is not in force everywhere. */
  readonly resize?: { readonly refusal: ResizeRefusal | undefined; readonly error: string | undefined; readonly inProgress: boolean };
  /** Nothing runs any more and nothing will. */
  readonly over: boolean;
  readonly nowMs: number;
}

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

const exitedWell = (status: ContainerStatus): boolean => status.state.terminated?.exitCode === 0;

/** Where the pod stands, from its containers alone. */
export function phaseOf(pod: Pod, init: readonly ContainerStatus[], main: readonly ContainerStatus[], over: boolean): Phase {
  const initState = initPhase(pod, init, main);
  if (initState) return over ? 'Failed' : initState;
  let waiting = 0;
  let running = 0;
  let stopped = 0;
  let succeeded = 0;
  for (const status of main) {
    const ended = status.state.terminated ?? (status.state.waiting ? status.lastState.terminated : undefined);
    if (status.state.running) running += 1;
    else if (ended) {
      stopped += 1;
      if (ended.exitCode === 0) succeeded += 1;
    } else waiting += 1;
  }
  if (over && running === 0) return waiting === 0 && stopped === succeeded ? 'Succeeded' : 'Failed';
  if (waiting > 0) return 'Pending';
  if (running > 0) return 'Running';
  const again = main.some((status) => willRestart(pod, status));
  if (again || stopped === 0) return stopped > 0 ? 'Running' : 'Pending';
  return stopped === succeeded ? 'Succeeded' : 'Failed';
}

function willRestart(pod: Pod, status: ContainerStatus): boolean {
  const container = pod.spec.containers.find(({ name }) => name === status.name);
  const ended = status.state.terminated ?? status.lastState.terminated;
  return container !== undefined && ended !== undefined && restartsAfter(pod, container, ended);
}

/** Pending while init containers run, failed when one failed for good; undefined when they are behind. */
function initPhase(pod: Pod, init: readonly ContainerStatus[], main: readonly ContainerStatus[]): Phase | undefined {
  if (main.some((status) => status.containerID)) return undefined;
  for (const container of pod.spec.initContainers ?? []) {
    const status = init.find(({ name }) => name === container.name);
    if (isSidecar(container)) {
      if (!status?.started) return 'Pending';
      continue;
    }
    const ended = status?.state.terminated;
    if (ended?.exitCode === 0) continue;
    return ended && !restartsAfter(pod, container, ended) ? 'Failed' : 'Pending';
  }
  return undefined;
}

interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

const TRUE: Verdict = { status: 'True' };

const names = (all: readonly string[]): string => `[${all.join(' ')}]`;

function initializedVerdict(pod: Pod, init: readonly ContainerStatus[], phase: Phase, started: boolean): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (started) return TRUE;
  const incomplete = (pod.spec.initContainers ?? [])
    .filter((container) => {
      const status = init.find(({ name }) => name === container.name);
      return isSidecar(container) ? !status?.started : !status || !exitedWell(status);
    })
    .map(({ name }) => name);
  if (incomplete.length === 0) return TRUE;
  return { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: ${names(incomplete)}` };
}

function containersReadyVerdict(pod: Pod, init: readonly ContainerStatus[], main: readonly ContainerStatus[], phase: Phase): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const all = [...init.filter(({ name }) => sidecars.includes(name)), ...main];
  const unready = [...sidecars, ...pod.spec.containers.map(({ name }) => name)].filter((name) => all.find((status) => status.name === name)?.ready !== true);
  if (unready.length === 0) return TRUE;
  return { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: ${names(unready)}` };
}

function readyVerdict(pod: Pod, containersReady: Verdict): Verdict {
  if (containersReady.status !== 'True') return containersReady;
  const problems: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const found = pod.status.conditions?.find(({ type }) => type === conditionType);
    if (!found) problems.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (found.status !== 'True') problems.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`);
  }
  return problems.length === 0 ? TRUE : { status: 'False', reason: 'ReadinessGatesNotReady', message: problems.join(', ') };
}

/** Keeps the transition time while the status stays. */
function condition(pod: Pod, type: string, verdict: Verdict, nowMs: number): PodCondition {
  const old = pod.status.conditions?.find((one) => one.type === type);
  const lastTransitionTime = old?.status === verdict.status && old.lastTransitionTime ? old.lastTransitionTime : formatTime(nowMs);
  const { generation } = pod.metadata;
  return { type, ...(generation ? { observedGeneration: generation } : {}), ...verdict, lastTransitionTime };
}

/** Condition types that the node agent owns; others are left to those who set them. */
export const OWN_CONDITIONS: readonly string[] = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled', 'PodResizePending', 'PodResizeInProgress'];

/**
 * Of a pod that is over no container waits: those that had their turn ended somehow.
 *
 * Source: kubernetes `pkg/kubelet/status/status_manager.go` TerminatePod.
 */
function endedStatuses({ pod, over }: StatusInput, init: ContainerStatus[], main: ContainerStatus[]): { readonly init: ContainerStatus[]; readonly main: ContainerStatus[] } {
  if (!over) return { init, main };
  const begun = init.map((status) => (status.containerID ? lostStatus(status) : status));
  const initialized = initPhase(pod, init, main) === undefined;
  return { init: begun, main: initialized ? main.map(lostStatus) : main };
}

/** Of a pod that was never taken, containers have no status at all: what is shown is why. */
function wasRefused({ pod, snapshot, failure }: StatusInput): boolean {
  if (failure) return failure.refused === true;
  const { phase, containerStatuses = [] } = pod.status;
  return phase === 'Failed' && containerStatuses.length === 0 && snapshot.containers.length === 0;
}

/** The whole status as the node agent sees it; conditions of others are kept. */
export function makePodStatus(input: StatusInput): PodStatus {
  const { pod, snapshot, facts, nowMs, failure, podIps, hostIps, resize } = input;
  const refused = wasRefused(input);
  const { init, main } = endedStatuses(input, containerStatuses(pod, snapshot, 'init', facts), containerStatuses(pod, snapshot, 'main', facts));
  const ephemeral = containerStatuses(pod, snapshot, 'ephemeral', facts);
  const terminal = pod.status.phase === 'Failed' || pod.status.phase === 'Succeeded' ? pod.status.phase : undefined;
  const phase: Phase = failure ? 'Failed' : (terminal ?? phaseOf(pod, init, main, input.over));
  const sandbox = readySandbox(snapshot);
  const ready: Verdict = sandbox && (podIps.length > 0 || pod.spec.hostNetwork === true) ? TRUE : { status: 'False' };
  const containersReady = containersReadyVerdict(pod, init, main, phase);
  const started = main.some((status) => status.containerID !== undefined);
  const foreign = (pod.status.conditions ?? []).filter(({ type }) => !OWN_CONDITIONS.includes(type));
  const { generation } = pod.metadata;
  const ended = failure && { reason: failure.reason, message: failure.message };
  const reason = ended ?? (pod.status.reason ? { reason: pod.status.reason, message: pod.status.message ?? '' } : undefined);
  return {
    ...(generation ? { observedGeneration: generation } : {}),
    phase,
    conditions: [
      condition(pod, 'PodReadyToStartContainers', ready, nowMs),
      condition(pod, 'Initialized', initializedVerdict(pod, init, phase, started), nowMs),
      condition(pod, 'Ready', readyVerdict(pod, containersReady), nowMs),
      condition(pod, 'ContainersReady', containersReady, nowMs),
      condition(pod, 'PodScheduled', TRUE, nowMs),
      ...(resize?.refusal && !input.over ? [condition(pod, 'PodResizePending', { status: 'True', ...resize.refusal }, nowMs)] : []),
      ...(resize?.inProgress && !input.over ? [condition(pod, 'PodResizeInProgress', { status: 'True', ...(resize.error ? { reason: 'Error', message: resize.error } : {}) }, nowMs)] : []),
      ...(failure?.disruption ? [condition(pod, 'DisruptionTarget', { status: 'True', reason: failure.disruption, message: failure.message }, nowMs)] : []),
      ...foreign.filter(({ type }) => !failure?.disruption || type !== 'DisruptionTarget'),
    ],
    ...reason,
    ...(hostIps[0] ? { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) } : {}),
    ...(podIps[0] ? { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) } : {}),
    startTime: pod.status.startTime ?? formatTime(nowMs),
    ...(init.length > 0 && !refused ? { initContainerStatuses: init } : {}),
    ...(refused ? {} : { containerStatuses: main }),
    qosClass: pod.status.qosClass ?? qosClass(pod.spec),
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
  };
}
