import type { Infer } from './schema.ts';
import { anyOf, bool, embedded, fieldsV1, int32, int64, list, map, message, optional, pointer, required, string, time } from './schema.ts';

/** `kind` and `apiVersion`, as every object that travels alone carries them; protobuf keeps them in its envelope. */
export const typeMeta = { kind: required(0, string), apiVersion: required(0, string) };

export const ownerReference = message(
  'meta/v1.OwnerReference',
  {
    apiVersion: required(5, string),
    kind: required(1, string),
    name: required(3, string),
    uid: required(4, string),
    controller: pointer(6, bool),
    blockOwnerDeletion: pointer(7, bool),
  },
  'atomic',
);
export interface OwnerReference extends Infer<typeof ownerReference> {}

export const managedFieldsOperationType = anyOf('Apply', 'Update');

export const managedFieldsEntry = message('meta/v1.ManagedFieldsEntry', {
  manager: optional(1, string),
  operation: optional(2, managedFieldsOperationType),
  apiVersion: optional(3, string),
  time: pointer(4, time),
  fieldsType: optional(6, string),
  fieldsV1: pointer(7, fieldsV1),
  subresource: optional(8, string),
});
export interface ManagedFieldsEntry extends Infer<typeof managedFieldsEntry> {}

export const objectMeta = message('meta/v1.ObjectMeta', {
  name: optional(1, string),
  generateName: optional(2, string),
  namespace: optional(3, string),
  selfLink: optional(4, string, { deprecated: true }),
  uid: optional(5, string),
  resourceVersion: optional(6, string),
  generation: optional(7, int64),
  creationTimestamp: optional(8, time, { omitZero: true }),
  deletionTimestamp: pointer(9, time),
  deletionGracePeriodSeconds: pointer(10, int64),
  labels: optional(11, map(string)),
  annotations: optional(12, map(string)),
  ownerReferences: optional(13, list(ownerReference), { listType: 'map', keys: ['uid'], patch: 'merge', mergeKey: 'uid' }),
  finalizers: optional(14, list(string), { listType: 'set', patch: 'merge' }),
  managedFields: optional(17, list(managedFieldsEntry)),
});
export interface ObjectMeta extends Infer<typeof objectMeta> {}

export const shardInfo = message('meta/v1.ShardInfo', {
  selector: required(1, string),
});
export interface ShardInfo extends Infer<typeof shardInfo> {}

export const listMeta = message('meta/v1.ListMeta', {
  selfLink: optional(1, string, { deprecated: true }),
  resourceVersion: optional(2, string),
  continue: optional(3, string),
  remainingItemCount: pointer(4, int64),
  shardInfo: pointer(5, shardInfo, { gates: ['ShardedListAndWatch'] }),
});
export interface ListMeta extends Infer<typeof listMeta> {}

export const labelSelectorOperator = anyOf('In', 'NotIn', 'Exists', 'DoesNotExist');

export const labelSelectorRequirement = message('meta/v1.LabelSelectorRequirement', {
  key: required(1, string),
  operator: required(2, labelSelectorOperator),
  values: optional(3, list(string)),
});
export interface LabelSelectorRequirement extends Infer<typeof labelSelectorRequirement> {}

export const labelSelector = message(
  'meta/v1.LabelSelector',
  {
    matchLabels: optional(1, map(string)),
    matchExpressions: optional(2, list(labelSelectorRequirement)),
  },
  'atomic',
);
export interface LabelSelector extends Infer<typeof labelSelector> {}

export const conditionStatus = anyOf('True', 'False', 'Unknown');

export const condition = message('meta/v1.Condition', {
  type: required(1, string),
  status: required(2, conditionStatus),
  observedGeneration: optional(3, int64),
  lastTransitionTime: required(4, time),
  reason: required(5, string),
  message: required(6, string),
});
export interface Condition extends Infer<typeof condition> {}

