import { defineKind } from '#machinery/kind.ts';
import { type RuntimeClass, runtimeClass } from './schema.ts';
import { runtimeClassColumns, runtimeClassStrategy } from './strategy.ts';

/** `runtimeclasses` of node.k8s.io. */
export const runtimeClasses = defineKind<RuntimeClass>({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
  schema: runtimeClass,
  strategy: runtimeClassStrategy,
  columns: runtimeClassColumns,
});
