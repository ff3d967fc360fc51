/**
 * Which objects a command means: `pods web`, `deploy/web svc/web`, `-l app=web`, `-f file`, `--all`.
 */
import { StatusError } from '#machinery/status.ts';
import { CliError } from './io.ts';
import { readManifests } from './manifests.ts';
import type { AnyList, AnyObject } from './objects.ts';
import { objectPath, type Resource, type ResourceMap, resourceText } from './resources.ts';
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
  /** The manifest it comes from. */
  readonly source?: string;
}

/** An object that a command works on. */
export interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** Parses arguments into selections; `verb` is what is asked for, for the message when nothing is. @throws CliError as kubectl says it. */
export async function select(session: Session, map: ResourceMap, args: readonly string[], flags: SelectionFlags, verb = 'get'): Promise<Selection[]> {
  if (flags.filename?.length) {
    if (args.length > 0) throw new CliError('error: when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well');
    return fromFiles(session, map, flags);
  }
  const namespace = flags.allNamespaces ? undefined : session.namespace;
  if (args.length === 0) throw noType(verb);
  if (args.some((arg) => arg.includes('/'))) return args.map((arg) => ({ ...typeAndName(session, map, arg), namespace }));
  const [types, ...names] = args as [string, ...string[]];
  if (names.length > 0 && flags.selector) throw new CliError('error: name cannot be provided when a selector is specified');
  if (names.length > 0 && flags.allNamespaces) throw new CliError('error: a resource cannot be retrieved by name across all namespaces');
  return types.split(',').flatMap((type) => {
    warnOfOthers(session, map, type);
    return map.resolveAll(type).map((resource) => ({ resource, namespace, names }));
  });
}

function noType(verb: string): CliError {
  const advice = 'Use "kubectl api-resources" for a complete list of supported resources.';
  if (verb === 'describe') return new CliError(`error: You must specify the type of resource to describe. ${advice}`);
  if (verb === 'rollout') return new CliError('error: required resource not specified');
  if (verb !== 'get') {
    return new CliError("error: You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'");
  }
  return new CliError(
    `You must specify the type of resource to get. ${advice}\n\nerror: Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples`,
  );
}

function typeAndName(session: Session, map: ResourceMap, arg: string): Pick<Selection, 'resource' | 'names'> {
  const [type, name, ...rest] = arg.split('/');
  if (name === undefined) {
    throw new CliError(`error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'`);
  }
  if (rest.length > 0) throw new CliError('error: arguments in resource/name form may not have more than one slash');
  if (!type || !name || type.includes(',')) throw new CliError('error: arguments in resource/name form must have a single resource and name');
  warnOfOthers(session, map, type);
  return { resource: map.resolve(type), names: [name] };
}

function warnOfOthers(session: Session, map: ResourceMap, type: string): void {
  for (const other of map.ambiguous(type)) session.io.stderr.write(`Warning: short name "${type}" could also match lower priority resource ${resourceText(other)}\n`);
}

/** Commands that change things want names, or to be told that all are meant. @throws CliError */
export function requireNames(selections: readonly Selection[], flags: SelectionFlags): void {
  const isBroad = flags.all || flags.selector !== undefined || flags.fieldSelector !== undefined;
  if (!isBroad && selections.some(({ names }) => names.length === 0)) throw new CliError('error: resource(s) were provided, but no name was specified');
}

/** What is said when the selections hold nothing. */
export function noneFound(selections: readonly Selection[], session: Session): string {
  const [first] = selections;
  return first?.resource.namespaced && first.namespace !== undefined ? `No resources found in ${session.namespace} namespace.\n` : 'No resources found\n';
}

async function fromFiles(session: Session, map: ResourceMap, flags: SelectionFlags): Promise<Selection[]> {
  const objects = await readManifests(session.io, flags.filename!, flags.recursive ?? false);
  return objects.map(({ object, source }) => ({
    resource: map.ofKind(object.apiVersion, object.kind),
    namespace: object.metadata?.namespace ?? session.namespace,
    names: [object.metadata.name],
    source,
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

/** A refused list names the selectors, as kubectl does. */
export function explainRefusal(error: unknown, { resource }: Pick<Selection, 'resource'>, flags: Pick<SelectionFlags, 'selector' | 'fieldSelector'>): unknown {
  if (!(error instanceof StatusError) || (error.reason !== 'BadRequest' && error.reason !== 'NotFound')) return error;
  const what = `"${resource.group}/${resource.version}, Resource=${resource.plural}"`;
  const { selector = '', fieldSelector = '' } = flags;
  const text = selector || fieldSelector ? `Unable to find ${what} that match label selector ${JSON.stringify(selector)}, field selector ${JSON.stringify(fieldSelector)}` : `Unable to list ${what}`;
  return new StatusError({ code: error.code, reason: error.reason, message: `${text}: ${error.message}`, details: error.details });
}

/** Lists a collection page by page. */
export async function listAll(session: Session, selection: Selection, flags: Pick<SelectionFlags, 'selector' | 'fieldSelector'>): Promise<AnyObject[]> {
  const objects: AnyObject[] = [];
  let next = '';
  do {
    const query = selectorQuery(flags, { limit: '500', ...(next ? { continue: next } : {}) });
    const page = await session.json<AnyList>({ path: objectPath(selection.resource, selection.namespace) + query }).catch((error: unknown) => {
      throw explainRefusal(error, selection, flags);
    });
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
