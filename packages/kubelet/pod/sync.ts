/**
 * One round of bringing a pod to its spec: look, plan, act, publish.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { SandboxStatus } from '#cri/runtime.ts';
import { runtimeClasses } from '#kinds/node/runtime-class/kind.ts';
import { timeToMs } from '#machinery/time.ts';
import { MountFailed, writePodFile } from '../volumes/manager.ts';
import type { MountedVolume } from '../volumes/plugin.ts';
import { containerReference } from './container-reference.ts';
import { delayText } from './crash-backoff.ts';
import { hostnameOf } from './dns.ts';
import { hostNetworkHostsFile, hostsFile } from './hosts-file.ts';
import { podLogDirectory, podText } from './names.ts';
import type { NodeServices } from './node-services.ts';
import { type PlannedKill, type PlannedStart, planPod, type PodPlan, restartsAfter } from './plan.ts';
import { currentIps, type PodState, publish } from './pod-state.ts';
import type { PodFailure } from './pod-status.ts';
import { enforceResize, grantedPod, grantResize, noteStarted, RESIZE_RETRY_MS, restartsForResize } from './resize.ts';
import { sandboxConfig } from './sandbox-config.ts';
import { latestOf, readSnapshot, readySandbox } from './snapshot.ts';
import { startContainer, type StartPlace } from './start-container.ts';
import { ContainerStartError } from './start-error.ts';
import { specOf, stopContainer } from './stop.ts';

/** What a round found. */
export interface SyncResult {
  /** Look again after this long, if nothing happens before. */
  readonly againMs?: number;
  /** Nothing runs and nothing will. */
  readonly over?: boolean;
  /** The pod has failed as a whole. */
  readonly failure?: PodFailure;
}

/** Rounds within one sync: each starts at least one container or makes the sandbox, so this is more than any pod needs. */
const MAX_ROUNDS = 200;

const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 10_000;
const NETWORK_RETRY_MS = 100;
const SHOW_BACKOFF_AFTER_MS = 1_000;

/** Failures after which a container exists that has ended: the plan then says what follows. */
const LEAVES_CONTAINER: ReadonlySet<string> = new Set(['RunContainerError', 'PostStartHookError']);

/** The delay after so many failures in a row. */
const retryMs = (failures: number): number => Math.min(FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1), MAX_RETRY_MS);

/** Collects the nearest time at which to look again. */
class Alarm {
  atMs: number | undefined;

  within(ms: number): void {
    this.atMs = Math.min(this.atMs ?? Number.POSITIVE_INFINITY, Math.max(ms, 0));
  }
}

/** Reads what the runtime holds for the pod, and keeps probes in step with it. */
export async function observe(state: PodState, node: NodeServices): Promise<void> {
  const { uid = '' } = state.pod.metadata;
  state.snapshot = await readSnapshot(node.runtime, uid, node.lastWords, state.snapshot, node.signal);
  trackProbes(state, node);
}

function trackProbes(state: PodState, node: NodeServices): void {
  const { pod, snapshot } = state;
  const sandbox = readySandbox(snapshot);
  const running = snapshot.containers.filter((container) => container.state === 'running' && container.sandboxId === sandbox?.id);
  node.prober.keep(pod.metadata.uid ?? '', new Set(running.map(({ id }) => id)));
  const podIp = currentIps(state, node.hostIps)[0] ?? '';
  const known = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  for (const container of running) {
    const spec = specOf(pod, container.name);
    if (!spec) continue;
    const before = known.find(({ containerID }) => containerID === `${node.runtimeName}://${container.id}`);
    node.prober.track({
      pod,
      container: spec,
      containerId: container.id,
      podIp,
      startedAtMs: container.startedAtMs,
      ...(before ? { before: { ready: before.ready, started: before.started ?? false } } : {}),
    });
  }
}

