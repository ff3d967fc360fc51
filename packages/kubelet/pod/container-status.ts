/**
 * `ContainerStatus` of the API from what the runtime holds.
 *
 * Source: kubernetes `pkg/kubelet/kubelet_pods.go` convertToAPIContainerStatuses.
 */
import type { Container } from '#kinds/core/pod/container.ts';
import type { ResourceRequirements } from '#kinds/core/resources.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ContainerState, ContainerStatus, VolumeMountStatus } from '#kinds/core/pod/status.ts';
import { formatTime } from '#machinery/time.ts';
import { attemptsOf, type PodContainer, type PodSnapshot } from './snapshot.ts';

/** Why a container does not run now. */
export interface WaitingReason {
  readonly reason: string;
  readonly message?: string;
}

/** What the kubelet itself knows about containers, beside the runtime. */
export interface ContainerFacts {
  readonly runtimeName: string;
  /** By container name. */
  readonly waiting: ReadonlyMap<string, WaitingReason>;
  /** By container id. */
  readonly ready: (containerId: string) => boolean;
  readonly started: (containerId: string) => boolean;
  /** The resources of a running container, where they may differ from what was granted. */
  readonly inForce?: (containerId: string) => ResourceRequirements | undefined;
}

/** Which list of the spec a container stands in. */
export type ContainerRole = 'init' | 'main' | 'ephemeral';

const LOST_EXIT_CODE = 137;
const LOST_MESSAGE = 'The container could not be located when the pod was terminated';

function terminated(container: PodContainer, runtimeName: string): NonNullable<ContainerState['terminated']> {
  const message = container.terminationMessage || container.message;
  return {
    exitCode: container.exitCode,
    ...(container.reason ? { reason: container.reason } : {}),
    ...(message ? { message } : {}),
    // A container that never started shows the epoch, as upstream's does.
    startedAt: formatTime(container.startedAtMs),
    finishedAt: formatTime(container.finishedAtMs),
    containerID: `${runtimeName}://${container.id}`,
  };
}

const waitingState = ({ reason, message }: WaitingReason): ContainerState => ({ waiting: message ? { reason, message } : { reason } });

/** State and last state. */
function states(latest: PodContainer, earlier: PodContainer | undefined, old: ContainerStatus | undefined, facts: ContainerFacts): { state: ContainerState; lastState: ContainerState } {
  const before = earlier?.state === 'exited' ? { terminated: terminated(earlier, facts.runtimeName) } : keptLastState(latest, old, facts.runtimeName);
  const waiting = facts.waiting.get(latest.name);
  if (latest.state === 'running') return { state: { running: { startedAt: formatTime(latest.startedAtMs) } }, lastState: before };
  if (latest.state === 'exited') {
    const ended = { terminated: terminated(latest, facts.runtimeName) };
    return waiting ? { state: waitingState(waiting), lastState: ended } : { state: ended, lastState: before };
  }
  return { state: waitingState(waiting ?? { reason: 'ContainerCreating' }), lastState: before };
}

/** The last state that the API remembers for the same container, when the runtime no longer holds the one before it. */
function keptLastState(latest: PodContainer, old: ContainerStatus | undefined, runtimeName: string): ContainerState {
  if (!old) return {};
  if (old.containerID === `${runtimeName}://${latest.id}`) return old.lastState;
  return old.state.terminated ? { terminated: old.state.terminated } : old.lastState;
}

/** The status of a container of which the runtime holds nothing. */
function absentStatus(container: Container, old: ContainerStatus | undefined, waiting: WaitingReason): ContainerStatus {
  if (old?.state.terminated) return old;
  const base = { name: container.name, ready: false, started: false, image: container.image ?? '', imageID: '' };
  if (!old?.containerID) return { ...base, state: waitingState(waiting), lastState: old?.lastState ?? {}, restartCount: old?.restartCount ?? 0 };
  const lost: ContainerState = old.state.running
    ? { terminated: { exitCode: LOST_EXIT_CODE, reason: 'ContainerStatusUnknown', message: LOST_MESSAGE, containerID: old.containerID } }
    : old.lastState;
  return { ...base, state: waitingState(waiting), lastState: lost, restartCount: old.restartCount };
}

