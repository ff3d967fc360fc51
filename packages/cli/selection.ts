/**
 * Which objects a command means: `pods web`, `deploy/web svc/web`, `-l app=web`, `-f file`, `--all`.
 */
import { CliError } from './io.ts';
import { readManifests } from './manifests.ts';
import type { AnyList, AnyObject } from './objects.ts';
import { objectPath, type Resource, type ResourceMap } from './resources.ts';
import type { Session } from './session.ts';

/** Flags that select. */
export interface SelectionFlags {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly allNamespaces?: boolean;
  readonly all?: boolean;
}

/** One resource with the names that are meant; no names: all that match the selectors. */
export interface Selection {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly names: readonly string[];
}

/** An object that a command works on. */
export interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Parses arguments into selections. @throws CliError as kubectl says it. */
export async function select(session: Session, map: ResourceMap, args: readonly string[], flags: SelectionFlags): Promise<Selection[]> {
  if (flags.filename?.length) return fromFiles(session, map, flags);
  const namespace = flags.allNamespaces ? undefined : session.namespace;
  if (args.length === 0) throw new CliError('error: You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.');
  if (args.some((arg) => arg.includes('/'))) {
    return args.map((arg) => {
      const [type, name, ...rest] = arg.split('/');
      if (!type || !name || rest.length > 0) {
        throw new CliError(
          arg.includes('/')
            ? `error: arguments in resource/name form must have a single resource and name`
            : `error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'`,
        );
      }
      return { resource: map.resolve(type), namespace, names: [name] };
    });
  }
  const [types, ...names] = args as [string, ...string[]];
  if (names.length > 0 && flags.selector) throw new CliError('error: name cannot be provided when a selector is specified');
  if (names.length > 0 && flags.allNamespaces) throw new CliError('error: a resource cannot be retrieved by name across all namespaces');
  return types.split(',').flatMap((type) => map.resolveAll(type).map((resource) => ({ resource, namespace, names })));
}

async function fromFiles(session: Session, map: ResourceMap, flags: SelectionFlags): Promise<Selection[]> {
  const objects = await readManifests(session.io, flags.filename!, flags.recursive ?? false);
  return objects.map(({ object }) => ({
    resource: map.ofKind(object.apiVersion, object.kind),
    namespace: object.metadata?.namespace ?? session.namespace,
    names: [object.metadata.name],
  }));
}

/** Query parameters of the selectors. */
export function selectorQuery(flags: Pick<SelectionFlags, 'selector' | 'fieldSelector'>, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(more);
  if (flags.selector) query.set('labelSelector', flags.selector);
  if (flags.fieldSelector) query.set('fieldSelector', flags.fieldSelector);
  const text = query.toString();
  return text ? `?${text}` : '';
}

/** Lists a collection page by page. */
export async function listAll(session: Session, selection: Selection, flags: Pick<SelectionFlags, 'selector' | 'fieldSelector'>): Promise<AnyObject[]> {
  const objects: AnyObject[] = [];
  let next = '';
  do {
    const query = selectorQuery(flags, { limit: '500', ...(next ? { continue: next } : {}) });
    const page = await session.json<AnyList>({ path: objectPath(selection.resource, selection.namespace) + query });
    const itemKind = { apiVersion: page.apiVersion, kind: page.kind.replace(/List$/, '') };
    objects.push(...page.items.map((item) => ({ ...itemKind, ...item })));
    next = page.metadata.continue ?? '';
  } while (next);
  return objects;
}

/** The objects of the selections, read from the server. */
export async function fetchObjects(session: Session, selections: readonly Selection[], flags: SelectionFlags): Promise<{ readonly resource: Resource; readonly object: AnyObject }[]> {
  const found = await Promise.all(
    selections.map(async (selection) => {
      const objects =
        selection.names.length > 0
          ? await Promise.all(selection.names.map(async (name) => session.json<AnyObject>({ path: objectPath(selection.resource, selection.namespace, name) })))
          : await listAll(session, selection, flags);
      return objects.map((object) => ({ resource: selection.resource, object }));
    }),
  );
  return found.flat();
}

/** One object by `type name` or `type/name`; a bare name means a pod where `defaultType` says so. @throws CliError */
export async function selectOne(session: Session, map: ResourceMap, args: readonly string[], defaultType?: string): Promise<Target> {
  const typed = args.length === 1 && !args[0]!.includes('/') && defaultType ? [`${defaultType}/${args[0]}`] : args;
  const [first] = await select(session, map, typed, {});
  const name = first?.names[0];
  if (!first || !name) throw new CliError('error: expected a resource and a name');
  return { resource: first.resource, namespace: session.namespace, name };
}
