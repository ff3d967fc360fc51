/**
 * What happens to pods on simulated nodes, as data: stages with a condition, a delay and a next status.
 *
 * The first stage whose condition holds is due after its delay; when it fires, the condition is looked at again.
 */
import type { Container } from '#kinds/core/pod/container.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';
import { isSidecar } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ContainerStatus, PodStatus } from '#kinds/core/pod/status.ts';
import { formatTime } from '#machinery/time.ts';

/** Seconds after its start at which a pod's containers end; without it, pods of Jobs end after `JOB_SECONDS` and others run for ever. */
export const COMPLETE_AFTER = 'simulated.navarch.dev/complete-after-seconds';
/** The exit code with which they then end. */
export const EXIT_CODE = 'simulated.navarch.dev/exit-code';
/** Seconds after which the pod starts. */
export const START_AFTER = 'simulated.navarch.dev/start-after-seconds';
/** `false`: the pod runs but never becomes ready. */
export const READY = 'simulated.navarch.dev/ready';

/** How long pods of Jobs run. */
const JOB_SECONDS = 1;

/** Where a pod is. */
export interface StageContext {
  readonly nowMs: number;
  readonly hostIp: string;
  /** An address for the pod, the same on every call. */
  readonly podIp: () => string;
}

/** One stage. */
export interface Stage {
  readonly name: string;
  when(pod: Pod): boolean;
  /** Milliseconds after which it is due, counted from when its condition came true (`sinceMs`) or from a time in the pod. */
  delayMs(pod: Pod): number;
  /** The pod's next status; `delete`: its object goes. */
  next(pod: Pod, context: StageContext): PodStatus | 'delete';
}

const annotation = (pod: Pod, name: string): string | undefined => pod.metadata.annotations?.[name];

const seconds = (pod: Pod, name: string): number | undefined => {
  const value = Number(annotation(pod, name));
  return annotation(pod, name) === undefined || !Number.isFinite(value) ? undefined : value;
};

const isJobPod = (pod: Pod): boolean => (pod.metadata.ownerReferences ?? []).some(({ kind, controller }) => kind === 'Job' && controller === true);

/** When the pod's containers end by themselves; undefined: never. */
function lifetimeSeconds(pod: Pod): number | undefined {
  return seconds(pod, COMPLETE_AFTER) ?? (isJobPod(pod) ? JOB_SECONDS : undefined);
}

const containerId = (pod: Pod, container: Container): string => `simulated://${pod.metadata.uid}/${container.name}`;

function status(pod: Pod, container: Container, state: ContainerStatus['state'], ready: boolean): ContainerStatus {
  const image = container.image ?? '';
  return { name: container.name, state, lastState: {}, ready, restartCount: 0, image, imageID: `simulated://${image}`, containerID: containerId(pod, container), started: state.running !== undefined };
}

const ended = (nowMs: number, exitCode: number, startedAt: string): ContainerStatus['state'] => ({
  terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt, finishedAt: formatTime(nowMs) },
});

interface Verdicts {
  readonly ready: boolean;
  readonly reason?: string;
}

/** Readiness gates that others must open. */
const gatesOpen = (pod: Pod): boolean =>
  (pod.spec.readinessGates ?? []).every(({ conditionType }) => pod.status.conditions?.some(({ type, status: value }) => type === conditionType && value === 'True'));

function conditions(pod: Pod, { ready, reason }: Verdicts, nowMs: number): NonNullable<PodStatus['conditions']> {
  const make = (type: string, good: boolean) => {
    const value = good ? 'True' : 'False';
    const before = pod.status.conditions?.find((one) => one.type === type);
    const lastTransitionTime = before?.status === value && before.lastTransitionTime ? before.lastTransitionTime : formatTime(nowMs);
    return { type, status: value, lastTransitionTime, ...(good || reason === undefined ? {} : { reason }) } as const;
  };
  return [
    make('PodReadyToStartContainers', reason === undefined || reason === 'ContainersNotReady'),
    make('Initialized', true),
    make('Ready', ready && gatesOpen(pod)),
    make('ContainersReady', ready),
    make('PodScheduled', true),
  ];
}

