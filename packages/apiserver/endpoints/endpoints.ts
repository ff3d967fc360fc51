/** What the server answers itself beside resources and discovery: health, version, metrics, and the documents of the token issuer. */
import type { MetricRegistry } from '#base/metrics.ts';
import { METRICS_CONTENT_TYPE } from '#base/metrics.ts';
import { methodNotAllowed } from '#machinery/status.ts';
import type { ApiCall, ApiReply, Handler } from '../call.ts';
import { prettyJson } from '../http/representation.ts';
import { type HealthCheck, answerHealth } from './health.ts';

/** What the endpoints show. */
export interface EndpointSources {
  readonly checks: readonly HealthCheck[];
  readonly metrics: MetricRegistry;
  readonly version: Readonly<Record<string, string>>;
  /** Documents by path, with their content type; clients may keep them for an hour. */
  readonly documents: ReadonlyMap<string, { readonly type: string; body(): string }>;
  /** What is made anew for each call, by path. */
  readonly replies: ReadonlyMap<string, () => ApiReply>;
  /** Answers everything else. */
  readonly next: Handler;
}

const KEEP = 'public, max-age=3600';

const NOT_FOUND: ApiReply = {
  type: 'raw',
  code: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: '404 page not found\n',
};

/** The last handler of the pipeline. */
export function createEndpoints(sources: EndpointSources): Handler {
  const own = (call: ApiCall): ApiReply | Promise<ApiReply> | undefined => {
    const { path } = call.info;
    const trimmed = path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
    const document = sources.documents.get(trimmed);
    if (document) return { type: 'raw', code: 200, headers: { 'Content-Type': document.type, 'Cache-Control': KEEP }, body: document.body() };
    const reply = sources.replies.get(trimmed);
    if (reply) return reply();
    if (trimmed === '/version') return raw('application/json', prettyJson(sources.version));
    if (trimmed === '/metrics') return raw(METRICS_CONTENT_TYPE, sources.metrics.text());
    return answerHealth(sources.checks, call);
  };
  return {
    handle(call) {
      if (call.info.isResource) return sources.next.handle(call);
      const reply = own(call);
      if (!reply) return sources.next.handle(call);
      if (call.method !== 'GET' && call.method !== 'HEAD') throw methodNotAllowed({ group: '', resource: '' }, call.method);
      return reply;
    },
  };
}

/** The answer to paths that mean nothing. */
export const pathNotFound: Handler = { handle: () => NOT_FOUND };

function raw(type: string, body: string | Buffer): ApiReply {
  return { type: 'raw', code: 200, headers: { 'Content-Type': type }, body };
}