export const statusReason = anyOf(
  '',
  'Unauthorized',
  'Forbidden',
  'NotFound',
  'AlreadyExists',
  'Conflict',
  'Gone',
  'Invalid',
  'ServerTimeout',
  'StorageReadError',
  'Timeout',
  'TooManyRequests',
  'BadRequest',
  'MethodNotAllowed',
  'NotAcceptable',
  'RequestEntityTooLarge',
  'UnsupportedMediaType',
  'InternalError',
  'Expired',
  'ServiceUnavailable',
);

export const causeType = anyOf(
  'FieldValueNotFound',
  'FieldValueRequired',
  'FieldValueDuplicate',
  'FieldValueInvalid',
  'FieldValueNotSupported',
  'FieldValueForbidden',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'InternalError',
  'FieldValueTypeInvalid',
  'UnexpectedServerResponse',
  'FieldManagerConflict',
  'ResourceVersionTooLarge',
);

export const statusCause = message('meta/v1.StatusCause', {
  reason: optional(1, causeType),
  message: optional(2, string),
  field: optional(3, string),
});
export interface StatusCause extends Infer<typeof statusCause> {}

export const statusDetails = message('meta/v1.StatusDetails', {
  name: optional(1, string),
  group: optional(2, string),
  kind: optional(3, string),
  uid: optional(6, string),
  causes: optional(4, list(statusCause)),
  retryAfterSeconds: optional(5, int32),
});
export interface StatusDetails extends Infer<typeof statusDetails> {}

export const status = message('meta/v1.Status', {
  ...typeMeta,
  metadata: embedded(1, listMeta),
  status: optional(2, string),
  message: optional(3, string),
  reason: optional(4, statusReason),
  details: pointer(5, statusDetails),
  code: optional(6, int32),
});
export interface Status extends Infer<typeof status> {}

export const preconditions = message('meta/v1.Preconditions', {
  uid: pointer(1, string),
  resourceVersion: pointer(2, string),
});
export interface Preconditions extends Infer<typeof preconditions> {}

export const deletionPropagation = anyOf('Orphan', 'Background', 'Foreground');

export const deleteOptions = message('meta/v1.DeleteOptions', {
  ...typeMeta,
  gracePeriodSeconds: pointer(1, int64),
  preconditions: pointer(2, preconditions),
  orphanDependents: pointer(3, bool, { deprecated: true }),
  propagationPolicy: pointer(4, deletionPropagation),
  dryRun: optional(5, list(string)),
  ignoreStoreReadErrorWithClusterBreakingPotential: pointer(6, bool),
});
export interface DeleteOptions extends Infer<typeof deleteOptions> {}

export const groupVersionKind = message('meta/v1.GroupVersionKind', {
  group: required(1, string),
  version: required(2, string),
  kind: required(3, string),
});
export interface GroupVersionKind extends Infer<typeof groupVersionKind> {}

export const groupVersionResource = message('meta/v1.GroupVersionResource', {
  group: required(1, string),
  version: required(2, string),
  resource: required(3, string),
});
export interface GroupVersionResource extends Infer<typeof groupVersionResource> {}

export const groupKind = message('meta/v1.GroupKind', {
  group: required(1, string),
  kind: required(2, string),
});
export interface GroupKind extends Infer<typeof groupKind> {}

export const groupResource = message('meta/v1.GroupResource', {
  group: required(1, string),
  resource: required(2, string),
});
export interface GroupResource extends Infer<typeof groupResource> {}

export const fieldSelectorOperator = anyOf('In', 'NotIn', 'Exists', 'DoesNotExist');

export const fieldSelectorRequirement = message('meta/v1.FieldSelectorRequirement', {
  key: required(1, string),
  operator: required(2, fieldSelectorOperator),
  values: optional(3, list(string)),
});
export interface FieldSelectorRequirement extends Infer<typeof fieldSelectorRequirement> {}