const initEnded = (pod: Pod, nowMs: number): Pick<PodStatus, 'initContainerStatuses'> => {
  const containers = pod.spec.initContainers ?? [];
  if (containers.length === 0) return {};
  const now = formatTime(nowMs);
  return { initContainerStatuses: containers.map((one) => (isSidecar(one) ? status(pod, one, { running: { startedAt: now } }, true) : status(pod, one, ended(nowMs, 0, now), true))) };
};

const isOver = (pod: Pod): boolean => pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';

/** A pod that is being deleted vanishes. */
const deleted: Stage = {
  name: 'pod-delete',
  when: ({ metadata }) => metadata.deletionTimestamp !== undefined,
  delayMs: () => 0,
  next: () => 'delete',
};

/** A pod that is bound to the node runs and, unless told otherwise, is ready. */
const started: Stage = {
  name: 'pod-start',
  when: (pod) => !isOver(pod) && pod.status.phase !== 'Running',
  delayMs: (pod) => (seconds(pod, START_AFTER) ?? 0) * 1000,
  next(pod, { nowMs, hostIp, podIp }) {
    const ready = annotation(pod, READY) !== 'false';
    const ip = pod.spec.hostNetwork ? hostIp : podIp();
    const startedAt = formatTime(nowMs);
    return {
      ...pod.status,
      phase: 'Running',
      conditions: conditions(pod, ready ? { ready } : { ready, reason: 'ContainersNotReady' }, nowMs),
      hostIP: hostIp,
      hostIPs: [{ ip: hostIp }],
      podIP: ip,
      podIPs: [{ ip }],
      startTime: pod.status.startTime ?? startedAt,
      qosClass: pod.status.qosClass ?? qosClass(pod.spec),
      ...initEnded(pod, nowMs),
      containerStatuses: pod.spec.containers.map((one) => status(pod, one, { running: { startedAt } }, ready)),
    };
  },
};

/** A readiness gate was opened or closed, or the pod was told to be (un)ready. */
const readiness: Stage = {
  name: 'pod-readiness',
  when(pod) {
    if (pod.status.phase !== 'Running') return false;
    const wanted = annotation(pod, READY) !== 'false';
    const isTrue = (type: string): boolean => pod.status.conditions?.find((one) => one.type === type)?.status === 'True';
    return isTrue('ContainersReady') !== wanted || isTrue('Ready') !== (wanted && gatesOpen(pod));
  },
  delayMs: () => 0,
  next(pod, { nowMs }) {
    const ready = annotation(pod, READY) !== 'false';
    return {
      ...pod.status,
      conditions: conditions(pod, ready ? { ready } : { ready, reason: 'ContainersNotReady' }, nowMs),
      containerStatuses: (pod.status.containerStatuses ?? []).map((one) => ({ ...one, ready })),
    };
  },
};

/** A pod with an end ends. */
const completed: Stage = {
  name: 'pod-complete',
  when: (pod) => pod.status.phase === 'Running' && pod.spec.restartPolicy !== 'Always' && lifetimeSeconds(pod) !== undefined,
  delayMs: (pod) => (lifetimeSeconds(pod) ?? 0) * 1000,
  next(pod, { nowMs }) {
    const exitCode = seconds(pod, EXIT_CODE) ?? 0;
    return {
      ...pod.status,
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      conditions: conditions(pod, { ready: false, reason: exitCode === 0 ? 'PodCompleted' : 'PodFailed' }, nowMs),
      containerStatuses: (pod.status.containerStatuses ?? []).map((one) => ({ ...one, ready: false, started: false, state: ended(nowMs, exitCode, one.state.running?.startedAt ?? formatTime(nowMs)) })),
    };
  },
};

/** The stages in order. */
export const POD_STAGES: readonly Stage[] = [deleted, started, readiness, completed];
