/**
 * Which resources an API server serves, custom ones included: what controllers of "everything" work on.
 *
 *     /api/v1, /apis -> groups -> preferred version of each resource -> Kind of its metadata
 *
 * Source: client-go `discovery.ServerPreferredResources`.
 */
import type { Transport } from '#client/transport.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { apiRoot, defineKind } from '#machinery/kind.ts';
import type { Kind, Verb } from '#machinery/kind.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';
import type { APIGroupList, APIResource, APIResourceList } from '#machinery/meta-discovery.ts';
import { embedded, message } from '#machinery/schema.ts';
import { StatusError } from '#machinery/status.ts';

/** What a server serves. */
export interface ServedResources {
  /** One entry per resource, in its preferred version. */
  readonly kinds: readonly Kind[];
  /** Group versions that could not be asked, with why: `metrics.k8s.io/v1beta1`. */
  readonly failures: ReadonlyMap<string, string>;
}

/** Asks what is served. @throws StatusError when nothing is known at all */
export type ListServedResources = (signal: AbortSignal) => Promise<ServedResources>;

const metadataOnly = message('meta/v1.PartialObjectMetadata', { ...typeMeta, metadata: embedded(1, objectMeta) });

/** Served kinds that exist from the start need no discovery: for tests and for servers without extensions. */
export const listBuiltinResources: ListServedResources = () => {
  // Of several versions the last listed is the preferred one.
  const kinds = new Map(builtinKinds.filter((kind) => kind.enabledByDefault && !kind.virtual).map((kind) => [resourceName(kind), kind]));
  return Promise.resolve({ kinds: [...kinds.values()], failures: new Map() });
};

/** Asks the server behind `transport` by discovery. */
export function discoverResources(transport: Transport): ListServedResources {
  return async (signal) => {
    const groups = (await transport.request({ method: 'GET', path: '/apis' }, signal)) as APIGroupList;
    const failures = new Map<string, string>();
    const found = new Map<string, Kind>();
    const add = async (group: string, version: string): Promise<void> => {
      const list = await resourcesOf(transport, { group, version }, signal).catch((error: unknown) => {
        if (!(error instanceof StatusError)) throw error;
        // A group that went away between the two questions is not a failure.
        if (error.code !== 404) failures.set(group ? `${group}/${version}` : version, error.message);
        return [];
      });
      for (const resource of list) {
        const key = `${resource.name}.${group}`;
        if (!resource.name.includes('/') && !found.has(key)) found.set(key, kindOf(group, version, resource, list));
      }
    };
    await add('', 'v1');
    for (const { name, versions, preferredVersion } of groups.groups) {
      const others = versions.map((one) => one.version).filter((version) => version !== preferredVersion.version);
      for (const version of [preferredVersion.version, ...others]) if (version) await add(name, version);
    }
    return { kinds: [...found.values()], failures };
  };
}

async function resourcesOf(
  transport: Transport,
  of: { readonly group: string; readonly version: string },
  signal: AbortSignal,
): Promise<readonly APIResource[]> {
  const list = (await transport.request({ method: 'GET', path: apiRoot(of) }, signal)) as APIResourceList;
  return list.resources;
}

/** The built-in kind, or one that knows metadata only. */
function kindOf(group: string, version: string, resource: APIResource, list: readonly APIResource[]): Kind {
  const known = builtinKinds.find((kind) => kind.group === group && kind.version === version && kind.plural === resource.name);
  if (known) return known;
  const { name: plural, kind, namespaced, verbs } = resource;
  const below = list.filter(({ name }) => name.startsWith(`${plural}/`));
  const subresources = Object.fromEntries(below.map((one) => [one.name.slice(plural.length + 1), { verbs: one.verbs as readonly Verb[] }]));
  return defineKind({ group, version, kind, plural, namespaced, schema: metadataOnly, verbs: verbs as readonly Verb[], subresources });
}

/** `pods`, `deployments.apps`. */
export function resourceName(kind: Pick<Kind, 'group' | 'plural'>): string {
  return kind.group ? `${kind.plural}.${kind.group}` : kind.plural;
}

/** Whether every one of `verbs` can be done to the resource. */
export function supports(kind: Pick<Kind, 'verbs'>, ...verbs: readonly Verb[]): boolean {
  return verbs.every((verb) => kind.verbs.includes(verb));
}
