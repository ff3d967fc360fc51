/**
 * Ends containers and pods gracefully.
 *
 * Source: kubernetes `kuberuntime_container.go` killContainer, KEP-753 (sidecars end last, in reverse order).
 */
import { errorFields } from '#base/log.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import { isSidecar } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { containerReference } from './container-reference.ts';
import { runHook } from './hooks.ts';
import type { NodeServices } from './node-services.ts';
import type { PodState } from './pod-state.ts';
import type { PodContainer } from './snapshot.ts';

/** After a `preStop` that used the whole grace period, the container still gets this long. */
const MIN_GRACE_MS = 2_000;

/** The container in the spec. */
export function specOf(pod: Pod, name: string): Container | undefined {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...(pod.spec.ephemeralContainers ?? [])].find((container) => container.name === name);
}

/** Runs `preStop` within the grace period; answers what is left of it. */
async function beforeStop(pod: Pod, container: PodContainer, graceMs: number, podIp: string, node: NodeServices, signal: AbortSignal): Promise<number> {
  const spec = specOf(pod, container.name);
  const handler = spec?.lifecycle?.preStop;
  if (!spec || !handler || graceMs <= 0) return graceMs;
  const { clock, recorder } = node;
  const startMs = clock.monotonicMs();
  const limit = new AbortController();
  using _timer = clock.after(graceMs, () => limit.abort());
  try {
    await runHook(handler, { container: spec, containerId: container.id, podIp }, node, AbortSignal.any([signal, limit.signal]));
  } catch {
    // The container is stopped whether the hook succeeded or not; the event tells the user.
    signal.throwIfAborted();
    recorder.event(containerReference(pod, container.name), 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
  }
  return Math.max(graceMs - (clock.monotonicMs() - startMs), MIN_GRACE_MS);
}

/** Stops one container. `message` is what the `Killing` event says. */
export async function stopContainer(state: PodState, container: PodContainer, how: { readonly graceMs: number; readonly message: string }, node: NodeServices, signal: AbortSignal): Promise<void> {
  const { pod, podIps } = state;
  node.recorder.event(containerReference(pod, container.name), 'Normal', 'Killing', how.message);
  const leftMs = await beforeStop(pod, container, how.graceMs, podIps[0] ?? '', node, signal);
  await node.runtime.stopContainer(container.id, leftMs, signal);
}

/** Takes the pod out of service first. It ends also when that fails: a lost request is less than a pod that cannot be stopped. */
async function leaveService(state: PodState, node: NodeServices, signal: AbortSignal): Promise<void> {
  try {
    await node.beforeStop(state.podIps, signal);
  } catch (error) {
    signal.throwIfAborted();
    node.log.warn('a pod could not be taken out of service before it ends', { pod: state.pod.metadata.name, namespace: state.pod.metadata.namespace, ...errorFields(error) });
  }
}

/** Stops everything of a pod: main containers together, then sidecars one by one, then the sandboxes. */
export async function stopPod(state: PodState, graceMs: number, node: NodeServices, signal: AbortSignal): Promise<void> {
  const { pod, snapshot } = state;
  const deadlineMs = node.clock.monotonicMs() + graceMs;
  const sidecars = (pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const alive = snapshot.containers.filter((container) => container.state === 'running' || container.state === 'unknown');
  if (graceMs > 0 && alive.length > 0 && !pod.spec.hostNetwork) await leaveService(state, node, signal);
  const stop = (container: PodContainer): Promise<void> => {
    const leftMs = Math.max(0, deadlineMs - node.clock.monotonicMs());
    return stopContainer(state, container, { graceMs: leftMs, message: `Stopping container ${container.name}` }, node, signal);
  };
  await Promise.all(alive.filter(({ name }) => !sidecars.includes(name)).map(stop));
  for (const name of sidecars.reverse()) for (const container of alive.filter((one) => one.name === name)) await stop(container);
  for (const sandbox of snapshot.sandboxes) if (sandbox.state === 'ready') await node.runtime.stopSandbox(sandbox.id, signal);
}
