/**
 * The operations of all kinds, independent of the OpenAPI version that describes them.
 *
 * Source: the API server's installer (paths, operation ids, parameters, responses).
 */
import type { GroupVersionKind, Kind, Subresource, Verb } from '../kind.ts';
import { apiRoot, resourcePath } from '../kind.ts';
import { operationGroup, operationSuffix } from './names.ts';
import { DELETE, DELETE_COLLECTION, LIST, NAMESPACE, nameParameter, type Parameter, optionParameters, PATCH, PRETTY, TRAILING_PATH, WRITE } from './parameters.ts';
import type { OpenApiSource } from './source.ts';

/** What a body or an answer holds. */
export type BodyType =
  | { readonly is: 'kind' | 'list'; readonly kind: Kind }
  | { readonly is: 'type'; readonly of: GroupVersionKind }
  | { readonly is: 'patch' | 'deleteOptions' | 'status' | 'text' | 'watchEvent' };

export type HttpMethod = 'get' | 'put' | 'post' | 'patch' | 'delete' | 'options' | 'head';

/** One method of one path. */
export interface Operation {
  readonly method: HttpMethod;
  readonly id: string;
  readonly description: string;
  /** The action tools read: list, post, get, put, patch, delete, deletecollection, connect. */
  readonly action: string;
  readonly of: GroupVersionKind;
  readonly parameters: readonly Parameter[];
  readonly body?: BodyType;
  readonly bodyRequired?: boolean;
  readonly answer: BodyType;
  /** Success codes beside 200. */
  readonly codes: readonly number[];
  readonly streams?: boolean;
}

/** One path: what its methods share, and the methods. */
export interface PathItem {
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly parameters: readonly Parameter[];
  readonly operations: readonly Operation[];
}

interface Naming {
  /** Goes between the verb and the kind: `CoreV1Namespaced`. */
  readonly infix: string;
  readonly group: string;
  readonly kind: Kind;
}

function idOf(verb: string, naming: Naming, suffix = ''): string {
  return `${verb}${naming.group}${naming.infix}${naming.kind.kind}${suffix}`;
}

function collectionOperation(verb: Verb, naming: Naming): Operation | undefined {
  const { kind } = naming;
  const common = { of: kind };
  if (verb === 'list') {
    return {
      ...common,
      method: 'get',
      id: idOf('list', naming),
      action: 'list',
      description: `list or watch objects of kind ${kind.kind}`,
      parameters: LIST,
      answer: { is: 'list', kind },
      codes: [],
      streams: true,
    };
  }
  if (verb === 'create') {
    return {
      ...common,
      method: 'post',
      id: idOf('create', naming),
      action: 'post',
      description: `create a ${kind.kind}`,
      parameters: WRITE,
      body: { is: 'kind', kind },
      bodyRequired: true,
      answer: { is: 'kind', kind },
      codes: [201, 202],
    };
  }
  if (verb === 'deletecollection') {
    const collection = { ...naming, infix: `Collection${naming.infix}` };
    return {
      ...common,
      method: 'delete',
      id: idOf('delete', collection),
      action: 'deletecollection',
      description: `delete collection of ${kind.kind}`,
      parameters: DELETE_COLLECTION,
      body: { is: 'deleteOptions' },
      answer: { is: 'status' },
      codes: [],
    };
  }
  return undefined;
}

interface Target {
  readonly naming: Naming;
  readonly type: BodyType;
  /** Of the operation id: `Status`. */
  readonly suffix: string;
  /** In descriptions: `status of the specified `. */
  readonly what: string;
}

