import type { Infer } from '#machinery/schema.ts';
import { anyOf, embedded, int64, list, message, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { conditionStatus, objectMeta, typeMeta } from '#machinery/meta.ts';

export const serverStorageVersion = message('apiserverinternal/v1alpha1.ServerStorageVersion', {
  apiServerID: optional(1, string, { mustBeSet: true }),
  encodingVersion: optional(2, string, { mustBeSet: true }),
  decodableVersions: optional(3, list(string), { listType: 'set', mustBeSet: true }),
  servedVersions: optional(4, list(string), { listType: 'set' }),
});
export interface ServerStorageVersion extends Infer<typeof serverStorageVersion> {}

export const storageVersionConditionType = anyOf('AllEncodingVersionsEqual');

export const storageVersionCondition = message('apiserverinternal/v1alpha1.StorageVersionCondition', {
  type: required(1, storageVersionConditionType),
  status: required(2, conditionStatus),
  observedGeneration: optional(3, int64),
  lastTransitionTime: optional(4, time),
  reason: required(5, string),
  message: optional(6, string, { mustBeSet: true }),
});
export interface StorageVersionCondition extends Infer<typeof storageVersionCondition> {}

export const storageVersionSpec = message('apiserverinternal/v1alpha1.StorageVersionSpec', {});
export interface StorageVersionSpec extends Infer<typeof storageVersionSpec> {}

export const storageVersionStatus = message('apiserverinternal/v1alpha1.StorageVersionStatus', {
  storageVersions: optional(1, list(serverStorageVersion), { listType: 'map', keys: ['apiServerID'] }),
  commonEncodingVersion: pointer(2, string),
  conditions: optional(3, list(storageVersionCondition), { listType: 'map', keys: ['type'] }),
});
export interface StorageVersionStatus extends Infer<typeof storageVersionStatus> {}

export const storageVersion = message('apiserverinternal/v1alpha1.StorageVersion', {
  ...typeMeta,
  metadata: embedded(1, objectMeta, { mustBeSet: true }),
  spec: required(2, storageVersionSpec),
  status: required(3, storageVersionStatus),
});
export interface StorageVersion extends Infer<typeof storageVersion> {}
