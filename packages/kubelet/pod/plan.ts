/**
 * What must happen next to bring a pod's sandbox and containers to what its spec says: a pure decision, taken again after every change.
 *
 * Source: kubernetes `pkg/kubelet/kuberuntime` computePodActions; KEP-753 (sidecar containers).
 */
import type { SandboxStatus } from '#cri/runtime.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import { isSidecar } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { CONTAINER_HASH, containerHash } from './names.ts';
import { attemptsOf, latestOf, type PodContainer, type PodSnapshot } from './snapshot.ts';

/** What probes say about a running container. */
export interface ContainerHealth {
  /** The startup probe has passed, or there is none. */
  readonly started: boolean;
  /** The probe that failed often enough that the container must go. */
  readonly failed?: 'liveness' | 'startup';
  /** Its resources have changed in a way that takes a restart. */
  readonly resized?: boolean;
}

/** Probe results by container id. */
export type HealthOf = (containerId: string) => ContainerHealth;

/** A container that must end before it starts again (or for good). */
export interface PlannedKill {
  readonly container: PodContainer;
  readonly cause: 'liveness' | 'startup' | 'changed' | 'resize' | 'unknown';
}

/** A container to start; `attempt` is its restart count. */
export interface PlannedStart {
  readonly container: Container;
  readonly role: 'init' | 'sidecar' | 'main' | 'ephemeral';
  readonly attempt: number;
}

/** The next steps, in this order: stop the old sandboxes, make a sandbox, kill, start. */
export interface PodPlan {
  /** Sandboxes that must be stopped with what runs in them. */
  readonly stopSandboxes: readonly SandboxStatus[];
  /** Make a sandbox with this attempt number. */
  readonly createSandbox?: { readonly attempt: number };
  readonly kill: readonly PlannedKill[];
  /** One after the other. */
  readonly start: readonly PlannedStart[];
  /** Nothing runs and nothing will: the pod is over. */
  readonly finished: boolean;
}

const NOTHING: PodPlan = { stopSandboxes: [], kill: [], start: [], finished: false };

/** Decides. */
export function planPod(pod: Pod, snapshot: PodSnapshot, health: HealthOf): PodPlan {
  const sandbox = snapshot.sandboxes[0];
  const ready = snapshot.sandboxes.filter(({ state }) => state === 'ready');
  const usable = ready.length === 1 && sandbox === ready[0] && (pod.spec.hostNetwork === true || sandbox!.ips.length > 0);
  return usable ? planInSandbox(pod, snapshot, sandbox!, health) : planSandbox(pod, snapshot);
}

/** The old sandboxes are stopped even when they have died: their networks must be taken down. */
function planSandbox(pod: Pod, snapshot: PodSnapshot): PodPlan {
  const old = snapshot.sandboxes;
  const attempt = snapshot.sandboxes[0] ? snapshot.sandboxes[0].metadata.attempt + 1 : 0;
  const lost = pod.spec.restartPolicy === 'Never' && attempt > 0 && snapshot.containers.length > 0;
  const toRun = pod.spec.containers.some((container) => !succeededForGood(pod, container, latestOf(snapshot, container.name)));
  if (lost || !toRun) return { ...NOTHING, stopSandboxes: old, finished: true };
  const first = pod.spec.initContainers?.[0];
  const start = first ? [planStart(pod, snapshot, first, roleOfInit(first))] : planMain(pod, snapshot);
  return { ...NOTHING, stopSandboxes: old, createSandbox: { attempt }, start: [...planEphemeral(pod, snapshot), ...start] };
}

const roleOfInit = (container: Container): PlannedStart['role'] => (isSidecar(container) ? 'sidecar' : 'init');

/** The main containers of a pod without a sandbox. */
function planMain(pod: Pod, snapshot: PodSnapshot): PlannedStart[] {
  return pod.spec.containers
    .filter((container) => !succeededForGood(pod, container, latestOf(snapshot, container.name)))
    .map((container) => planStart(pod, snapshot, container, 'main'));
}

function planInSandbox(pod: Pod, snapshot: PodSnapshot, sandbox: SandboxStatus, health: HealthOf): PodPlan {
  const here: PodSnapshot = { ...snapshot, containers: snapshot.containers.filter(({ sandboxId }) => sandboxId === sandbox.id) };
  const kill: PlannedKill[] = [];
  const start: PlannedStart[] = planEphemeral(pod, snapshot);
  const context: PlanContext = { pod, snapshot, here, health, kill, start };
  const initialized = pod.spec.containers.some(({ name }) => latestOf(here, name) !== undefined);
  const verdict = planInit(context, initialized);
  if (verdict === 'failed') return { ...NOTHING, finished: true };
  if (verdict === 'waiting') return { ...NOTHING, kill, start };
  let alive = 0;
  for (const container of pod.spec.containers) if (planContainer(context, container)) alive += 1;
  // Sidecars alone do not keep a pod alive.
  if (alive === 0) return { ...NOTHING, finished: true };
  return { ...NOTHING, kill, start };
}

