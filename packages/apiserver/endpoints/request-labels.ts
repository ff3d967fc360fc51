/** How requests are told apart in metrics. Source: apiserver `endpoints/metrics` (CleanScope, CanonicalVerb, CleanVerb). */
import type { ActiveCall } from '../active-call.ts';

/** Names of the labels of a request but for its dry run, in the order of `RequestLabels.values`. */
export const REQUEST_LABELS: readonly string[] = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component'];

const APPLY_TYPE = 'application/apply-patch';
const CONNECTS = new Set(['log', 'exec', 'portforward', 'attach', 'proxy']);
const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Paths that are counted under their own name; others together, so that clients cannot make up label values. */
const KNOWN_PATHS = /^\/(?:healthz|livez|readyz|metrics|version|openapi\/v[23]|apis?)?$/;
const DRY_RUN_ALL = 'All';

/** Tells apart what labels tell apart, but cheaply: values that clients may choose are in it as they came. */
export function requestKey(call: ActiveCall): string {
  const { info, method } = call;
  const dryRun = dryRunOf(call);
  if (!info.isResource) return `${method} ${dryRun} ${knownPath(info.path)}`;
  const apply = method === 'PATCH' && isApply(call) ? 'a' : '';
  return `${method}${apply} ${info.verb} ${info.group}/${info.version}/${info.resource}/${info.subresource} ${scopeOf(call)} ${dryRun}`;
}

/** Label values of a request. */
export interface RequestLabels {
  /** By `REQUEST_LABELS`. */
  readonly values: readonly string[];
  readonly verb: string;
  readonly dryRun: string;
}

/** Makes the labels of a request. */
export function requestLabels(call: ActiveCall): RequestLabels {
  const { info } = call;
  const verb = verbOf(call);
  const dryRun = dryRunOf(call);
  if (!info.isResource) return { verb, dryRun, values: [verb, '', '', '', knownPath(info.path), '', 'apiserver'] };
  return { verb, dryRun, values: [verb, info.group, info.version, info.resource, info.subresource, scopeOf(call), 'apiserver'] };
}

function knownPath(path: string): string {
  return KNOWN_PATHS.test(path) ? path : '';
}

function dryRunOf({ query }: ActiveCall): string {
  const asked = query.size > 0 ? query.get('dryRun') : null;
  if (asked === null || asked === '') return '';
  return asked === DRY_RUN_ALL ? DRY_RUN_ALL : 'invalid';
}

function scopeOf({ info }: ActiveCall): string {
  if (info.name !== '' || info.verb === 'create') return 'resource';
  return info.namespace === '' ? 'cluster' : 'namespace';
}

function isApply(call: ActiveCall): boolean {
  const { body } = call;
  const type = body.type === 'object' ? body.mediaType : call.header('content-type');
  return type?.startsWith(APPLY_TYPE) ?? false;
}

function verbOf(call: ActiveCall): string {
  const { info, method } = call;
  if (info.isResource && CONNECTS.has(info.subresource)) return 'CONNECT';
  if (info.verb === 'watch') return 'WATCH';
  if (method === 'GET' || method === 'HEAD') return info.isResource && scopeOf(call) !== 'resource' ? 'LIST' : 'GET';
  if (method === 'PATCH' && isApply(call)) return 'APPLY';
  return METHODS.has(method) ? method : 'other';
}
