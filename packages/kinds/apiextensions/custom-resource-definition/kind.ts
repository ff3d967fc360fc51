import { defineKind } from '#machinery/kind.ts';
import { nameAndCreatedAt } from '../../cells.ts';
import { defaultDefinition } from './defaults.ts';
import { type CustomResourceDefinition, customResourceDefinition } from './schema.ts';
import { definitionStatus, definitionStrategy } from './strategy.ts';

/** `customresourcedefinitions` of apiextensions.k8s.io. */
export const customResourceDefinitions = defineKind<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  schema: customResourceDefinition,
  subresources: {
    status: definitionStatus,
  },
  defaults: defaultDefinition,
  strategy: definitionStrategy,
  columns: nameAndCreatedAt,
});
