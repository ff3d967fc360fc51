/**
 * The discovery documents: which groups, versions and resources there are.
 *
 * Source: apimachinery `meta/v1` and `apidiscovery/v2` types; apiserver `endpoints/discovery`.
 */
import { createHash } from 'node:crypto';
import type { GroupKinds, VersionKinds } from './group-order.ts';
import type { APIGroupDiscovery, APIResourceDiscovery, APISubresourceDiscovery } from '#machinery/discovery-aggregated.ts';
import { groupVersionText, type Kind, type Subresource } from '#machinery/kind.ts';
import type { APIGroup, APIGroupList, APIResource, APIResourceList, APIVersions } from '#machinery/meta-discovery.ts';

const HASH_BYTES = 8;

/** Changes when the version in which objects are stored does. */
function storageVersionHash(kind: Kind): string {
  const { group, version } = kind.stored ?? kind;
  return createHash('sha256').update(`${group}/${version}/${kind.kind}`).digest().subarray(0, HASH_BYTES).toString('base64');
}

function resource(kind: Kind): APIResource {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: kind.verbs,
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    ...(kind.virtual || kind.plural === 'componentstatuses' ? {} : { storageVersionHash: storageVersionHash(kind) }),
  };
}

function subresource(kind: Kind, name: string, { type, verbs }: Subresource): APIResource {
  const foreign = type && (type.group !== kind.group || type.version !== kind.version) ? { group: type.group, version: type.version } : {};
  return { name: `${kind.plural}/${name}`, singularName: '', namespaced: kind.namespaced, ...foreign, kind: type?.kind ?? kind.kind, verbs };
}

function subresourcesOf(kind: Kind): (readonly [string, Subresource])[] {
  return Object.entries(kind.subresources).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** `/api/v1`, `/apis/GROUP/VERSION`. */
export function resourceList(group: string, { version, kinds }: VersionKinds): APIResourceList {
  const resources = kinds.flatMap((kind) => [resource(kind), ...subresourcesOf(kind).map(([name, one]) => subresource(kind, name, one))]);
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: groupVersionText({ group, version }), resources };
}

/** `/apis/GROUP`; as an item of `/apis` it carries no kind. */
export function apiGroup({ group, versions }: GroupKinds): APIGroup {
  const all = versions.map(({ version }) => ({ groupVersion: groupVersionText({ group, version }), version }));
  return { kind: 'APIGroup', apiVersion: 'v1', name: group, versions: all, preferredVersion: all[0]! };
}

/** `/apis`. */
export function apiGroupList(groups: readonly GroupKinds[]): APIGroupList {
  const items = groups
    .filter(({ group }) => group !== '')
    .map((group) => {
      const { kind: _kind, apiVersion: _apiVersion, ...item } = apiGroup(group);
      return item as APIGroup;
    });
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: items };
}

/** `/api`; `serverAddress` is where clients reach this server. */
export function apiVersions(serverAddress: string): APIVersions {
  return { kind: 'APIVersions', apiVersion: 'v1', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] };
}

function discoveredSubresource(kind: Kind, name: string, { type, verbs }: Subresource): APISubresourceDiscovery {
  const { group, version, kind: kindName } = type ?? kind;
  return { subresource: name, responseKind: { group, version, kind: kindName }, verbs };
}

function discovered(kind: Kind): APIResourceDiscovery {
  const subresources = subresourcesOf(kind).map(([name, one]) => discoveredSubresource(kind, name, one));
  return {
    resource: kind.plural,
    responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: kind.verbs,
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    ...(subresources.length > 0 ? { subresources } : {}),
  };
}

/** Everything below `/api` or `/apis` in one document. */
export function aggregated(
  groups: readonly GroupKinds[],
  version: 'v2' | 'v2beta1',
): {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: object;
  readonly items: readonly Omit<APIGroupDiscovery, 'kind' | 'apiVersion'>[];
} {
  const items = groups.map(({ group, versions }) => ({
    metadata: group ? { name: group } : {},
    versions: versions.map((one) => ({ version: one.version, resources: one.kinds.map(discovered), freshness: 'Current' as const })),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}