function objectOperation(verb: Verb, target: Target): Operation | undefined {
  const { naming, type, suffix } = target;
  const of = type.is === 'type' ? type.of : naming.kind;
  const specified = `${target.what}the specified ${naming.kind.kind}`;
  switch (verb) {
    case 'get':
      return {
        of,
        method: 'get',
        id: idOf('read', naming, suffix),
        action: 'get',
        description: `read ${specified}`,
        parameters: [],
        answer: type,
        codes: [],
      };
    case 'update':
      return {
        of,
        method: 'put',
        id: idOf('replace', naming, suffix),
        action: 'put',
        description: `replace ${specified}`,
        parameters: WRITE,
        body: type,
        bodyRequired: true,
        answer: type,
        codes: [201],
      };
    case 'patch':
      return {
        of,
        method: 'patch',
        id: idOf('patch', naming, suffix),
        action: 'patch',
        description: `partially update ${specified}`,
        parameters: PATCH,
        body: { is: 'patch' },
        bodyRequired: true,
        answer: type,
        codes: [201],
      };
    case 'create':
      return suffix === ''
        ? undefined
        : {
            of,
            method: 'post',
            id: idOf('create', naming, suffix),
            action: 'post',
            description: `create ${operationSuffix(suffix).toLowerCase()} of a ${naming.kind.kind}`,
            parameters: WRITE,
            body: type,
            bodyRequired: true,
            answer: type,
            codes: [201, 202],
          };
    case 'delete':
      return suffix === ''
        ? {
            of,
            method: 'delete',
            id: idOf('delete', naming),
            action: 'delete',
            description: `delete a ${naming.kind.kind}`,
            parameters: DELETE,
            body: { is: 'deleteOptions' },
            answer: { is: 'status' },
            codes: [202],
          }
        : undefined;
    default:
      return undefined;
  }
}

const CONNECT_METHODS: Partial<Record<Verb, HttpMethod>> = { get: 'get', create: 'post', update: 'put', patch: 'patch', delete: 'delete' };

function connectOperations(naming: Naming, name: string, subresource: Subresource, suffix: string): Operation[] {
  const of = subresource.type ?? naming.kind;
  return subresource.verbs.flatMap((verb) => {
    const method = CONNECT_METHODS[verb];
    if (!method) return [];
    const id = `connect${naming.group}${method.charAt(0).toUpperCase()}${method.slice(1)}${naming.infix}${naming.kind.kind}${operationSuffix(name)}${suffix}`;
    return [
      {
        of,
        method,
        id,
        action: 'connect',
        description: `connect ${method.toUpperCase()} requests to ${name} of ${naming.kind.kind}`,
        parameters: [],
        answer: { is: 'text' },
        codes: [],
      } satisfies Operation,
    ];
  });
}

/** Subresources that carry streams or text instead of objects: their type is a set of options or missing. */
function isConnect(subresource: Subresource): boolean {
  return subresource.type !== undefined && subresource.type.kind.endsWith('Options');
}

function sortedOperations(operations: readonly (Operation | undefined)[]): Operation[] {
  return operations.filter((one) => one !== undefined);
}

/** The query of a subresource that is no object. */
function queryOf({ types, describe }: OpenApiSource, of: GroupVersionKind | undefined): Parameter[] {
  const found = of && types.find((one) => one.group === of.group && one.version === of.version && one.kind === of.kind);
  return found ? optionParameters(found.schema, (field) => describe(found.schema.name, field)) : [];
}

function subresourcePaths(source: OpenApiSource, naming: Naming, base: string, ofObject: readonly Parameter[]): PathItem[] {
  const { kind } = naming;
  const out: PathItem[] = [];
  for (const [name, subresource] of Object.entries(kind.subresources)) {
    const shared = [...ofObject, ...queryOf(source, subresource.options ?? (isConnect(subresource) ? subresource.type : undefined))];
    const item = { path: `${base}/${name}`, group: kind.group, version: kind.version, parameters: shared };
    if (isConnect(subresource)) {
      out.push({ ...item, operations: connectOperations(naming, name, subresource, '') });
      if (subresource.path)
        out.push({
          ...item,
          path: `${base}/${name}/{path}`,
          parameters: [...ofObject.filter(({ name: one }) => one !== PRETTY.name), TRAILING_PATH, ...shared.filter(({ name: one, in: place }) => place === 'query' && one !== PRETTY.name)],
          operations: connectOperations(naming, name, subresource, 'WithPath'),
        });
      continue;
    }
    const type: BodyType = name === 'log' ? { is: 'text' } : subresource.type ? { is: 'type', of: subresource.type } : { is: 'kind', kind };
    const target: Target = { naming, type, suffix: operationSuffix(name), what: `${name} of ` };
    out.push({ ...item, operations: sortedOperations(subresource.verbs.map((verb) => objectOperation(verb, target))) });
  }
  return out;
}

