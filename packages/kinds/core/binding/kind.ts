import { defineKind } from '#machinery/kind.ts';
import { type Binding, binding } from './schema.ts';

/** `bindings`. */
export const bindings = defineKind<Binding>({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  namespaced: true,
  verbs: ['create'],
  virtual: true,
  schema: binding,
});
