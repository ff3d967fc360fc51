/**
 * Query and path parameters of the API's operations.
 */
import { jsonFields } from '../schema-fields.ts';
import { type Message, resolve } from '../schema.ts';

/** A parameter outside the body. */
export interface Parameter {
  readonly name: string;
  readonly in: 'query' | 'path';
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description: string;
}

const query = (name: string, type: Parameter['type'], description: string): Parameter => ({ name, in: 'query', type, description });
const path = (name: string, description: string): Parameter => ({ name, in: 'path', type: 'string', description });

const QUERY_TYPES: Readonly<Record<string, Parameter['type']>> = { bool: 'boolean', int32: 'integer', int64: 'integer' };

/** The fields of an options type as query parameters, sorted by name. */
export function optionParameters(options: Message, describe: (field: string) => string | undefined): Parameter[] {
  return jsonFields(options)
    .filter(({ name }) => name !== 'kind' && name !== 'apiVersion')
    .map(({ name, schema }) => {
      const type = resolve(schema);
      const scalar = type.type === 'list' ? resolve(type.item) : type;
      return query(name, scalar.type === 'scalar' && type.type !== 'list' ? (QUERY_TYPES[scalar.name] ?? 'string') : 'string', describe(name) ?? '');
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Of every path. */
export const PRETTY: Parameter = query('pretty', 'string', "If 'true', the output is indented.");

export const NAMESPACE: Parameter = path('namespace', 'Namespace of the object.');
export const TRAILING_PATH: Parameter = path('path', 'Path to use behind the proxy.');

/** The name of an object of `kind`. */
export function nameParameter(kind: string): Parameter {
  return path('name', `Name of the ${kind}.`);
}

const DRY_RUN = query('dryRun', 'string', "With 'All', every stage runs but nothing is stored.");
const FIELD_MANAGER = query('fieldManager', 'string', 'Name of the actor that makes the change, at most 128 printable characters.');
const FIELD_VALIDATION = query('fieldValidation', 'string', 'What to do about unknown and duplicate fields: Ignore, Warn or Strict.');
const FORCE = query('force', 'boolean', 'Take over fields that other managers own. Apply only.');

/** Of create and replace. */
export const WRITE: readonly Parameter[] = [DRY_RUN, FIELD_MANAGER, FIELD_VALIDATION];
/** Of patch. */
export const PATCH: readonly Parameter[] = [...WRITE, FORCE];

const SELECT: readonly Parameter[] = [
  query('continue', 'string', 'Token of the previous page of a chunked list.'),
  query('fieldSelector', 'string', 'Restricts the list to objects whose fields match.'),
  query('labelSelector', 'string', 'Restricts the list to objects whose labels match.'),
  query('limit', 'integer', 'Most objects to return; the rest follows with the continue token.'),
  query('resourceVersion', 'string', 'Constraint on the resource version the answer is served from.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion constrains a list: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'Begin a watch with the present objects, ended by a bookmark.'),
  query('timeoutSeconds', 'integer', 'Time after which the call ends.'),
];

/** Of list and watch. */
export const LIST: readonly Parameter[] = [
  query('allowWatchBookmarks', 'boolean', 'Ask for bookmarks in a watch.'),
  ...SELECT,
  query('watch', 'boolean', 'Stream changes instead of returning a list.'),
];

/** Of delete. */
export const DELETE: readonly Parameter[] = [
  DRY_RUN,
  query('gracePeriodSeconds', 'integer', 'Seconds before the object is deleted; 0 deletes at once.'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean', 'Delete an object that cannot be read from the store. Unsafe.'),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', 'What happens to dependents: Orphan, Background or Foreground.'),
];

/** Of deletecollection. */
export const DELETE_COLLECTION: readonly Parameter[] = [...DELETE, ...SELECT];
