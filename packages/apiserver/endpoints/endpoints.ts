/** What the server answers itself beside resources and discovery: the list of paths, health, version, metrics, pages for people, and the documents of the token issuer. */
import type { MetricRegistry } from '#base/metrics.ts';
import { METRICS_CONTENT_TYPE } from '#base/metrics.ts';
import { StatusError } from '#machinery/status.ts';
import type { ApiCall, ApiReply, Handler } from '../call.ts';
import { type Health, healthPaths, type HealthCheck } from './health.ts';

/** What the endpoints show. */
export interface EndpointSources {
  readonly checks: readonly HealthCheck[];
  readonly health: Health;
  readonly metrics: MetricRegistry;
  /** Metrics of the health checks. */
  readonly slis: MetricRegistry;
  readonly version: Readonly<Record<string, string>>;
  /** Documents by path, with their content type; clients may keep them for an hour. */
  readonly documents: ReadonlyMap<string, { readonly type: string; body(): string }>;
  /** What is made anew for each call, by path; `all` are the paths that the server lists. */
  readonly replies: ReadonlyMap<string, (call: ApiCall, all: () => readonly string[]) => ApiReply>;
  /** Paths that `next` answers. */
  readonly paths: readonly string[];
  /** Answers everything else. */
  readonly next: Handler;
}

const KEEP = 'public, max-age=3600';
const INDEX_PATHS = new Set(['/', '/index.html']);
/** Answered, but not listed. */
const UNLISTED = /^\/(?:debug|navarch)\//;

const NOT_FOUND: ApiReply = {
  type: 'raw',
  code: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: '404 page not found\n',
};

/** The last handler of the pipeline. */
export function createEndpoints(sources: EndpointSources): Handler {
  const { documents, replies, checks, paths } = sources;
  const own = [...documents.keys(), ...replies.keys(), '/metrics', '/metrics/slis', '/version'].filter((path) => !UNLISTED.test(path));
  const all = (): string[] => [...paths, ...own, ...healthPaths(checks)].toSorted();
  return {
    handle(call) {
      if (call.info.isResource) return sources.next.handle(call);
      return answerRead(sources, call) ?? answerAny(sources, call, all) ?? sources.next.handle(call);
    },
  };
}

/** Documents that can only be read. @throws StatusError MethodNotAllowed */
function answerRead({ documents, version }: EndpointSources, { info: { path }, method }: ApiCall): ApiReply | undefined {
  const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
  const document = documents.get(trimmed);
  if (!document && trimmed !== '/version') return undefined;
  if (method !== 'GET') {
    throw new StatusError({ code: 405, reason: 'MethodNotAllowed', message: 'the server does not allow this method on the requested resource', details: {} });
  }
  if (!document) return raw('application/json', indented(version));
  return { type: 'raw', code: 200, headers: { 'Content-Type': document.type, 'Cache-Control': KEEP }, body: document.body() };
}

/** Paths that do not care for the method, as upstream's. */
function answerAny({ metrics, slis, health, replies }: EndpointSources, call: ApiCall, all: () => readonly string[]): ApiReply | Promise<ApiReply> | undefined {
  const { path } = call.info;
  if (INDEX_PATHS.has(path)) return raw('application/json', indented({ paths: all() }));
  if (path === '/metrics') return raw(METRICS_CONTENT_TYPE, metrics.text());
  if (path === '/metrics/slis') return raw(METRICS_CONTENT_TYPE, slis.text());
  return replies.get(path)?.(call, all) ?? health.answer(call);
}

/** The answer to paths that mean nothing. */
export const pathNotFound: Handler = { handle: () => NOT_FOUND };

function raw(type: string, body: string | Buffer): ApiReply {
  return { type: 'raw', code: 200, headers: { 'Content-Type': type }, body };
}

function indented(document: object): string {
  return JSON.stringify(document, undefined, 2);
}
