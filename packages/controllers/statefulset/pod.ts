/**
 * The pods of a StatefulSet and their claims: identity and storage by ordinal.
 *
 * Source: upstream `pkg/controller/statefulset/stateful_set_utils.go`.
 */
import type { StatefulSet } from '#kinds/apps/stateful-set/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import type { Pod, PodTemplateSpec } from '#kinds/core/pod/schema.ts';
import { POD_REVISION } from '../workload/revisions.ts';
import { podName } from './ordinals.ts';

/** The label with a pod's own name, by which one pod can be selected. */
const POD_NAME_LABEL = 'statefulset.kubernetes.io/pod-name';
/** The label with a pod's ordinal. */
const POD_INDEX_LABEL = 'apps.kubernetes.io/pod-index';

/** The name of the claim that a pod has for a claim template. */
export function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${podName(set, ordinal)}`;
}

/** The claims of the pod with this ordinal, not owned by anybody yet. */
export function claimsOf(set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinal),
      namespace: set.metadata.namespace ?? '',
      labels: { ...template.metadata.labels, ...set.spec.selector?.matchLabels },
    },
    spec: template.spec,
    status: {},
  }));
}

/** Labels that tell which pod of the set this is. */
export function identityLabels(set: StatefulSet, ordinal: number): Readonly<Record<string, string>> {
  return { [POD_NAME_LABEL]: podName(set, ordinal), [POD_INDEX_LABEL]: String(ordinal) };
}

/** Whether a pod still says which one it is. */
export function hasIdentity(set: StatefulSet, pod: Pod, ordinal: number): boolean {
  return Object.entries(identityLabels(set, ordinal)).every(([name, value]) => pod.metadata.labels?.[name] === value);
}

/** `template` as the pod with this ordinal has it: named volumes are its own claims. */
export function podTemplateFor(set: StatefulSet, template: PodTemplateSpec, ordinal: number, revision: string): Pick<PodTemplateSpec, 'metadata' | 'spec'> {
  const templates = set.spec.volumeClaimTemplates ?? [];
  const claimed = new Set(templates.map(({ metadata }) => metadata.name));
  const volumes = [
    ...templates.map((one) => ({ name: one.metadata.name ?? '', persistentVolumeClaim: { claimName: claimName(set, one, ordinal) } })),
    ...(template.spec.volumes ?? []).filter(({ name }) => !claimed.has(name)),
  ];
  return {
    metadata: { ...template.metadata, labels: { ...template.metadata.labels, ...identityLabels(set, ordinal), [POD_REVISION]: revision } },
    spec: {
      ...template.spec,
      ...(volumes.length > 0 ? { volumes } : {}),
      hostname: podName(set, ordinal),
      ...(set.spec.serviceName ? { subdomain: set.spec.serviceName } : {}),
    },
  };
}