/** One sync. */
export async function syncPod(state: PodState, node: NodeServices, signal: AbortSignal): Promise<SyncResult> {
  const alarm = new Alarm();
  await observe(state, node);
  const failure = refusal(state, node) ?? deadline(state, node, alarm);
  if (failure) return { failure };
  const waits = grantResize(state, node);
  if ((await enforceResize(state, node)) || waits) alarm.within(RESIZE_RETRY_MS);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const plan = planPod(grantedPod(state), state.snapshot, (id) => ({ ...node.prober.health(id), resized: restartsForResize(state, id) }));
    clearWaiting(state);
    if (plan.finished) return { over: true };
    publish(state, node);
    const progress = await act(state, plan, node, alarm, signal);
    signal.throwIfAborted();
    if (!progress) break;
  }
  publish(state, node);
  return alarm.atMs === undefined ? {} : { againMs: alarm.atMs };
}

/** Asks the node once whether it takes the pod; what already runs here was taken before. */
function refusal(state: PodState, node: NodeServices): PodFailure | undefined {
  if (state.admitted) return undefined;
  const refused = state.snapshot.containers.length > 0 ? undefined : node.admit(state.pod);
  if (refused) {
    node.recorder.event(state.pod, 'Warning', refused.reason, refused.message);
    return { reason: refused.reason, message: `Pod was rejected: ${refused.message}`, refused: true };
  }
  state.admitted = true;
  return undefined;
}

/** Source: kubernetes `pkg/kubelet/active_deadline.go`. */
function deadline(state: PodState, node: NodeServices, alarm: Alarm): PodFailure | undefined {
  const seconds = state.pod.spec.activeDeadlineSeconds;
  const { startTime } = node.statuses.current(state.pod);
  if (seconds === undefined || startTime === undefined) return undefined;
  const leftMs = timeToMs(startTime) + seconds * 1000 - node.clock.now();
  if (leftMs > 0) {
    alarm.within(leftMs);
    return undefined;
  }
  const message = 'Pod was active on the node longer than the specified deadline';
  node.recorder.event(state.pod, 'Normal', 'DeadlineExceeded', message);
  return { reason: 'DeadlineExceeded', message };
}

/** A container that runs waits for nothing. */
function clearWaiting(state: PodState): void {
  for (const name of state.waiting.keys()) if (latestOf(state.snapshot, name)?.state === 'running') state.waiting.delete(name);
}

/** Carries a plan out; answers whether another round may achieve more. */
async function act(state: PodState, plan: PodPlan, node: NodeServices, alarm: Alarm, signal: AbortSignal): Promise<boolean> {
  const problem = plan.createSandbox && state.pod.spec.hostNetwork !== true ? node.networkProblem() : undefined;
  if (problem) {
    if (state.failures === 0) node.recorder.event(state.pod, 'Warning', 'NetworkNotReady', `network is not ready: ${problem}`);
    state.failures += 1;
    alarm.within(NETWORK_RETRY_MS);
    return false;
  }
  if (plan.stopSandboxes.length > 0) await replaceSandboxes(state, plan, node);
  const [volumes, sandbox] = await Promise.all([ensureVolumes(state, node, alarm, signal), ensureSandbox(state, plan, node, alarm)]);
  if (!volumes || !sandbox) {
    state.failures += 1;
    alarm.within(retryMs(state.failures));
    return false;
  }
  state.failures = 0;
  for (const kill of plan.kill) await killFor(state, kill, node, signal);
  if (plan.kill.length > 0) await observe(state, node);
  if (plan.start.length === 0) return plan.kill.length > 0;
  // A container that is replaced at once is not shown as gone meanwhile, as upstream's: the pod stays ready.
  const replaced = plan.kill.length > 0 && plan.kill.every(({ cause }) => cause === 'changed' || cause === 'resize');
  if (!replaced) publish(state, node);
  const place = await startPlace(state, sandbox, volumes, node);
  let progress = false;
  for (const planned of plan.start) progress = (await tryStart(state, place, planned, node, alarm, signal)) || progress;
  return progress;
}

