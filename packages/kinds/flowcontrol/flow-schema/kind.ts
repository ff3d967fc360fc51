import { defineKind } from '#machinery/kind.ts';
import { type FlowSchema, flowSchema } from './schema.ts';

/** `flowschemas` of flowcontrol.apiserver.k8s.io. */
export const flowSchemas = defineKind<FlowSchema>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  schema: flowSchema,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
