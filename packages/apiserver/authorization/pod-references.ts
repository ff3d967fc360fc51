/** What a pod needs from the API on its node. Source: kubernetes `api/pod` visitors and the node authorizer's graph. */
import type { Pod } from '#kinds/core/pod/schema.ts';

type PodSpec = NonNullable<Pod['spec']>;
type Container = PodSpec['containers'][number];
type EphemeralContainer = NonNullable<PodSpec['ephemeralContainers']>[number];

/** Kinds of objects that pods refer to. */
export type ReferenceKind = 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'serviceaccounts' | 'resourceclaims';

/** Calls `visit` for each namespaced object that `pod` refers to. */
export function visitPodReferences(pod: Pod, visit: (kind: ReferenceKind, name: string) => void): void {
  const spec = pod.spec;
  if (!spec) return;
  visit('serviceaccounts', spec.serviceAccountName || 'default');
  for (const secret of spec.imagePullSecrets ?? []) if (secret.name) visit('secrets', secret.name);
  for (const container of [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]) visitContainer(container, visit);
  for (const volume of spec.volumes ?? []) visitVolume(pod, volume, visit);
  for (const status of pod.status?.resourceClaimStatuses ?? []) if (status.resourceClaimName) visit('resourceclaims', status.resourceClaimName);
  for (const claim of spec.resourceClaims ?? []) if (claim.resourceClaimName) visit('resourceclaims', claim.resourceClaimName);
}

function visitContainer(container: Container | EphemeralContainer, visit: (kind: ReferenceKind, name: string) => void): void {
  for (const { secretRef, configMapRef } of container.envFrom ?? []) {
    if (secretRef?.name) visit('secrets', secretRef.name);
    if (configMapRef?.name) visit('configmaps', configMapRef.name);
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.secretKeyRef?.name) visit('secrets', valueFrom.secretKeyRef.name);
    if (valueFrom?.configMapKeyRef?.name) visit('configmaps', valueFrom.configMapKeyRef.name);
  }
}

type Volume = NonNullable<NonNullable<Pod['spec']>['volumes']>[number];

function visitVolume(pod: Pod, volume: Volume, visit: (kind: ReferenceKind, name: string) => void): void {
  const secrets = [
    volume.secret?.secretName,
    volume.azureFile?.secretName,
    volume.cephfs?.secretRef?.name,
    volume.cinder?.secretRef?.name,
    volume.flexVolume?.secretRef?.name,
    volume.iscsi?.secretRef?.name,
    volume.rbd?.secretRef?.name,
    volume.scaleIO?.secretRef?.name,
    volume.storageos?.secretRef?.name,
    volume.csi?.nodePublishSecretRef?.name,
  ];
  for (const name of secrets) if (name) visit('secrets', name);
  if (volume.configMap?.name) visit('configmaps', volume.configMap.name);
  if (volume.persistentVolumeClaim) visit('persistentvolumeclaims', volume.persistentVolumeClaim.claimName);
  if (volume.ephemeral) visit('persistentvolumeclaims', `${pod.metadata.name}-${volume.name}`);
  for (const source of volume.projected?.sources ?? []) {
    if (source.secret?.name) visit('secrets', source.secret.name);
    if (source.configMap?.name) visit('configmaps', source.configMap.name);
  }
}

/** Whether `pod` refers to the object. */
export function podRefersTo(pod: Pod, kind: ReferenceKind, name: string): boolean {
  let found = false;
  visitPodReferences(pod, (oneKind, oneName) => {
    if (oneKind === kind && oneName === name) found = true;
  });
  return found;
}
