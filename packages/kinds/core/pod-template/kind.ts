import { defineKind } from '#machinery/kind.ts';
import { defaultPodTemplate } from '../pod/defaults.ts';
import { type PodTemplate, podTemplate } from './schema.ts';
import { podTemplateColumns, podTemplateStrategy } from './strategy.ts';

/** `podtemplates`. */
export const podTemplates = defineKind<PodTemplate>({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
  schema: podTemplate,
  defaults: (draft) => defaultPodTemplate(draft.template),
  strategy: { ...podTemplateStrategy, returnsDeleted: true },
  columns: podTemplateColumns,
});
