/**
 * What the runtime holds for one pod at one moment.
 */
import type { ContainerRuntime, ContainerStatus, SandboxStatus } from '#cri/runtime.ts';
import { isReason } from '#machinery/status.ts';
import { CONTAINER_NAME_LABEL, POD_UID_LABEL } from './names.ts';

/** A container of the pod and the sandbox it lives in. */
export interface PodContainer extends ContainerStatus {
  readonly name: string;
  readonly sandboxId: string;
  /** What the container left as its last words; only for containers that have ended. */
  readonly terminationMessage: string;
}

/** A pod in the runtime; both lists newest first. */
export interface PodSnapshot {
  readonly sandboxes: readonly SandboxStatus[];
  readonly containers: readonly PodContainer[];
}

/** Nothing exists yet. */
export const EMPTY_SNAPSHOT: PodSnapshot = { sandboxes: [], containers: [] };

/** Reads the last words of a container that has ended. */
export type ReadLastWords = (container: ContainerStatus) => Promise<string>;

/** The sandbox that is in use, if the newest one is. */
export function readySandbox(snapshot: PodSnapshot): SandboxStatus | undefined {
  const newest = snapshot.sandboxes[0];
  return newest?.state === 'ready' ? newest : undefined;
}

/** All containers of that name, newest first. */
export function attemptsOf(snapshot: PodSnapshot, name: string): readonly PodContainer[] {
  return snapshot.containers.filter((container) => container.name === name);
}

/** The newest container of that name. */
export function latestOf(snapshot: PodSnapshot, name: string): PodContainer | undefined {
  return snapshot.containers.find((container) => container.name === name);
}

/** Asks the runtime. What is known to have ended is taken from `before` instead of asked again. */
export async function readSnapshot(runtime: ContainerRuntime, uid: string, lastWords: ReadLastWords, before: PodSnapshot, signal: AbortSignal): Promise<PodSnapshot> {
  const labels = { [POD_UID_LABEL]: uid };
  const [sandboxes, containers] = await Promise.all([runtime.listSandboxes({ labels }, signal), runtime.listContainers({ labels }, signal)]);
  const ended = new Map(before.containers.filter(({ state }) => state === 'exited').map((container) => [container.id, container]));
  const sandboxStatuses = sandboxes.map((sandbox) => unlessGone(runtime.sandboxStatus(sandbox.id, signal)));
  const containerStatuses = containers.map(
    async ({ id, sandboxId, labels: own, metadata }) => ended.get(id) ?? readContainer(runtime, { id, sandboxId, name: own[CONTAINER_NAME_LABEL] ?? metadata.name }, lastWords, signal),
  );
  const [readSandboxes, readContainers] = await Promise.all([Promise.all(sandboxStatuses), Promise.all(containerStatuses)]);
  const newestFirst = (a: { createdAtMs: number }, b: { createdAtMs: number }): number => b.createdAtMs - a.createdAtMs;
  return {
    sandboxes: readSandboxes.filter((one) => one !== undefined).sort((a, b) => b.metadata.attempt - a.metadata.attempt || newestFirst(a, b)),
    containers: readContainers.filter((one) => one !== undefined).sort((a, b) => b.metadata.attempt - a.metadata.attempt || newestFirst(a, b)),
  };
}

/** Asks about one container. Undefined when it is gone. */
export async function readContainer(
  runtime: ContainerRuntime,
  of: { readonly id: string; readonly sandboxId: string; readonly name: string },
  lastWords: ReadLastWords,
  signal: AbortSignal,
): Promise<PodContainer | undefined> {
  const status = await unlessGone(runtime.containerStatus(of.id, signal));
  if (!status) return undefined;
  const terminationMessage = status.state === 'exited' ? await lastWords(status) : '';
  return { ...status, name: of.name, sandboxId: of.sandboxId, terminationMessage };
}

async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
