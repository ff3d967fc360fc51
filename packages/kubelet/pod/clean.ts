/**
 * What is left to do when a pod has stopped: volumes, cgroup, and at last every trace of it.
 */
import { rm } from 'node:fs/promises';
import { errorFields } from '#base/log.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { StatusError } from '#machinery/status.ts';
import { podLogDirectory } from './names.ts';
import type { NodeServices } from './node-services.ts';
import type { PodState } from './pod-state.ts';

/** Takes down what only a running pod needs. */
export async function cleanPod(state: PodState, node: NodeServices): Promise<void> {
  const { pod } = state;
  const { uid = '' } = pod.metadata;
  node.prober.keep(uid, new Set());
  await node.volumes.tearDown(uid, node.signal);
  await removeCgroup(pod, node);
  node.tokens.release(uid);
  node.images.release(uid);
  node.crashes.forget(`${uid}/`);
}

/** A cgroup that cannot be removed now is left to upkeep: nobody waits for it. */
async function removeCgroup(pod: Pod, node: NodeServices): Promise<void> {
  try {
    await node.cgroups?.remove(node.cgroups.pathOf(pod), node.signal);
  } catch (error) {
    node.signal.throwIfAborted();
    node.log.info('a cgroup could not be removed yet', { pod: pod.metadata.name, namespace: pod.metadata.namespace, ...errorFields(error) });
  }
}

/** Tells the API that the pod is over and its object may go. */
export async function confirmDeletion(pod: Pod, node: NodeServices): Promise<void> {
  const { uid = '', namespace = '', name = '' } = pod.metadata;
  await node.statuses.settled(uid);
  try {
    await node.client.of(pods).namespace(namespace).delete(name, { gracePeriodSeconds: 0, preconditions: { uid } }, node.signal);
  } catch (error) {
    // Gone already, or the name belongs to another pod by now.
    if (error instanceof StatusError && (error.code === 404 || error.code === 409)) return;
    throw error;
  }
}

/** Removes the containers, logs and directories of a pod that the API has forgotten. */
export async function purgePod(state: PodState, node: NodeServices): Promise<void> {
  const { pod, snapshot } = state;
  const { uid = '' } = pod.metadata;
  for (const sandbox of snapshot.sandboxes) await node.runtime.removeSandbox(sandbox.id, node.signal);
  await rm(podLogDirectory(node.logDirectory, pod), { recursive: true, force: true });
  await node.volumes.forget(uid);
  node.objects.release(uid);
  node.statuses.release(uid);
}
