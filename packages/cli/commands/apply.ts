/**
 * `kubectl apply`, `create -f` and `replace -f`.
 */
import { builtinKinds } from '#kinds/registry.ts';
import { groupVersionText } from '#machinery/kind.ts';
import { StatusError } from '#machinery/status.ts';
import { LAST_APPLIED, threeWayMergePatch, threeWayStrategicPatch } from '../apply/three-way.ts';
import type { CliError } from '../io.ts';
import { readManifests } from '../manifests.ts';
import type { AnyObject } from '../objects.ts';
import { parseOutput, renderObjects } from '../print/output.ts';
import { objectPath, objectText, type Resource, type ResourceMap } from '../resources.ts';
import type { Session } from '../session.ts';

/** Flags of commands that write manifests. */
export interface WriteFlags {
  readonly filename: readonly string[];
  readonly recursive?: boolean;
  readonly output?: string;
  readonly dryRun?: string | boolean;
  readonly serverSide?: boolean;
  readonly forceConflicts?: boolean;
  readonly fieldManager?: string;
  readonly validate?: string;
}

/** Query parameters of writes: dry run, field validation, field manager. */
export function writeQuery(flags: Pick<WriteFlags, 'dryRun' | 'fieldManager' | 'validate'>, defaultManager: string): string {
  const validation = { true: 'Strict', strict: 'Strict', warn: 'Warn', false: 'Ignore', ignore: 'Ignore' }[flags.validate ?? 'true'] ?? 'Strict';
  const query = new URLSearchParams({ fieldManager: flags.fieldManager ?? defaultManager, fieldValidation: validation });
  if (flags.dryRun === 'server') query.set('dryRun', 'All');
  return `?${query.toString()}`;
}

/** `created`, with a note when nothing was really written. */
export function verbText(verb: string, dryRun: WriteFlags['dryRun']): string {
  return dryRun === 'server' ? `${verb} (server dry run)` : dryRun ? `${verb} (dry run)` : verb;
}

const isDryClient = (flags: Pick<WriteFlags, 'dryRun'>): boolean => flags.dryRun === 'client' || flags.dryRun === true;

/** Applies or creates every object of the manifests; reports each; fails at the end when one failed. */
export async function applyManifests(session: Session, map: ResourceMap, flags: WriteFlags, how: 'apply' | 'create' | 'replace'): Promise<void> {
  const format = await parseOutput(flags.output);
  const manifests = await readManifests(session.io, flags.filename, flags.recursive ?? false);
  const errors: unknown[] = [];
  for (const { object, source } of manifests) {
    try {
      const resource = resourceOf(map, object, source);
      const placed = inNamespace(session, resource, object);
      const { result, verb } = await write(session, resource, placed, flags, how);
      if (format.type === 'table') session.io.stdout.write(`${objectText(resource, result.metadata.name)} ${verbText(verb, flags.dryRun)}\n`);
      else session.io.stdout.write(renderObjects(format, [result], false, () => resource));
    } catch (error) {
      errors.push(error instanceof StatusError ? explained(error, source, how) : error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors);
}

/** Refusals of a manifest name the file and what was being done, as kubectl words them. */
function explained(error: StatusError, source: string, how: string): StatusError | CliError {
  if (how === 'create' && error.reason !== 'NotFound' && error.reason !== 'BadRequest') {
    return new StatusError({ code: error.code, reason: error.reason, message: `error when creating "${source}": ${error.message}`, details: error.details });
  }
  return error;
}

function resourceOf(map: ResourceMap, object: AnyObject, source: string): Resource {
  try {
    return map.ofKind(object.apiVersion, object.kind);
  } catch (error) {
    const name = object.metadata?.name ?? '';
    const namespace = object.metadata?.namespace ?? '';
    throw new Error(
      `error: resource mapping not found for name: "${name}" namespace: "${namespace}" from "${source}": ${(error as Error).message}\nensure CRDs are installed first`,
      { cause: error },
    );
  }
}

/** The object in the session's namespace unless it names one. */
export function inNamespace(session: Session, resource: Resource, object: AnyObject): AnyObject {
  if (!resource.namespaced) return object;
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata?.namespace ?? session.namespace } };
}

async function write(session: Session, resource: Resource, object: AnyObject, flags: WriteFlags, how: 'apply' | 'create' | 'replace'): Promise<{ result: AnyObject; verb: string }> {
  const { namespace, name } = object.metadata;
  const path = objectPath(resource, namespace, name);
  if (isDryClient(flags)) return { result: object, verb: how === 'replace' ? 'replaced' : 'created' };
  if (flags.serverSide) {
    const query = `${writeQuery(flags, 'kubectl')}${flags.forceConflicts ? '&force=true' : ''}`;
    const result = await session.json<AnyObject>({ method: 'PATCH', path: path + query, body: object, contentType: 'application/apply-patch+yaml' });
    return { result, verb: 'serverside-applied' };
  }
  if (how === 'create') {
    const result = await session.json<AnyObject>({ method: 'POST', path: objectPath(resource, namespace) + writeQuery(flags, 'kubectl-create'), body: object });
    return { result, verb: 'created' };
  }
  if (how === 'replace') {
    const result = await session.json<AnyObject>({ method: 'PUT', path: path + writeQuery(flags, 'kubectl-replace'), body: object });
    return { result, verb: 'replaced' };
  }
  return apply(session, resource, object, flags);
}

async function apply(session: Session, resource: Resource, object: AnyObject, flags: WriteFlags): Promise<{ result: AnyObject; verb: string }> {
  const { namespace, name } = object.metadata;
  const path = objectPath(resource, namespace, name);
  const modified = withLastApplied(object);
  const query = writeQuery(flags, 'kubectl-client-side-apply');
  const current = await findObject(session, path);
  if (!current) return { result: await session.json<AnyObject>({ method: 'POST', path: objectPath(resource, namespace) + query, body: modified }), verb: 'created' };
  const lastApplied = current.metadata.annotations?.[LAST_APPLIED];
  if (lastApplied === undefined) {
    session.io.stderr.write(
      `Warning: resource ${resource.plural}/${name} is missing the ${LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n`,
    );
  }
  const original = lastApplied === undefined ? {} : (JSON.parse(lastApplied) as AnyObject);
  const kind = builtinKinds.find((one) => groupVersionText(one) === object.apiVersion && one.kind === object.kind);
  const patch = kind ? threeWayStrategicPatch(kind.schema, original, modified, current) : threeWayMergePatch(original, modified, current);
  if (!patch) return { result: current, verb: 'unchanged' };
  const contentType = kind ? 'application/strategic-merge-patch+json' : 'application/merge-patch+json';
  return { result: await session.json<AnyObject>({ method: 'PATCH', path: path + query, body: patch, contentType }), verb: 'configured' };
}

/** The object with the annotation that the next apply compares with. */
export function withLastApplied(object: AnyObject): AnyObject {
  const { [LAST_APPLIED]: _, ...annotations } = object.metadata.annotations ?? {};
  const bare = { ...object, metadata: { ...object.metadata, annotations } };
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: `${JSON.stringify(sortKeys(bare))}\n` } } };
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sortKeys(one)]));
}

/** Reads an object; undefined when there is none. */
export async function findObject(session: Session, path: string): Promise<AnyObject | undefined> {
  try {
    return await session.json<AnyObject>({ path });
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'NotFound') return undefined;
    throw error;
  }
}
