import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, embedded, int64, list, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const volumeLifecycleMode = anyOf('Persistent', 'Ephemeral');

export const fsGroupPolicy = anyOf('ReadWriteOnceWithFSType', 'File', 'None');

export const tokenRequest = message('storage/v1.TokenRequest', {
  audience: required(1, string),
  expirationSeconds: pointer(2, int64),
});
export interface TokenRequest extends Infer<typeof tokenRequest> {}

export const csiDriverSpec = message('storage/v1.CSIDriverSpec', {
  attachRequired: pointer(1, bool),
  podInfoOnMount: pointer(2, bool),
  volumeLifecycleModes: optional(3, list(volumeLifecycleMode), { listType: 'set' }),
  storageCapacity: pointer(4, bool),
  fsGroupPolicy: pointer(5, fsGroupPolicy),
  tokenRequests: optional(6, list(tokenRequest)),
  requiresRepublish: pointer(7, bool),
  seLinuxMount: pointer(8, bool, { gates: ['SELinuxMountReadWriteOncePod'] }),
  nodeAllocatableUpdatePeriodSeconds: pointer(9, int64, { gates: ['MutableCSINodeAllocatableCount'] }),
  serviceAccountTokenInSecrets: pointer(10, bool, { gates: ['CSIServiceAccountTokenSecrets'] }),
  preventPodSchedulingIfMissing: pointer(11, bool, { gates: ['VolumeLimitScaling'] }),
});
export interface CSIDriverSpec extends Infer<typeof csiDriverSpec> {}

export const csiDriver = message('storage/v1.CSIDriver', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, csiDriverSpec),
});
export interface CSIDriver extends Infer<typeof csiDriver> {}
