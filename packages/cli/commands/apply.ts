/**
 * `kubectl apply`, `create -f` and `replace -f`.
 */
import { builtinKinds } from '#kinds/registry.ts';
import { groupVersionText } from '#machinery/kind.ts';
import { StatusError } from '#machinery/status.ts';
import { LAST_APPLIED, threeWayMergePatch, threeWayStrategicPatch } from '../apply/three-way.ts';
import { CliError } from '../io.ts';
import { readManifests } from '../manifests.ts';
import type { AnyObject } from '../objects.ts';
import { goJson } from '../print/json.ts';
import { parseOutput, renderObjects } from '../print/output.ts';
import { objectPath, objectText, type Resource, type ResourceMap } from '../resources.ts';
import type { Session } from '../session.ts';

/** Flags of commands that write manifests. */
export interface WriteFlags {
  readonly filename?: readonly string[];
  readonly recursive?: boolean;
  readonly output?: string;
  readonly template?: string;
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

/** Whether nothing is to be sent. */
export const isDryClient = (flags: Pick<WriteFlags, 'dryRun'>): boolean => flags.dryRun === 'client' || flags.dryRun === true;

/** What is done with a manifest. */
type Action = 'apply' | 'create' | 'replace';

/** Applies or creates every object of the manifests; reports each; fails at the end when one failed. */
export async function applyManifests(session: Session, map: ResourceMap, flags: WriteFlags, how: Action): Promise<void> {
  const format = await parseOutput(flags.output, { isWrite: true, ...(flags.template === undefined ? {} : { template: flags.template }) });
  if (!flags.filename?.length) throw new CliError('error: must specify one of -f and -k');
  const manifests = await readManifests(session.io, flags.filename, flags.recursive ?? false);
  const errors: unknown[] = [];
  for (const { object, source } of manifests) {
    try {
      const resource = resourceOf(map, object, source);
      const placed = inNamespace(session, resource, object);
      const { result, verb } = await write(session, resource, placed, flags, how);
      if (format.type === 'table') session.io.stdout.write(`${objectText(resource, result.metadata.name)} ${verbText(verb, flags.dryRun)}\n`);
      else session.io.stdout.write(renderObjects(format, [result], { asList: false, resourceOf: () => resource }));
    } catch (error) {
      errors.push(error instanceof StatusError ? explained(error, source, { how, flags }) : error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors);
}

/** Refusals of a manifest name the file and what was being done, as kubectl words them; invalid objects name themselves. */
function explained(error: StatusError, source: string, { how, flags }: { readonly how: Action; readonly flags: WriteFlags }): StatusError | CliError {
  if (flags.serverSide && error.reason === 'Conflict') return new CliError(`error: ${error.message}\n${CONFLICT_ADVICE}`);
  if (error.reason === 'Invalid' || (how === 'apply' && error.reason === 'NotFound')) return error;
  const doing = how === 'replace' ? 'replacing' : 'creating';
  return new StatusError({ code: error.code, reason: error.reason, message: `error when ${doing} "${source}": ${error.message}`, details: error.details });
}

const CONFLICT_ADVICE = `Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;

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
  const own = object.metadata?.namespace;
  if (session.namespaceGiven && own !== undefined && own !== session.namespace) {
    throw new CliError(`error: the namespace from the provided object "${own}" does not match the namespace "${session.namespace}". You must pass '--namespace=${own}' to perform this operation.`);
  }
  const { name, namespace = session.namespace, ...metadata } = object.metadata ?? {};
  // In the order of the fields' declaration.
  return { ...object, metadata: { ...(name === undefined ? {} : { name }), namespace, ...metadata } as AnyObject['metadata'] };
}

async function write(session: Session, resource: Resource, object: AnyObject, flags: WriteFlags, how: Action): Promise<{ result: AnyObject; verb: string }> {
  const { namespace, name } = object.metadata;
  const path = objectPath(resource, namespace, name);
  if (isDryClient(flags)) {
    if (how !== 'apply') return { result: object, verb: how === 'replace' ? 'replaced' : 'created' };
    const present = await findObject(session, path);
    return { result: withLastApplied(object), verb: present ? 'configured' : 'created' };
  }
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
  return { ...object, metadata: { ...object.metadata, annotations: { ...annotations, [LAST_APPLIED]: `${goJson(bare)}\n` } } };
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
