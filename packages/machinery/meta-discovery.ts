import type { Infer } from './schema.ts';
import { bool, embedded, list, message, optional, required, string } from './schema.ts';
import { typeMeta } from './meta.ts';

export const groupVersionForDiscovery = message('meta/v1.GroupVersionForDiscovery', {
  groupVersion: required(1, string),
  version: required(2, string),
});
export interface GroupVersionForDiscovery extends Infer<typeof groupVersionForDiscovery> {}

export const serverAddressByClientCIDR = message('meta/v1.ServerAddressByClientCIDR', {
  clientCIDR: required(1, string),
  serverAddress: required(2, string),
});
export interface ServerAddressByClientCIDR extends Infer<typeof serverAddressByClientCIDR> {}

export const apiGroup = message('meta/v1.APIGroup', {
  ...typeMeta,
  name: required(1, string),
  versions: required(2, list(groupVersionForDiscovery)),
  preferredVersion: embedded(3, groupVersionForDiscovery),
  serverAddressByClientCIDRs: optional(4, list(serverAddressByClientCIDR)),
});
export interface APIGroup extends Infer<typeof apiGroup> {}

export const apiGroupList = message('meta/v1.APIGroupList', {
  ...typeMeta,
  groups: required(1, list(apiGroup)),
});
export interface APIGroupList extends Infer<typeof apiGroupList> {}

export const apiResource = message('meta/v1.APIResource', {
  name: required(1, string),
  singularName: required(6, string),
  namespaced: required(2, bool),
  group: optional(8, string),
  version: optional(9, string),
  kind: required(3, string),
  verbs: required(4, list(string)),
  shortNames: optional(5, list(string)),
  categories: optional(7, list(string)),
  storageVersionHash: optional(10, string),
});
export interface APIResource extends Infer<typeof apiResource> {}

export const apiResourceList = message('meta/v1.APIResourceList', {
  ...typeMeta,
  groupVersion: required(1, string),
  resources: required(2, list(apiResource)),
});
export interface APIResourceList extends Infer<typeof apiResourceList> {}

export const apiVersions = message('meta/v1.APIVersions', {
  ...typeMeta,
  versions: required(1, list(string)),
  serverAddressByClientCIDRs: required(2, list(serverAddressByClientCIDR)),
});
export interface APIVersions extends Infer<typeof apiVersions> {}
