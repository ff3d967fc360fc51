/**
 * Labels and annotations that tie sandboxes and containers to pods; other tools (log shippers, `crictl`) read them too.
 *
 * Source: kubernetes `pkg/kubelet/types/labels.go`, `kuberuntime/labels.go`.
 */
import { createHash } from 'node:crypto';
import type { Pod } from '#kinds/core/pod/schema.ts';

export const POD_NAME_LABEL = 'io.kubernetes.pod.name';
export const POD_NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';
export const POD_UID_LABEL = 'io.kubernetes.pod.uid';
export const CONTAINER_NAME_LABEL = 'io.kubernetes.container.name';
export const CONTAINER_HASH = 'io.kubernetes.container.hash';
export const RESTART_COUNT = 'io.kubernetes.container.restartCount';
export const TERMINATION_MESSAGE_PATH = 'io.kubernetes.container.terminationMessagePath';
export const TERMINATION_MESSAGE_POLICY = 'io.kubernetes.container.terminationMessagePolicy';
export const POD_GRACE_PERIOD = 'io.kubernetes.pod.terminationGracePeriod';

/** Labels of a pod's sandbox and containers. */
export function podLabels(pod: Pod): Record<string, string> {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  return { [POD_NAME_LABEL]: name, [POD_NAMESPACE_LABEL]: namespace, [POD_UID_LABEL]: uid };
}

/** Changes when a running container no longer is what the spec says: only the image may change in place. */
export function containerHash(container: { readonly name: string; readonly image?: string }): string {
  return createHash('sha256').update(`${container.name}\n${container.image ?? ''}`).digest('hex').slice(0, 8);
}

/** `name_namespace(uid)`, as messages name a pod. */
export function podText(pod: Pod): string {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  return `${name}_${namespace}(${uid})`;
}

/** The directory of a pod's logs, under the node's log directory. */
export function podLogDirectory(logDirectory: string, pod: Pod): string {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  return `${logDirectory}/${namespace}_${name}_${uid}`;
}
