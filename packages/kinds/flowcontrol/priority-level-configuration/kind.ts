import { defineKind } from '#machinery/kind.ts';
import { flowcontrolStatusSubresource } from '../strategy.ts';
import { type PriorityLevelConfiguration, priorityLevelConfiguration } from './schema.ts';
import { defaultPriorityLevel, priorityLevelColumns, priorityLevelStrategy } from './strategy.ts';

/** `prioritylevelconfigurations` of flowcontrol.apiserver.k8s.io. */
export const priorityLevelConfigurations = defineKind<PriorityLevelConfiguration>({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  schema: priorityLevelConfiguration,
  subresources: {
    status: flowcontrolStatusSubresource,
  },
  defaults: defaultPriorityLevel,
  strategy: priorityLevelStrategy,
  columns: priorityLevelColumns,
});
