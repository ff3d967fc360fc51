import { defineKind } from '#machinery/kind.ts';
import { configMapColumns } from './columns.ts';
import { type ConfigMap, configMap } from './schema.ts';
import { validateConfigMap, validateConfigMapUpdate } from './validation.ts';

/** `configmaps`. */
export const configMaps = defineKind<ConfigMap>({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  namespaced: true,
  schema: configMap,
  strategy: { unconditionalUpdate: true, validate: validateConfigMap, validateUpdate: validateConfigMapUpdate },
  columns: configMapColumns,
});
