/**
 * From what people type (`po`, `deploy/web`, `ingresses.networking.k8s.io`) to resources of the API, by discovery.
 */
import { apiRoot } from '#machinery/kind.ts';
import { CliError } from './io.ts';
import type { Session } from './session.ts';

/** A resource the server has. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface Discovered {
  readonly items: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly responseKind: { readonly kind: string };
        readonly scope: string;
        readonly singularResource: string;
        readonly verbs: readonly string[];
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
      }[];
    }[];
  }[];
}

/** `pods`, or `deployments.apps`. */
export function resourceText({ plural, group }: Pick<Resource, 'plural' | 'group'>): string {
  return group ? `${plural}.${group}` : plural;
}

/** `pod/web`, or `deployment.apps/web`: how kubectl names an object it has done something to. */
export function objectText({ singular, group }: Pick<Resource, 'singular' | 'group'>, name: string): string {
  return `${group ? `${singular}.${group}` : singular}/${name}`;
}

/** The path of a collection or object. */
export function objectPath(resource: Resource, namespace: string | undefined, name?: string, subresource?: string): string {
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${apiRoot(resource)}${scope}/${resource.plural}${name ? `/${encodeURIComponent(name)}` : ''}${subresource ? `/${subresource}` : ''}`;
}

const DISCOVERY = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/** All resources of a server, in its order of preference. */
export class ResourceMap {
  readonly all: readonly Resource[];

  constructor(all: readonly Resource[]) {
    this.all = all;
  }

  /** Asks the server what it has. */
  static async discover(session: Session): Promise<ResourceMap> {
    const [core, groups] = await Promise.all([
      session.json<Discovered>({ path: '/api', headers: { accept: DISCOVERY } }),
      session.json<Discovered>({ path: '/apis', headers: { accept: DISCOVERY } }),
    ]);
    const all: Resource[] = [];
    for (const item of [...core.items, ...groups.items]) {
      const group = item.metadata?.name ?? '';
      for (const { version, resources = [] } of item.versions) {
        for (const one of resources) {
          all.push({
            group,
            version,
            kind: one.responseKind.kind,
            plural: one.resource,
            singular: one.singularResource || one.responseKind.kind.toLowerCase(),
            shortNames: one.shortNames ?? [],
            categories: one.categories ?? [],
            namespaced: one.scope === 'Namespaced',
            verbs: one.verbs,
          });
        }
      }
    }
    return new ResourceMap(all);
  }

  /** The resource that `text` means: plural, singular, short name or kind, optionally `.group` or `.version.group`. @throws CliError */
  resolve(text: string): Resource {
    const found = this.#find(text);
    if (!found) throw new CliError(`error: the server doesn't have a resource type "${text.split('.')[0]}"`);
    return found;
  }

  /** Every resource of a category (`all`), or the one resource that `text` means. */
  resolveAll(text: string): Resource[] {
    const inCategory = this.all.filter((one) => one.categories.includes(text));
    return inCategory.length > 0 ? distinctKinds(inCategory) : [this.resolve(text)];
  }

  /** The resource of an object's apiVersion and kind. @throws CliError as kubectl says it. */
  ofKind(apiVersion: string, kind: string): Resource {
    const slash = apiVersion.indexOf('/');
    const [group, version] = slash < 0 ? ['', apiVersion] : [apiVersion.slice(0, slash), apiVersion.slice(slash + 1)];
    const found = this.all.find((one) => one.group === group && one.version === version && one.kind === kind && !one.plural.includes('/'));
    if (!found) throw new CliError(`no matches for kind "${kind}" in version "${apiVersion}"`);
    return found;
  }

  /** Other resources that have this short name too, and come after the one it means. */
  ambiguous(text: string): Resource[] {
    const [first, ...rest] = this.all.filter((one) => !one.plural.includes('/') && one.shortNames.includes(text.toLowerCase()));
    return first ? distinctKinds(rest).filter((one) => resourceText(one) !== resourceText(first)) : [];
  }

  #find(text: string): Resource | undefined {
    const [name, ...rest] = text.toLowerCase().split('.');
    const candidates = this.all.filter((one) => one.plural === name || one.singular === name || one.shortNames.includes(name!) || one.kind.toLowerCase() === name);
    if (rest.length === 0) return candidates[0];
    const suffix = rest.join('.');
    return (
      candidates.find((one) => one.group === suffix) ??
      candidates.find((one) => `${one.version}.${one.group}` === suffix || (one.group === '' && one.version === rest[0])) ??
      candidates.find((one) => one.group.startsWith(`${suffix}.`))
    );
  }
}

/** Keeps the preferred version of each resource. */
function distinctKinds(resources: readonly Resource[]): Resource[] {
  const seen = new Set<string>();
  return resources.filter((one) => {
    const text = resourceText(one);
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}
