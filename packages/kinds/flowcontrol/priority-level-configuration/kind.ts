import { defineKind } from '#machinery/kind.ts';
import { type PriorityLevelConfiguration, priorityLevelConfiguration } from './schema.ts';

/** `prioritylevelconfigurations` of flowcontrol.apiserver.k8s.io. */
export const priorityLevelConfigurations = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  schema: priorityLevelConfiguration,
  subresources: {
    status: { verbs: ['get', 'patch', 'update'] },
  },
});
