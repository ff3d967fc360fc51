/**
 * The statuses that simulated pods have, each a pure function of the pod and the time.
 */
import type { Container } from '#kinds/core/pod/container.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';
import { isSidecar } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ContainerStatus, PodStatus } from '#kinds/core/pod/status.ts';
import { formatTime } from '#machinery/time.ts';

/** Where a pod is. */
export interface Place {
  readonly nowMs: number;
  readonly hostIp: string;
  /** An address for the pod, the same on every call. */
  readonly podIp: () => string;
}

type ContainerState = ContainerStatus['state'];

const containerId = (pod: Pod, name: string, restarts: number): string => `simulated://${pod.metadata.uid}/${name}/${restarts}`;

function containerStatus(pod: Pod, container: Container, state: ContainerState, ready: boolean): ContainerStatus {
  const image = container.image ?? '';
  const pulled = state.waiting === undefined;
  return {
    name: container.name,
    state,
    lastState: {},
    ready,
    restartCount: 0,
    image,
    imageID: pulled ? `simulated://${image}` : '',
    ...(pulled ? { containerID: containerId(pod, container.name, 0) } : {}),
    started: state.running !== undefined,
  };
}

const ended = (nowMs: number, exitCode: number, startedAt: string, containerID: string | undefined): NonNullable<ContainerState['terminated']> => ({
  exitCode,
  reason: exitCode === 0 ? 'Completed' : 'Error',
  startedAt,
  finishedAt: formatTime(nowMs),
  ...(containerID === undefined ? {} : { containerID }),
});

/** Readiness gates that others must open. */
export const gatesOpen = (pod: Pod): boolean =>
  (pod.spec.readinessGates ?? []).every(({ conditionType }) => pod.status.conditions?.some(({ type, status: value }) => type === conditionType && value === 'True'));

/** The conditions that a kubelet keeps, besides those of others. */
function conditions(pod: Pod, ready: boolean, reason: string | undefined, nowMs: number): NonNullable<PodStatus['conditions']> {
  const make = (type: 'PodReadyToStartContainers' | 'Initialized' | 'Ready' | 'ContainersReady' | 'PodScheduled', good: boolean) => {
    const value = good ? 'True' : 'False';
    const before = pod.status.conditions?.find((one) => one.type === type);
    const lastTransitionTime = before?.status === value && before.lastTransitionTime ? before.lastTransitionTime : formatTime(nowMs);
    return { type, status: value, lastTransitionTime, ...(good || reason === undefined ? {} : { reason }) } as const;
  };
  const over = reason === 'PodCompleted' || reason === 'PodFailed';
  const own = [make('PodReadyToStartContainers', !over), make('Initialized', true), make('Ready', ready && gatesOpen(pod)), make('ContainersReady', ready), make('PodScheduled', true)];
  const types = new Set<string>(own.map(({ type }) => type));
  return [...own, ...(pod.status.conditions ?? []).filter(({ type }) => !types.has(type))];
}

const NOT_READY = 'ContainersNotReady';

function initStatuses(pod: Pod, nowMs: number): Pick<PodStatus, 'initContainerStatuses'> {
  const containers = pod.spec.initContainers ?? [];
  if (containers.length === 0) return {};
  const now = formatTime(nowMs);
  return {
    initContainerStatuses: containers.map((one) =>
      isSidecar(one) ? containerStatus(pod, one, { running: { startedAt: now } }, true) : containerStatus(pod, one, { terminated: ended(nowMs, 0, now, containerId(pod, one.name, 0)) }, true),
    ),
  };
}

/** The pod's containers run. */
export function startedStatus(pod: Pod, { nowMs, hostIp, podIp }: Place, ready: boolean): PodStatus {
  const ip = pod.spec.hostNetwork ? hostIp : podIp();
  const startedAt = formatTime(nowMs);
  return {
    ...pod.status,
    phase: 'Running',
    conditions: conditions(pod, ready, NOT_READY, nowMs),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    podIP: ip,
    podIPs: [{ ip }],
    startTime: pod.status.startTime ?? startedAt,
    qosClass: pod.status.qosClass ?? qosClass(pod.spec),
    ...initStatuses(pod, nowMs),
    containerStatuses: pod.spec.containers.map((one) => containerStatus(pod, one, { running: { startedAt } }, ready)),
  };
}

/** The pod's images cannot be had. */
export function pullFailedStatus(pod: Pod, { nowMs, hostIp }: Place): PodStatus {
  const message = (image: string): string => `Back-off pulling image "${image}"`;
  return {
    ...pod.status,
    phase: 'Pending',
    conditions: conditions(pod, false, NOT_READY, nowMs),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    startTime: pod.status.startTime ?? formatTime(nowMs),
    qosClass: pod.status.qosClass ?? qosClass(pod.spec),
    containerStatuses: pod.spec.containers.map((one) => containerStatus(pod, one, { waiting: { reason: 'ImagePullBackOff', message: message(one.image ?? '') } }, false)),
  };
}

/** The pod's readiness has become this. */
export function readinessStatus(pod: Pod, nowMs: number, ready: boolean): PodStatus {
  return {
    ...pod.status,
    conditions: conditions(pod, ready, NOT_READY, nowMs),
    containerStatuses: (pod.status.containerStatuses ?? []).map((one) => ({ ...one, ready: ready && one.state.running !== undefined })),
  };
}

/** The pod's containers have ended for good. */
export function endedStatus(pod: Pod, nowMs: number, exitCode: number): PodStatus {
  return {
    ...pod.status,
    phase: exitCode === 0 ? 'Succeeded' : 'Failed',
    conditions: conditions(pod, false, exitCode === 0 ? 'PodCompleted' : 'PodFailed', nowMs),
    containerStatuses: (pod.status.containerStatuses ?? []).map((one) => ({
      ...one,
      ready: false,
      started: false,
      state: { terminated: ended(nowMs, exitCode, one.state.running?.startedAt ?? formatTime(nowMs), one.containerID) },
    })),
  };
}

/** The pod's containers have ended and wait for their next start. */
export function crashedStatus(pod: Pod, nowMs: number, exitCode: number, backOffMs: number): PodStatus {
  const podName = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
  return {
    ...pod.status,
    conditions: conditions(pod, false, NOT_READY, nowMs),
    containerStatuses: (pod.status.containerStatuses ?? []).map((one) => ({
      ...one,
      ready: false,
      started: false,
      lastState: { terminated: ended(nowMs, exitCode, one.state.running?.startedAt ?? formatTime(nowMs), one.containerID) },
      state: { waiting: { reason: 'CrashLoopBackOff', message: `back-off ${backOffText(backOffMs)} restarting failed container=${one.name} pod=${podName}` } },
    })),
  };
}

/** The pod's containers have been started once more. */
export function restartedStatus(pod: Pod, nowMs: number, ready = true): PodStatus {
  const startedAt = formatTime(nowMs);
  return {
    ...pod.status,
    conditions: conditions(pod, ready, NOT_READY, nowMs),
    containerStatuses: (pod.status.containerStatuses ?? []).map((one) => {
      const restartCount = one.restartCount + 1;
      const before = one.state.running ? { terminated: ended(nowMs, 255, one.state.running.startedAt ?? startedAt, one.containerID) } : one.lastState;
      return { ...one, ready, started: true, restartCount, lastState: before, containerID: containerId(pod, one.name, restartCount), state: { running: { startedAt } } };
    }),
  };
}

/** As the kubelet writes back-offs. */
function backOffText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