interface PlanContext {
  readonly pod: Pod;
  readonly snapshot: PodSnapshot;
  /** Only what lives in the current sandbox. */
  readonly here: PodSnapshot;
  readonly health: HealthOf;
  readonly kill: PlannedKill[];
  readonly start: PlannedStart[];
}

/** `done`: the main containers may run; `waiting`: an init container runs or starts; `failed`: one has failed for good. */
function planInit(context: PlanContext, initialized: boolean): 'done' | 'waiting' | 'failed' {
  const { pod, here, health } = context;
  for (const container of pod.spec.initContainers ?? []) {
    const status = latestOf(here, container.name);
    if (isSidecar(container)) {
      const ready = planSidecar(context, container, status);
      if (!ready && !initialized) return 'waiting';
      continue;
    }
    if (initialized) continue;
    if (status?.state === 'running') {
      if (health(status.id).failed) planRestart(context, container, status, 'init');
      return 'waiting';
    }
    if (status?.state === 'exited' && status.exitCode === 0) continue;
    if (status?.state === 'exited' && !restartsAfter(pod, container, status)) return 'failed';
    context.start.push(planStart(pod, context.snapshot, container, 'init'));
    return 'waiting';
  }
  return 'done';
}

/** Whether the sidecar runs and has started. */
function planSidecar(context: PlanContext, container: Container, status: PodContainer | undefined): boolean {
  if (status?.state === 'running') {
    const { started, failed, resized } = context.health(status.id);
    const changed = resized === true || hasChanged(container, status);
    if (failed || changed) planRestart(context, container, status, 'sidecar');
    return started && !failed && !changed;
  }
  context.start.push(planStart(context.pod, context.snapshot, container, 'sidecar'));
  return false;
}

/** Whether the container runs, or will. */
function planContainer(context: PlanContext, container: Container): boolean {
  const { pod, here, health } = context;
  const status = latestOf(here, container.name) ?? latestOf(context.snapshot, container.name);
  if (status?.state === 'running') {
    const { failed, resized } = health(status.id);
    if (!failed && !resized && !hasChanged(container, status)) return true;
    return planRestart(context, container, status, 'main');
  }
  if (status?.state === 'unknown') context.kill.push({ container: status, cause: 'unknown' });
  if (status?.state === 'exited' && !restartsAfter(pod, container, status)) return false;
  context.start.push(planStart(pod, context.snapshot, container, 'main'));
  return true;
}

/** Whether it starts again. */
function planRestart(context: PlanContext, container: Container, status: PodContainer, role: PlannedStart['role']): boolean {
  const { failed, resized } = context.health(status.id);
  context.kill.push({ container: status, cause: failed ?? (resized ? 'resize' : 'changed') });
  const again = !failed || role === 'sidecar' || policyOf(context.pod, container) !== 'Never';
  if (again) context.start.push(planStart(context.pod, context.snapshot, container, role));
  return again;
}

function planEphemeral(pod: Pod, snapshot: PodSnapshot): PlannedStart[] {
  const missing = (pod.spec.ephemeralContainers ?? []).filter(({ name }) => latestOf(snapshot, name) === undefined);
  return missing.map((container) => ({ container, role: 'ephemeral', attempt: 0 }));
}

function planStart(pod: Pod, snapshot: PodSnapshot, container: Container, role: PlannedStart['role']): PlannedStart {
  return { container, role, attempt: nextAttempt(pod, snapshot, container.name) };
}

/** The restart count of the next container of that name; the API remembers it when the runtime has forgotten. */
export function nextAttempt(pod: Pod, snapshot: PodSnapshot, name: string): number {
  const latest = attemptsOf(snapshot, name)[0];
  if (latest) return latest.metadata.attempt + 1;
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  const remembered = statuses.find((status) => status.name === name);
  return remembered?.containerID ? remembered.restartCount + 1 : 0;
}

const hasChanged = (container: Container, status: PodContainer): boolean => {
  const hash = status.annotations[CONTAINER_HASH];
  return hash !== undefined && hash !== containerHash(container);
};

/** The restart policy of a container: its own, or the pod's; init containers of pods that always restart restart on failure. */
function policyOf(pod: Pod, container: Container): string {
  return container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
}

/** Whether a container that has ended so starts again. */
export function restartsAfter(pod: Pod, container: Container, status: { readonly exitCode: number }): boolean {
  for (const { action, exitCodes } of container.restartPolicyRules ?? []) {
    const listed = exitCodes?.values?.includes(status.exitCode) ?? false;
    if (action === 'Restart' && (exitCodes?.operator === 'NotIn' ? !listed : listed)) return true;
  }
  const policy = policyOf(pod, container);
  if (policy === 'Never') return false;
  return policy === 'OnFailure' ? status.exitCode !== 0 : true;
}

/** A container that has done its work and stays so even in a new sandbox. */
function succeededForGood(pod: Pod, container: Container, status: PodContainer | undefined): boolean {
  return status?.state === 'exited' && status.exitCode === 0 && !restartsAfter(pod, container, status);
}
