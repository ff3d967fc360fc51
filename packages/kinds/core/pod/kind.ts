import { defineKind } from '#machinery/kind.ts';
import { podColumns, podRowConditions } from './columns.ts';
import { defaultPod } from './defaults.ts';
import { type Pod, pod } from './schema.ts';
import { podSelectableFields } from './selectable-fields.ts';
import { ephemeralContainersUpdate, podStatusSubresource, podStrategy, resizeUpdate } from './strategy.ts';

/** `pods`. */
export const pods = defineKind<Pod>({
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  schema: pod,
  subresources: {
    attach: { type: { group: '', version: 'v1', kind: 'PodAttachOptions' }, verbs: ['create', 'get'] },
    binding: { type: { group: '', version: 'v1', kind: 'Binding' }, verbs: ['create'] },
    ephemeralcontainers: { verbs: ['get', 'patch', 'update'], update: ephemeralContainersUpdate },
    eviction: { type: { group: 'policy', version: 'v1', kind: 'Eviction' }, verbs: ['create'] },
    exec: { type: { group: '', version: 'v1', kind: 'PodExecOptions' }, verbs: ['create', 'get'] },
    log: { verbs: ['get'], options: { group: '', version: 'v1', kind: 'PodLogOptions' } },
    portforward: { type: { group: '', version: 'v1', kind: 'PodPortForwardOptions' }, verbs: ['create', 'get'] },
    proxy: { type: { group: '', version: 'v1', kind: 'PodProxyOptions' }, verbs: ['create', 'delete', 'get', 'patch', 'update'], path: true },
    resize: { verbs: ['get', 'patch', 'update'], update: resizeUpdate },
    status: podStatusSubresource,
  },
  defaults: defaultPod,
  strategy: { ...podStrategy, returnsDeleted: true },
  selectableFields: podSelectableFields,
  columns: podColumns,
  rowConditions: podRowConditions,
});
