import type { Infer } from './schema.ts';
import { anyOf, embedded, int32, json, list, message, optional, rawExtension, required, string } from './schema.ts';
import { conditionStatus, listMeta, objectMeta, typeMeta } from './meta.ts';

export const tableColumnDefinition = message('meta/v1.TableColumnDefinition', {
  name: required(0, string),
  type: required(0, string),
  format: required(0, string),
  description: required(0, string),
  priority: required(0, int32),
});
export interface TableColumnDefinition extends Infer<typeof tableColumnDefinition> {}

export const rowConditionType = anyOf('Completed');

export const tableRowCondition = message('meta/v1.TableRowCondition', {
  type: required(0, rowConditionType),
  status: required(0, conditionStatus),
  reason: optional(0, string),
  message: optional(0, string),
});
export interface TableRowCondition extends Infer<typeof tableRowCondition> {}

export const tableRow = message('meta/v1.TableRow', {
  cells: required(0, list(json)),
  conditions: optional(0, list(tableRowCondition)),
  object: optional(0, rawExtension),
});
export interface TableRow extends Infer<typeof tableRow> {}

export const table = message('meta/v1.Table', {
  ...typeMeta,
  metadata: embedded(0, listMeta),
  columnDefinitions: required(0, list(tableColumnDefinition)),
  rows: required(0, list(tableRow)),
});
export interface Table extends Infer<typeof table> {}

export const includeObjectPolicy = anyOf('None', 'Metadata', 'Object');

export const tableOptions = message('meta/v1.TableOptions', {
  ...typeMeta,
  includeObject: optional(1, includeObjectPolicy),
});
export interface TableOptions extends Infer<typeof tableOptions> {}

export const partialObjectMetadata = message('meta/v1.PartialObjectMetadata', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
});
export interface PartialObjectMetadata extends Infer<typeof partialObjectMetadata> {}