/** The deprecated paths that watch, which generators still make methods of. */
function watchPaths(naming: Naming, collection: string, inNamespace: readonly Parameter[]): PathItem[] {
  const { kind, group, infix } = naming;
  const root = apiRoot(kind);
  const watched = (path: string): string => `${root}/watch${path.slice(root.length)}`;
  const item = (path: string, parameters: readonly Parameter[], what: { readonly id: string; readonly action: string; readonly description: string }): PathItem => ({
    path: watched(path),
    group: kind.group,
    version: kind.version,
    parameters: [...LIST, ...parameters, PRETTY],
    operations: [{ ...what, method: 'get', of: kind, parameters: [], answer: { is: 'watchEvent' }, codes: [], streams: true }],
  });
  const lists = `watch individual changes to a list of ${kind.kind}. deprecated: use the 'watch' parameter with a list operation instead.`;
  const paths = [
    item(collection, inNamespace, { id: `watch${group}${infix}${kind.kind}List`, action: 'watchlist', description: lists }),
    item(`${collection}/{name}`, [nameParameter(kind.kind), ...inNamespace], {
      id: `watch${group}${infix}${kind.kind}`,
      action: 'watch',
      description: `watch changes to an object of kind ${kind.kind}. deprecated: use the 'watch' parameter with a list operation instead, filtered to a single item with the 'fieldSelector' parameter.`,
    }),
  ];
  if (kind.namespaced) paths.push(item(resourcePath(kind), [], { id: `watch${group}${kind.kind}ListForAllNamespaces`, action: 'watchlist', description: lists }));
  return paths;
}

/** All paths of one kind. */
function kindPaths(source: OpenApiSource, kind: Kind): PathItem[] {
  const group = operationGroup(kind.group, kind.version);
  const naming: Naming = { infix: kind.namespaced ? 'Namespaced' : '', group, kind };
  const place = kind.namespaced ? '{namespace}' : undefined;
  const collection = resourcePath(kind, place).replaceAll('%7B', '{').replaceAll('%7D', '}');
  const inNamespace = kind.namespaced ? [NAMESPACE] : [];
  const common = { group: kind.group, version: kind.version };
  const ofObject = [nameParameter(kind.kind), ...inNamespace, PRETTY];
  const paths: PathItem[] = [
    {
      ...common,
      path: collection,
      parameters: [...inNamespace, PRETTY],
      operations: sortedOperations(kind.verbs.map((verb) => collectionOperation(verb, naming))),
    },
    {
      ...common,
      path: `${collection}/{name}`,
      parameters: ofObject,
      operations: sortedOperations(kind.verbs.map((verb) => objectOperation(verb, { naming, type: { is: 'kind', kind }, suffix: '', what: '' }))),
    },
    ...subresourcePaths(source, naming, `${collection}/{name}`, ofObject),
    ...(kind.verbs.includes('watch') ? watchPaths(naming, collection, inNamespace) : []),
  ];
  if (kind.namespaced && kind.verbs.includes('list')) {
    const everywhere = collectionOperation('list', { ...naming, infix: '' })!;
    paths.push({
      ...common,
      path: resourcePath(kind),
      parameters: [PRETTY],
      operations: [{ ...everywhere, id: `${everywhere.id}ForAllNamespaces` }],
    });
  }
  return paths.filter((item) => item.operations.length > 0);
}

/** All paths, sorted; only those of `only` when given. */
export function pathItems(source: OpenApiSource, only?: { readonly group: string; readonly version: string }): PathItem[] {
  const kinds = only ? source.kinds.filter((kind) => kind.group === only.group && kind.version === only.version) : source.kinds;
  return kinds.flatMap((kind) => kindPaths(source, kind)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

const OBJECT_MEDIA = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** Media types of an answer. */
export function answerMedia(operation: Operation): readonly string[] {
  if (operation.answer.is === 'text') return ['*/*'];
  return operation.streams ? [...OBJECT_MEDIA, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'] : OBJECT_MEDIA;
}

const PATCH_MEDIA = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
];

/** Media types of a body. */
export function bodyMedia(operation: Operation): readonly string[] {
  return operation.body?.is === 'patch' ? PATCH_MEDIA : ['*/*'];
}

/** The text of a response code. */
export function codeText(code: number): string {
  return code === 201 ? 'Created' : code === 202 ? 'Accepted' : code === 401 ? 'Unauthorized' : 'OK';
}
