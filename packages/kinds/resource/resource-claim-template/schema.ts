import type { Infer } from '#machinery/schema.ts';
import { embedded, message, required } from '#machinery/schema.ts';
import { resourceClaimSpec } from '../resource-claim/schema.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const resourceClaimTemplateSpec = message('resource/v1.ResourceClaimTemplateSpec', {
  metadata: embedded(1, objectMeta),
  spec: required(2, resourceClaimSpec),
});
export interface ResourceClaimTemplateSpec extends Infer<typeof resourceClaimTemplateSpec> {}

export const resourceClaimTemplate = message('resource/v1.ResourceClaimTemplate', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  spec: required(2, resourceClaimTemplateSpec),
});
export interface ResourceClaimTemplate extends Infer<typeof resourceClaimTemplate> {}
