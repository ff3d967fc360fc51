import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, int64, list, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { condition, objectMeta, typeMeta } from '#machinery/meta.ts';

export const resourcePoolStatusRequestSpec = message('resource/v1alpha3.ResourcePoolStatusRequestSpec', {
  driver: required(1, string),
  poolName: pointer(2, string),
  limit: pointer(3, int32, { default: 100 }),
});
export interface ResourcePoolStatusRequestSpec extends Infer<typeof resourcePoolStatusRequestSpec> {}

export const poolStatus = message('resource/v1alpha3.PoolStatus', {
  driver: optional(1, string, { mustBeSet: true }),
  poolName: optional(2, string, { mustBeSet: true }),
  generation: required(9, int64),
  resourceSliceCount: pointer(8, int32),
  totalDevices: pointer(4, int32),
  allocatedDevices: pointer(5, int32),
  availableDevices: pointer(6, int32),
  unavailableDevices: pointer(7, int32),
  nodeName: pointer(3, string),
  validationError: pointer(10, string),
});
export interface PoolStatus extends Infer<typeof poolStatus> {}

export const resourcePoolStatusRequestStatus = message('resource/v1alpha3.ResourcePoolStatusRequestStatus', {
  poolCount: pointer(6, int32, { mustBeSet: true }),
  pools: optional(2, list(poolStatus), { listType: 'atomic' }),
  conditions: optional(3, list(condition), { listType: 'map', keys: ['type'], patch: 'merge', mergeKey: 'type' }),
});
export interface ResourcePoolStatusRequestStatus extends Infer<typeof resourcePoolStatusRequestStatus> {}

export const resourcePoolStatusRequest = message('resource/v1alpha3.ResourcePoolStatusRequest', {
  ...typeMeta,
  metadata: embedded(1, objectMeta, { mustBeSet: true }),
  spec: required(2, resourcePoolStatusRequestSpec),
  status: pointer(3, resourcePoolStatusRequestStatus),
});
export interface ResourcePoolStatusRequest extends Infer<typeof resourcePoolStatusRequest> {}