async function replaceSandboxes(state: PodState, plan: PodPlan, node: NodeServices): Promise<void> {
  node.recorder.event(state.pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
  for (const sandbox of plan.stopSandboxes) await node.runtime.stopSandbox(sandbox.id, node.signal);
  await observe(state, node);
}

async function ensureVolumes(state: PodState, node: NodeServices, alarm: Alarm, signal: AbortSignal): Promise<ReadonlyMap<string, MountedVolume> | undefined> {
  try {
    const nowMs = node.clock.now();
    const stale = [...(state.volumes?.values() ?? [])].some(({ refreshAtMs = Number.POSITIVE_INFINITY }) => refreshAtMs <= nowMs);
    if (!state.volumes || stale) state.volumes = await node.volumes.setUp(state.pod, signal);
    for (const { refreshAtMs } of state.volumes.values()) if (refreshAtMs !== undefined) alarm.within(Math.max(refreshAtMs - nowMs, FIRST_RETRY_MS));
    return state.volumes;
  } catch (error) {
    if (!(error instanceof MountFailed)) throw error;
    node.recorder.event(state.pod, 'Warning', 'FailedMount', error.message);
    return undefined;
  }
}

/** The sandbox in use, or a new one. */
async function ensureSandbox(state: PodState, plan: PodPlan, node: NodeServices, alarm: Alarm): Promise<SandboxStatus | undefined> {
  if (!plan.createSandbox) return readySandbox(state.snapshot);
  const pod = grantedPod(state);
  const { runtime, cgroups, logDirectory } = node;
  try {
    const [cgroupParent, handler, dns] = await Promise.all([cgroups?.create(pod) ?? '', runtimeHandler(state, node), node.dns(), mkdir(podLogDirectory(logDirectory, pod), { recursive: true })]);
    const config = sandboxConfig(pod, plan.createSandbox.attempt, { dns, logDirectory, cgroupParent });
    const id = await runtime.runSandbox(config, handler, node.signal);
    const status = await runtime.sandboxStatus(id, node.signal);
    state.snapshot = { ...state.snapshot, sandboxes: [status, ...state.snapshot.sandboxes] };
    return status;
  } catch (error) {
    if (node.signal.aborted) throw error;
    node.recorder.event(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${(error as Error).message}`);
    alarm.within(retryMs(state.failures + 1));
    return undefined;
  }
}

/** The runtime's name for the pod's RuntimeClass. */
async function runtimeHandler(state: PodState, node: NodeServices): Promise<string> {
  const name = state.pod.spec.runtimeClassName;
  if (!name) return '';
  return (await node.client.of(runtimeClasses).get(name, node.signal)).handler;
}

async function startPlace(state: PodState, sandbox: SandboxStatus, volumes: ReadonlyMap<string, MountedVolume>, node: NodeServices): Promise<StartPlace> {
  const { snapshot } = state;
  const pod = grantedPod(state);
  const podIps = currentIps(state, node.hostIps);
  const file = join(node.volumes.podDirectory(pod.metadata.uid ?? ''), 'etc-hosts');
  const aliases = pod.spec.hostAliases ?? [];
  const { clusterDomain } = await node.dns();
  const content = pod.spec.hostNetwork ? hostNetworkHostsFile(await readFile('/etc/hosts', 'utf8'), aliases) : hostsFile(podIps, hostnameOf(pod, clusterDomain), aliases);
  await writePodFile(file, content);
  return { pod, snapshot, sandbox, volumes, podIps, hostsFile: file };
}

const KILL_TEXTS: Readonly<Record<PlannedKill['cause'], (name: string) => string>> = {
  liveness: (name) => `Container ${name} failed liveness probe, will be restarted`,
  startup: (name) => `Container ${name} failed startup probe, will be restarted`,
  changed: (name) => `Container ${name} definition changed, will be restarted`,
  resize: (name) => `Container ${name} resize requires restart`,
  unknown: (name) => `Container is in "ContainerUnknown" state, try killing it before restart ${name}`,
};

async function killFor(state: PodState, { container, cause }: PlannedKill, node: NodeServices, signal: AbortSignal): Promise<void> {
  const spec = specOf(state.pod, container.name);
  const probe = cause === 'liveness' ? spec?.livenessProbe : cause === 'startup' ? spec?.startupProbe : undefined;
  const seconds = probe?.terminationGracePeriodSeconds ?? state.pod.spec.terminationGracePeriodSeconds ?? 30;
  await stopContainer(state, container, { graceMs: seconds * 1000, message: KILL_TEXTS[cause](container.name) }, node, signal);
  node.prober.drop(container.id);
}

/** Starts a container unless it must wait; answers whether it was started. */
async function tryStart(state: PodState, place: StartPlace, planned: PlannedStart, node: NodeServices, alarm: Alarm, signal: AbortSignal): Promise<boolean> {
  const { pod, waiting } = state;
  const { name } = planned.container;
  const ended = latestOf(state.snapshot, name);
  const key = `${pod.metadata.uid}/${name}`;
  const nowMs = node.clock.now();
  if (ended?.state === 'exited') {
    const leftMs = node.crashes.remainingMs(key, ended.finishedAtMs, nowMs);
    if (leftMs > 0) {
      const delay = delayText(node.crashes.delayMs(key));
      node.recorder.event(containerReference(pod, name), 'Warning', 'BackOff', `Back-off restarting failed container ${name} in pod ${podText(pod)}`);
      waiting.set(name, { reason: 'CrashLoopBackOff', message: `back-off ${delay} restarting failed container=${name} pod=${podText(pod)}` });
      alarm.within(leftMs);
      return false;
    }
    node.crashes.started(key, ended.finishedAtMs, nowMs);
  }
  try {
    await removeOldAttempts(state, name, node);
    const started = await startContainer(place, planned, node, signal);
    waiting.delete(name);
    if (started) {
      noteStarted(state, started.id, planned.container);
      adopt(state, started, node);
    }
    return true;
  } catch (error) {
    if (!(error instanceof ContainerStartError)) throw error;
    waiting.set(name, { reason: error.reason, message: error.message });
    if (LEAVES_CONTAINER.has(error.reason)) {
      await observe(state, node);
      const left = latestOf(state.snapshot, name);
      // It waits only if it will be started again; else its end is what there is to show.
      if (left?.state === 'exited' && !restartsAfter(pod, planned.container, left)) waiting.delete(name);
      return true;
    }
    // Soon after a failed pull the state says that it is backing off.
    if (error.reason === 'ErrImagePull') alarm.within(SHOW_BACKOFF_AFTER_MS);
    const retryAtMs = node.images.retryAtMs(pod, planned.container.image ?? '');
    alarm.within(retryAtMs > nowMs ? retryAtMs - nowMs : MAX_RETRY_MS);
    return false;
  }
}

/** Adds a container that was just started to what is known, without asking the runtime for everything again. */
function adopt(state: PodState, started: NonNullable<Awaited<ReturnType<typeof startContainer>>>, node: NodeServices): void {
  state.snapshot = { ...state.snapshot, containers: [started, ...state.snapshot.containers] };
  trackProbes(state, node);
}

/** Keeps one dead container per name, for its last state and `logs --previous`. */
async function removeOldAttempts(state: PodState, name: string, node: NodeServices): Promise<void> {
  const [, ...older] = state.snapshot.containers.filter((container) => container.name === name);
  for (const container of older) {
    if (container.state !== 'exited') continue;
    await node.runtime.removeContainer(container.id, node.signal);
    if (container.logPath) await removeLogs(container.logPath);
  }
  state.snapshot = { ...state.snapshot, containers: state.snapshot.containers.filter((container) => !older.includes(container) || container.state !== 'exited') };
}

/** Removes a log with its rotated pieces. */
async function removeLogs(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) if (name === basename(path) || name.startsWith(`${basename(path)}.`)) await rm(join(dirname(path), name), { force: true });
}
