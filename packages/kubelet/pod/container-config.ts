/**
 * A container of a pod as the runtime is asked for it. Pure.
 *
 * Source: kubernetes `kuberuntime/kuberuntime_container.go` generateContainerConfig.
 */
import type { ContainerConfig, ContainerResources, Device, Mount } from '#cri/config.ts';
import type { Image } from '#cri/runtime.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { expand } from './expand.ts';
import * as names from './names.ts';
import { containerSecurity } from './security.ts';

/** Everything that was prepared for the container. */
export interface ContainerInput {
  readonly attempt: number;
  /** What is present. */
  readonly image: Image;
  readonly imageRef: string;
  readonly env: readonly { readonly key: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly devices: readonly Device[];
  readonly resources: ContainerResources;
  readonly seccompRoot: string;
  /** The container whose process namespace an ephemeral container joins. */
  readonly targetId?: string;
}

/** The log file below the pod's log directory. */
export function containerLogPath(name: string, attempt: number): string {
  return `${name}/${attempt}.log`;
}

/** The configuration. @throws ContainerConfigError when the security context forbids the image. */
export function containerConfig(pod: Pod, container: Container, input: ContainerInput): ContainerConfig {
  const variables = new Map(input.env.map(({ key, value }) => [key, value]));
  const expanded = (texts: readonly string[] | undefined): string[] => (texts ?? []).map((text) => expand(text, (name) => variables.get(name)));
  const { attempt, image, seccompRoot, targetId } = input;
  return {
    metadata: { name: container.name, attempt },
    image: input.imageRef,
    ...(container.image ? { userSpecifiedImage: container.image } : {}),
    command: expanded(container.command),
    args: expanded(container.args),
    ...(container.workingDir ? { workingDir: container.workingDir } : {}),
    env: input.env,
    mounts: input.mounts,
    devices: input.devices,
    labels: { ...names.podLabels(pod), [names.CONTAINER_NAME_LABEL]: container.name },
    annotations: annotations(pod, container, attempt),
    logPath: containerLogPath(container.name, attempt),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    linux: {
      resources: input.resources,
      securityContext: containerSecurity(pod, container, { image, seccompRoot, ...(targetId ? { targetId } : {}) }),
    },
  };
}

function annotations(pod: Pod, container: Container, attempt: number): Record<string, string> {
  const grace = pod.spec.terminationGracePeriodSeconds;
  return {
    [names.CONTAINER_HASH]: names.containerHash(container),
    [names.RESTART_COUNT]: String(attempt),
    [names.TERMINATION_MESSAGE_PATH]: container.terminationMessagePath ?? '',
    [names.TERMINATION_MESSAGE_POLICY]: container.terminationMessagePolicy ?? 'File',
    ...(grace === undefined ? {} : { [names.POD_GRACE_PERIOD]: String(grace) }),
  };
}
