/**
 * How events name a container: its pod, with the path of the container in the spec.
 */
import type { ObjectReference } from '#kinds/core/references.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';

/** The reference of the container `name`. */
export function containerReference(pod: Pod, name: string): ObjectReference {
  const { name: podName = '', namespace = '', uid = '', resourceVersion = '' } = pod.metadata;
  const list = pod.spec.initContainers?.some((one) => one.name === name)
    ? 'initContainers'
    : pod.spec.ephemeralContainers?.some((one) => one.name === name)
      ? 'ephemeralContainers'
      : 'containers';
  return { kind: 'Pod', apiVersion: 'v1', namespace, name: podName, uid, resourceVersion, fieldPath: `spec.${list}{${name}}` };
}