function mountStatuses(container: Container): { volumeMounts?: VolumeMountStatus[] } {
  const mounts = container.volumeMounts ?? [];
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly, recursiveReadOnly }) => ({
      name,
      mountPath,
      ...(readOnly ? { readOnly, recursiveReadOnly: recursiveReadOnly === 'Enabled' ? 'Enabled' : 'Disabled' } : {}),
    })),
  };
}

function resourceStatus(container: Container, inForce: ResourceRequirements = container.resources ?? {}): Pick<ContainerStatus, 'allocatedResources' | 'resources'> {
  const granted = container.resources?.requests;
  const { requests, limits } = inForce;
  return {
    ...(granted && Object.keys(granted).length > 0 ? { allocatedResources: granted } : {}),
    resources: { ...(limits ? { limits } : {}), ...(requests ? { requests } : {}) },
  };
}

/** The status of one container. `idle` is why it waits when nothing else is known. */
export function containerStatus(
  container: Container,
  of: { readonly snapshot: PodSnapshot; readonly old: ContainerStatus | undefined; readonly role: ContainerRole; readonly idle: string },
  facts: ContainerFacts,
): ContainerStatus {
  const [latest, earlier] = attemptsOf(of.snapshot, container.name);
  if (!latest) return absentStatus(container, of.old, facts.waiting.get(container.name) ?? { reason: of.idle });
  const { state, lastState } = states(latest, earlier, of.old, facts);
  const running = state.running !== undefined;
  // An init container is ready once it has done its work; sidecars are as others.
  const once = of.role === 'init' && container.restartPolicy !== 'Always';
  const ready = once ? state.terminated?.exitCode === 0 : of.role !== 'ephemeral' && running && facts.ready(latest.id);
  return {
    name: container.name,
    state,
    lastState,
    ready,
    restartCount: latest.metadata.attempt,
    image: latest.image || (container.image ?? ''),
    imageID: latest.imageRef,
    containerID: `${facts.runtimeName}://${latest.id}`,
    started: running && facts.started(latest.id),
    ...(of.role === 'ephemeral' ? {} : resourceStatus(container, running ? facts.inForce?.(latest.id) : undefined)),
    ...mountStatuses(container),
  };
}

/** Statuses of one list of the spec, in its order for init containers and by name for the others. */
export function containerStatuses(pod: Pod, snapshot: PodSnapshot, role: ContainerRole, facts: ContainerFacts): ContainerStatus[] {
  const { status, spec } = pod;
  const [containers, old] =
    role === 'init'
      ? [spec.initContainers, status.initContainerStatuses]
      : role === 'main'
        ? [spec.containers, status.containerStatuses]
        : [spec.ephemeralContainers, status.ephemeralContainerStatuses];
  const uninitialized = role === 'init' || (role === 'main' && (spec.initContainers?.length ?? 0) > 0 && !mainEverRan(pod, snapshot));
  const idle = uninitialized ? 'PodInitializing' : 'ContainerCreating';
  const made = (containers ?? []).map((container) => containerStatus(container, { snapshot, old: old?.find(({ name }) => name === container.name), role, idle }, facts));
  return role === 'init' ? made : made.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a container that never ran to an end shows once its pod is over: nobody knows whether it would have done well. */
export function lostStatus(status: ContainerStatus): ContainerStatus {
  if (status.state.terminated) return status;
  const state: ContainerState = { terminated: { exitCode: LOST_EXIT_CODE, reason: 'ContainerStatusUnknown', message: LOST_MESSAGE } };
  return { ...status, state, ready: false, started: false };
}

/** Whether any main container was ever made: then initialisation is behind. */
function mainEverRan(pod: Pod, snapshot: PodSnapshot): boolean {
  return pod.spec.containers.some(({ name }) => attemptsOf(snapshot, name).length > 0);
}
