/**
 * What the path and method of a request mean. Source: apiserver `endpoints/request`, `RequestInfoFactory`.
 */
import { badRequest } from '#machinery/status.ts';
import type { RequestInfo } from '../call.ts';

const VERB_OF_METHOD: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

const PROXY_SEGMENT = '/proxy';

/** The parts of a request target. */
export interface Target {
  /** Still percent-encoded. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
}

const NO_QUERY = new URLSearchParams();

/** Splits a request target. Targets without a query share one empty `URLSearchParams`, which nobody may change. */
export function parseTarget(url: string): Target {
  const mark = url.indexOf('?');
  if (mark < 0) return { rawPath: url, query: NO_QUERY };
  return { rawPath: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) };
}

/**
 * Makes the request info.
 * @throws StatusError BadRequest for a path that is not valid percent-encoding or a special verb without a resource.
 */
export function parseRequestInfo(method: string, rawPath: string, query: URLSearchParams): RequestInfo {
  const path = rawPath.includes('%') ? decodePath(rawPath) : rawPath;
  const parts = splitPath(path);
  const prefix = parts[0];
  const grouped = prefix === 'apis';
  if (parts.length < (grouped ? 4 : 3) || (prefix !== 'api' && !grouped)) return nonResource(method, path);

  let at = grouped ? 2 : 1;
  const group = grouped ? parts[1]! : '';
  const version = parts[at++]!;
  let verb = VERB_OF_METHOD[method] ?? '';
  const special = parts[at];
  if (special === 'watch' || special === 'proxy') {
    if (parts.length - at < 2) throw badRequest(`unable to determine kind and namespace from url, ${path}`);
    verb = special;
    at++;
  }

  let namespace = '';
  if (parts[at] === 'namespaces' && parts.length - at > 1) {
    namespace = parts[at + 1]!;
    const next = parts[at + 2];
    if (next !== undefined && next !== 'status' && next !== 'finalize') at += 2;
  }
  const resource = parts[at] ?? '';
  let name = parts[at + 1] ?? '';
  const subresource = verb === 'proxy' ? '' : (parts[at + 2] ?? '');
  if (name === '') {
    if (verb === 'get') verb = isWatch(query) ? 'watch' : 'list';
    if (verb === 'list' || verb === 'watch') name = exactName(query);
    else if (verb === 'delete') verb = 'deletecollection';
  }
  const trailing = subresource === 'proxy' ? trailingPath(rawPath, at + 2) : '';
  const excess = parts.length > at + 3 && subresource !== 'proxy' && verb !== 'proxy' ? { excess: true as const } : {};
  return { isResource: true, path, verb, apiPrefix: prefix, group, version, namespace, resource, subresource, name, trailing, ...excess };
}

/** A parsed request target. */
export interface ParsedTarget {
  readonly target: Target;
  readonly info: RequestInfo;
}

/** Targets remembered; clients ask for the same ones again and again. */
const MAX_REMEMBERED = 1_024;
/** Longer targets are rarely repeated. */
const MAX_REMEMBERED_LENGTH = 256;

/** Parses targets and remembers the latest. Nobody may change what it returns, the query included. */
export class TargetParser {
  readonly #remembered = new Map<string, Map<string, ParsedTarget>>();

  /** @throws StatusError as `parseRequestInfo` */
  parse(method: string, url: string): ParsedTarget {
    let ofMethod = this.#remembered.get(method);
    const known = ofMethod?.get(url);
    if (known !== undefined) return known;
    const target = parseTarget(url);
    const parsed = { target, info: parseRequestInfo(method, target.rawPath, target.query) };
    if (url.length > MAX_REMEMBERED_LENGTH || !(method in VERB_OF_METHOD)) return parsed;
    if (!ofMethod) this.#remembered.set(method, (ofMethod = new Map()));
    if (ofMethod.size >= MAX_REMEMBERED) ofMethod.clear();
    ofMethod.set(url, parsed);
    return parsed;
  }
}

function nonResource(method: string, path: string): RequestInfo {
  return {
    isResource: false,
    path,
    verb: method.toLowerCase(),
    apiPrefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    trailing: '',
  };
}

function splitPath(path: string): string[] {
  let start = 0;
  let end = path.length;
  while (start < end && path.charCodeAt(start) === 47) start++;
  while (end > start && path.charCodeAt(end - 1) === 47) end--;
  return start === end ? [] : path.slice(start, end).split('/');
}

function decodePath(rawPath: string): string {
  try {
    return decodeURIComponent(rawPath);
  } catch {
    throw badRequest(`invalid URL escape in path ${JSON.stringify(rawPath)}`);
  }
}

function isWatch(query: URLSearchParams): boolean {
  const value = query.get('watch');
  return value !== null && value !== '0' && value.toLowerCase() !== 'false' && value !== 'f' && value !== 'F';
}

/** The name that a field selector demands, when it is one that could stand in a path. */
function exactName(query: URLSearchParams): string {
  const selector = query.get('fieldSelector');
  if (!selector) return '';
  for (const term of selector.split(',')) {
    const match = /^metadata\.name==?([^=\\]+)$/.exec(term);
    const name = match?.[1];
    if (name !== undefined && name !== '.' && name !== '..' && !/[/%]/.test(name)) return name;
  }
  return '';
}

/** What follows the `proxy` segment, which is part number `index` of the path, still percent-encoded. */
function trailingPath(rawPath: string, index: number): string {
  let position = 0;
  while (rawPath.charCodeAt(position) === 47) position++;
  for (let i = 0; i < index; i++) position = rawPath.indexOf('/', position) + 1;
  return rawPath.slice(position - 1 + PROXY_SEGMENT.length);
}
