/**
 * Brings one container to life: image, configuration, creation, start, `postStart`.
 *
 * Source: kubernetes `kuberuntime_container.go` startContainer.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Mount } from '#cri/config.ts';
import type { Image, SandboxStatus } from '#cri/runtime.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { EphemeralContainer } from '#kinds/core/pod/container.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ConfigMap } from '#kinds/core/config-map/schema.ts';
import { configData, type ConfigObject } from '../config-objects.ts';
import { containerDevices, containerMounts } from '../volumes/mounts.ts';
import type { MountedVolume } from '../volumes/plugin.ts';
import { containerConfig } from './container-config.ts';
import { containerReference } from './container-reference.ts';
import { ContainerConfigError, type EnvContext, makeEnv } from './env.ts';
import { runHook } from './hooks.ts';
import { terminationFile } from './last-words.ts';
import { podLogDirectory } from './names.ts';
import type { NodeServices } from './node-services.ts';
import type { PlannedStart } from './plan.ts';
import { containerLimits } from './resources.ts';
import { serviceEnv } from './service-env.ts';
import { latestOf, type PodContainer, type PodSnapshot, readContainer } from './snapshot.ts';
import { ContainerStartError } from './start-error.ts';
import { sandboxConfig } from './sandbox-config.ts';

/** Where the container goes. */
export interface StartPlace {
  readonly pod: Pod;
  readonly snapshot: PodSnapshot;
  readonly sandbox: SandboxStatus;
  readonly volumes: ReadonlyMap<string, MountedVolume>;
  readonly podIps: readonly string[];
  readonly hostsFile: string;
}

/** What variables can be made from: of a ConfigMap only its texts. */
function variables(object: ConfigObject): Readonly<Record<string, string>> {
  if (object.kind === 'ConfigMap') return (object as ConfigMap).data ?? {};
  return Object.fromEntries([...configData(object)].map(([key, value]) => [key, value.toString('utf8')]));
}

async function envContext(place: StartPlace, node: NodeServices, signal: AbortSignal): Promise<EnvContext> {
  const { pod, podIps } = place;
  const namespace = pod.metadata.namespace ?? '';
  const services = await node.services(signal);
  return {
    ...node.downward(pod),
    podIps,
    services: serviceEnv(services, namespace, pod.spec.enableServiceLinks ?? true),
    read: async (kind, name) => {
      const object = await node.objects.read(kind, namespace, name, signal);
      return object && variables(object);
    },
  };
}

/** The mounts that every container gets beside its volumes. */
async function ownMounts(place: StartPlace, { container, attempt }: PlannedStart, node: NodeServices): Promise<Mount[]> {
  const taken = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath));
  const mounts: Mount[] = [];
  if (!taken.has('/etc/hosts')) mounts.push({ containerPath: '/etc/hosts', hostPath: place.hostsFile });
  const messagePath = container.terminationMessagePath;
  if (messagePath && !taken.has(messagePath)) {
    const file = terminationFile(node.volumes.podDirectory(place.pod.metadata.uid ?? ''), container.name, attempt);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, '');
    await chmod(file, 0o666);
    mounts.push({ containerPath: messagePath, hostPath: file });
  }
  return mounts;
}

async function prepare(place: StartPlace, planned: PlannedStart, image: Image, node: NodeServices, signal: AbortSignal) {
  const { pod, volumes, snapshot } = place;
  const { container, attempt } = planned;
  const env = await makeEnv(pod, container, await envContext(place, node, signal));
  const byName = new Map(env.map(({ key, value }) => [key, value]));
  const mounts = [...(await containerMounts(container, volumes, byName)), ...(await ownMounts(place, planned, node))];
  const targetName = (container as EphemeralContainer).targetContainerName;
  const target = targetName ? latestOf(snapshot, targetName) : undefined;
  return containerConfig(pod, container, {
    attempt,
    image,
    imageRef: image.id,
    env,
    mounts,
    devices: containerDevices(container, volumes),
    resources: containerLimits(pod, container, { memoryCapacity: node.memoryCapacity, cgroupV2: node.cgroups?.version === 2 }),
    seccompRoot: node.seccompRoot,
    ...(target ? { targetId: target.id } : {}),
  });
}

