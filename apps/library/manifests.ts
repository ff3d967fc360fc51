/**
 * Objects as people write them, applied one after the other.
 */
import { parseAllDocuments } from 'yaml';
import type { Transport } from '#client/transport.ts';
import { builtinKinds } from '#kinds/registry.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { resourcePath } from '#machinery/kind.ts';
import type { AnyObject, Manifest } from './cluster.ts';

const FIELD_MANAGER = 'test';
const DEFAULT_NAMESPACE = 'default';

interface Served {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** Applies `manifests` on the server, in order; answers what is stored. @throws StatusError, Error for text that is no YAML. */
export async function applyManifests(transport: Transport, manifests: string | Manifest | readonly Manifest[], signal: AbortSignal): Promise<AnyObject[]> {
  const stored: AnyObject[] = [];
  for (const object of objectsOf(manifests)) {
    const kind = await servedKind(transport, object, signal);
    const { name = '', namespace } = object.metadata;
    const path = resourcePath(kind, kind.namespaced ? (namespace ?? DEFAULT_NAMESPACE) : undefined, name);
    stored.push((await transport.request({ method: 'PATCH', path, query: { fieldManager: FIELD_MANAGER, force: true }, body: object, patchType: 'apply' }, signal)) as AnyObject);
  }
  return stored;
}

function objectsOf(manifests: string | Manifest | readonly Manifest[]): AnyObject[] {
  const given = typeof manifests === 'string' ? parseDocuments(manifests) : Array.isArray(manifests) ? (manifests as readonly AnyObject[]) : [manifests as AnyObject];
  return given.flatMap((one) => {
    const { items } = one as { readonly items?: readonly AnyObject[] };
    return items && one.kind?.endsWith('List') ? items : [one];
  });
}

function parseDocuments(text: string): AnyObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors ?? [];
    if (error) throw error;
    const value = document.toJS() as AnyObject | null;
    return value ? [value] : [];
  });
}

/** Where objects of this kind live: known, or asked of the server for custom ones. */
export async function servedKind(transport: Transport, { kind, apiVersion }: Pick<KubeObject, 'kind' | 'apiVersion'>, signal: AbortSignal): Promise<Served> {
  const slash = apiVersion.indexOf('/');
  const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
  const known = builtinKinds.find((one) => one.kind === kind && one.group === group && one.version === version);
  if (known) return known;
  const path = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  const { resources } = (await transport.request({ method: 'GET', path }, signal)) as { readonly resources: readonly { readonly name: string; readonly kind: string; readonly namespaced: boolean }[] };
  const found = resources.find((one) => one.kind === kind && !one.name.includes('/'));
  if (!found) throw new Error(`no matches for kind "${kind}" in version "${apiVersion}"`);
  return { group, version, plural: found.name, namespaced: found.namespaced };
}
