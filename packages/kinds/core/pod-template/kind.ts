import { defineKind } from '#machinery/kind.ts';
import { type PodTemplate, podTemplate } from './schema.ts';

/** `podtemplates`. */
export const podTemplates = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
  schema: podTemplate,
});
