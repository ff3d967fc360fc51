import { defineKind } from '#machinery/kind.ts';
import { flowcontrolStatusSubresource } from '../strategy.ts';
import { type FlowSchema, flowSchema } from './schema.ts';
import { byPrecedence, flowSchemaColumns, flowSchemaStrategy } from './strategy.ts';

/** `flowschemas` of flowcontrol.apiserver.k8s.io. */
export const flowSchemas = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  schema: flowSchema,
  subresources: {
    status: flowcontrolStatusSubresource,
  },
  defaults(draft) {
    if (draft.spec) draft.spec.matchingPrecedence ||= 1000;
  },
  strategy: flowSchemaStrategy,
  columns: flowSchemaColumns,
  tableOrder: byPrecedence,
});
