import type { Infer } from './schema.ts';
import { anyOf, embedded, list, message, optional, pointer, required, string } from './schema.ts';
import { groupVersionKind, objectMeta, typeMeta } from './meta.ts';

export const resourceScope = anyOf('Cluster', 'Namespaced');

export const apiSubresourceDiscovery = message('apidiscovery/v2.APISubresourceDiscovery', {
  subresource: required(1, string),
  responseKind: pointer(2, groupVersionKind),
  acceptedTypes: optional(3, list(groupVersionKind), { listType: 'map', keys: ['group', 'version', 'kind'] }),
  verbs: required(4, list(string), { listType: 'set' }),
});
export interface APISubresourceDiscovery extends Infer<typeof apiSubresourceDiscovery> {}

export const apiResourceDiscovery = message('apidiscovery/v2.APIResourceDiscovery', {
  resource: required(1, string),
  responseKind: pointer(2, groupVersionKind),
  scope: required(3, resourceScope),
  singularResource: required(4, string),
  verbs: required(5, list(string), { listType: 'set' }),
  shortNames: optional(6, list(string), { listType: 'set' }),
  categories: optional(7, list(string), { listType: 'set' }),
  subresources: optional(8, list(apiSubresourceDiscovery), { listType: 'map', keys: ['subresource'] }),
});
export interface APIResourceDiscovery extends Infer<typeof apiResourceDiscovery> {}

export const discoveryFreshness = anyOf('Current', 'Stale');

export const apiVersionDiscovery = message('apidiscovery/v2.APIVersionDiscovery', {
  version: required(1, string),
  resources: optional(2, list(apiResourceDiscovery), { listType: 'map', keys: ['resource'] }),
  freshness: optional(3, discoveryFreshness),
});
export interface APIVersionDiscovery extends Infer<typeof apiVersionDiscovery> {}

export const apiGroupDiscovery = message('apidiscovery/v2.APIGroupDiscovery', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  versions: optional(2, list(apiVersionDiscovery), { listType: 'map', keys: ['version'] }),
});
export interface APIGroupDiscovery extends Infer<typeof apiGroupDiscovery> {}
