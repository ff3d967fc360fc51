import { defineKind } from '#machinery/kind.ts';
import { type ControllerRevision, controllerRevision } from './schema.ts';
import { controllerRevisionColumns, controllerRevisionStrategy } from './strategy.ts';

/** `controllerrevisions` of apps. */
export const controllerRevisions = defineKind<ControllerRevision>({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  namespaced: true,
  schema: controllerRevision,
  strategy: controllerRevisionStrategy,
  columns: controllerRevisionColumns,
});
