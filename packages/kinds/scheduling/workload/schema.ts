import type { Infer } from '#machinery/schema.ts';
import { embedded, list, message, optional, pointer, required, string } from '#machinery/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';
import { podGroupTemplate } from '../v1alpha2.ts';

export const typedLocalObjectReference = message('scheduling/v1alpha2.TypedLocalObjectReference', {
  apiGroup: optional(1, string),
  kind: required(2, string),
  name: required(3, string),
});
export interface TypedLocalObjectReference extends Infer<typeof typedLocalObjectReference> {}

export const workloadSpec = message('scheduling/v1alpha2.WorkloadSpec', {
  controllerRef: pointer(1, typedLocalObjectReference),
  podGroupTemplates: required(2, list(podGroupTemplate), { listType: 'map', keys: ['name'] }),
});
export interface WorkloadSpec extends Infer<typeof workloadSpec> {}

export const workload = message('scheduling/v1alpha2.Workload', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, workloadSpec),
});
export interface Workload extends Infer<typeof workload> {}
