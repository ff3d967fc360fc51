/**
 * What `kubectl get pods` says about a pod: ready containers, one word of status, restarts.
 *
 * Source: kubernetes `pkg/printers/internalversion/printers.go` printPod.
 */
import { ageText } from '#machinery/time.ts';
import { isPodTerminal, podCondition } from './conditions.ts';
import { isSidecar } from './requests.ts';
import type { Pod } from './schema.ts';
import type { ContainerStateTerminated, ContainerStatus } from './status.ts';

/** The cells READY, STATUS and RESTARTS in parts. */
export interface PrintedStatus {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  /** When a container last ended before a restart. */
  readonly lastRestart: string | undefined;
}

/** Reason the node controller gives to pods of a lost node. */
const NODE_LOST = 'NodeLost';

interface Tally {
  ready: number;
  restarts: number;
  lastRestart: string | undefined;
}

/** Condenses a pod's status as `kubectl get` shows it. */
export function printedStatus(pod: Pod): PrintedStatus {
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map((one) => one.name));
  const total = (pod.spec.containers?.length ?? 0) + sidecars.size;
  const init = initProgress(pod, sidecars);
  let reason = init.reason ?? baseReason(pod);
  let tally: Tally = init.all;
  if (init.reason === undefined || podCondition(pod.status, 'Initialized')?.status === 'True') {
    const main = mainProgress(pod, init.sidecars, reason);
    reason = main.reason;
    tally = main.tally;
  }
  if (pod.metadata.deletionTimestamp) {
    if (pod.status.reason === NODE_LOST) reason = 'Unknown';
    else if (!isPodTerminal(pod)) reason = 'Terminating';
  }
  return { ready: tally.ready, total, reason, restarts: tally.restarts, lastRestart: tally.lastRestart };
}

/** The RESTARTS cell: `0`, `3 (5m ago)`. */
export function restartsText(status: PrintedStatus, nowMs: number): string {
  if (status.restarts === 0 || !status.lastRestart) return String(status.restarts);
  return `${status.restarts} (${ageText(status.lastRestart, nowMs)} ago)`;
}

function baseReason(pod: Pod): string {
  const gated = pod.status.conditions?.some((one) => one.type === 'PodScheduled' && one.reason === 'SchedulingGated');
  return gated ? 'SchedulingGated' : pod.status.reason || pod.status.phase || '';
}

function count(tally: Tally, status: ContainerStatus): void {
  tally.restarts += status.restartCount;
  const ended = status.lastState?.terminated?.finishedAt;
  if (ended && (tally.lastRestart === undefined || tally.lastRestart < ended)) tally.lastRestart = ended;
}

/** Walks the init containers up to the first that holds the others up; `reason` is what it shows. */
function initProgress(
  pod: Pod,
  sidecarNames: ReadonlySet<string>,
): { readonly reason: string | undefined; readonly all: Tally; readonly sidecars: Tally } {
  const all: Tally = { ready: 0, restarts: 0, lastRestart: undefined };
  const sidecars: Tally = { ready: 0, restarts: 0, lastRestart: undefined };
  for (const [index, status] of (pod.status.initContainerStatuses ?? []).entries()) {
    const sidecar = sidecarNames.has(status.name);
    count(all, status);
    if (sidecar) count(sidecars, status);
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecar && status.started) {
      if (status.ready) {
        all.ready += 1;
        sidecars.ready += 1;
      }
      continue;
    }
    return { reason: initReason(status, index, pod.spec.initContainers?.length ?? 0), all, sidecars };
  }
  return { reason: undefined, all, sidecars };
}

function initReason(status: ContainerStatus, index: number, total: number): string {
  const terminated = status.state?.terminated;
  if (terminated) return `Init:${endReason(terminated)}`;
  const waiting = status.state?.waiting?.reason;
  return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
}

function endReason(terminated: ContainerStateTerminated): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}

/** Walks the containers from last to first, so that the first one's trouble is what shows. */
function mainProgress(pod: Pod, sidecars: Tally, initial: string): { readonly reason: string; readonly tally: Tally } {
  const tally = { ...sidecars };
  let reason = initial;
  let running = false;
  for (const status of (pod.status.containerStatuses ?? []).toReversed()) {
    count(tally, status);
    const state = status.state ?? {};
    if (state.waiting?.reason) reason = state.waiting.reason;
    else if (state.terminated) reason = endReason(state.terminated);
    else if (status.ready && state.running) {
      running = true;
      tally.ready += 1;
    }
  }
  if (reason === 'Completed' && running) reason = podCondition(pod.status, 'Ready')?.status === 'True' ? 'Running' : 'NotReady';
  return { reason, tally };
}
