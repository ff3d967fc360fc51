import { defineKind } from '#machinery/kind.ts';
import { namespaceColumns } from './columns.ts';
import { defaultNamespace } from './defaults.ts';
import { type Namespace, namespace } from './schema.ts';
import { namespaceFinalizeSubresource, namespaceStatusSubresource, namespaceStrategy } from './strategy.ts';

/** `namespaces`. */
export const namespaces = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  schema: namespace,
  subresources: {
    finalize: namespaceFinalizeSubresource,
    status: namespaceStatusSubresource,
  },
  defaults: defaultNamespace,
  strategy: namespaceStrategy,
  selectableFields: { 'status.phase': ({ status }) => status.phase ?? '' },
  columns: namespaceColumns,
});
