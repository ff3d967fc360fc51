import type { Infer } from './schema.ts';
import { anyOf, bool, int64, list, message, optional, pointer, string } from './schema.ts';
import { typeMeta } from './meta.ts';

export const createOptions = message('meta/v1.CreateOptions', {
  ...typeMeta,
  dryRun: optional(1, list(string)),
  fieldManager: optional(3, string),
  fieldValidation: optional(4, string),
});
export interface CreateOptions extends Infer<typeof createOptions> {}

export const updateOptions = message('meta/v1.UpdateOptions', {
  ...typeMeta,
  dryRun: optional(1, list(string)),
  fieldManager: optional(2, string),
  fieldValidation: optional(3, string),
});
export interface UpdateOptions extends Infer<typeof updateOptions> {}

export const patchOptions = message('meta/v1.PatchOptions', {
  ...typeMeta,
  dryRun: optional(1, list(string)),
  force: pointer(2, bool),
  fieldManager: optional(3, string),
  fieldValidation: optional(4, string),
});
export interface PatchOptions extends Infer<typeof patchOptions> {}

export const getOptions = message('meta/v1.GetOptions', {
  ...typeMeta,
  resourceVersion: optional(1, string),
});
export interface GetOptions extends Infer<typeof getOptions> {}

export const resourceVersionMatch = anyOf('NotOlderThan', 'Exact');

export const listOptions = message('meta/v1.ListOptions', {
  ...typeMeta,
  labelSelector: optional(1, string),
  fieldSelector: optional(2, string),
  watch: optional(3, bool),
  allowWatchBookmarks: optional(9, bool),
  resourceVersion: optional(4, string),
  resourceVersionMatch: optional(10, resourceVersionMatch),
  timeoutSeconds: pointer(5, int64),
  limit: optional(7, int64),
  continue: optional(8, string),
  sendInitialEvents: pointer(11, bool),
  shardSelector: optional(15, string, { gates: ['ShardedListAndWatch'] }),
});
export interface ListOptions extends Infer<typeof listOptions> {}