/** What users are not shown of a runtime's error. */
const GRPC_PREFIX = /^rpc error: code = \w+ desc = /;

/** Runs a step; its failure becomes the container's waiting reason and an event. */
async function step<T>(place: StartPlace, container: Container, reason: string, node: NodeServices, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ContainerStartError || node.signal.aborted) throw error;
    const known = error instanceof ContainerConfigError ? 'CreateContainerConfigError' : reason;
    const message = (error as Error).message.replace(GRPC_PREFIX, '');
    node.recorder.event(containerReference(place.pod, container.name), 'Warning', 'Failed', `Error: ${message}`);
    throw new ContainerStartError(known, message);
  }
}

/** Starts the container; answers what the runtime then says about it. @throws ContainerStartError. */
export async function startContainer(place: StartPlace, planned: PlannedStart, node: NodeServices, signal: AbortSignal): Promise<PodContainer | undefined> {
  const { pod, sandbox } = place;
  const { container, attempt } = planned;
  const { runtime, recorder } = node;
  const about = containerReference(pod, container.name);
  const image = await ensureImage(pod, container, node, signal);
  const config = await step(place, container, 'CreateContainerConfigError', node, () => prepare(place, planned, image, node, signal));
  signal.throwIfAborted();
  const sandboxed = sandboxConfig(pod, sandbox.metadata.attempt, { dns: await node.dns(), logDirectory: node.logDirectory, cgroupParent: node.cgroups?.pathOf(pod) ?? '' });
  await mkdir(`${podLogDirectory(node.logDirectory, pod)}/${container.name}`, { recursive: true });
  const id = await step(place, container, 'CreateContainerError', node, () => runtime.createContainer(sandbox.id, config, sandboxed, node.signal));
  recorder.event(about, 'Normal', 'Created', 'Container created');
  await step(place, container, 'RunContainerError', node, () => runtime.startContainer(id, node.signal));
  recorder.event(about, 'Normal', 'Started', 'Container started');
  const started = await readContainer(runtime, { id, sandboxId: sandbox.id, name: container.name }, node.lastWords, node.signal);
  const hook = container.lifecycle?.postStart;
  if (hook) await afterStart(place, container, id, node, signal);
  return started && { ...started, metadata: { name: container.name, attempt } };
}

async function ensureImage(pod: Pod, container: Container, node: NodeServices, signal: AbortSignal): Promise<Image> {
  try {
    return await node.images.ensure(pod, container, signal);
  } catch (error) {
    if (error instanceof ContainerStartError) {
      node.recorder.event(containerReference(pod, container.name), 'Warning', 'Failed', `Error: ${error.reason}`);
      throw error;
    }
    if (signal.aborted) throw error;
    throw new ContainerStartError('ErrImagePull', (error as Error).message);
  }
}

/** A failing hook ends its container. */
async function afterStart(place: StartPlace, container: Container, id: string, node: NodeServices, signal: AbortSignal): Promise<void> {
  const { pod, podIps } = place;
  try {
    await runHook(container.lifecycle!.postStart!, { container, containerId: id, podIp: podIps[0] ?? '' }, node, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    const about = containerReference(pod, container.name);
    node.recorder.event(about, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
    node.log.info('a postStart hook failed', { pod: pod.metadata.name, namespace: pod.metadata.namespace, container: container.name, reason: (error as Error).message });
    await node.runtime.stopContainer(id, (pod.spec.terminationGracePeriodSeconds ?? 30) * 1000, node.signal);
    throw new ContainerStartError('PostStartHookError', (error as Error).message);
  }
}
