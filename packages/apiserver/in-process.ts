/** The transport for components that live in the server's process: the same pipeline, but objects go by reference and nothing is encoded. */
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import type { ApiRequest, PatchType, Transport, WatchEvent } from '#client/transport.ts';
import { groupVersionText } from '#machinery/kind.ts';
import { badRequest } from '#machinery/status.ts';
import { ActiveCall } from './active-call.ts';
import type { ApiReply, CallBody, User } from './call.ts';
import { PLAIN_JSON } from './http/negotiation.ts';
import { parseRequestInfo, parseTarget } from './http/request-info.ts';
import type { Pipeline } from './pipeline.ts';

/** The part of a server that the transport needs. */
export interface InProcessServer {
  readonly pipeline: Pipeline;
  readonly clock: Clock;
  readonly random: Random;
}

const PATCH_MEDIA_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Reaches `server` as `user`; `userAgent` names the component in managed fields and the audit log. */
export function inProcessTransport(server: InProcessServer, user: User, userAgent = 'navarch'): Transport {
  const run = (request: ApiRequest, signal: AbortSignal): ApiReply | Promise<ApiReply> => server.pipeline.run(callOf(server, { user, userAgent }, request, signal));
  return {
    async request(request, signal) {
      signal.throwIfAborted();
      return decoded(await run(request, signal));
    },
    async *watch(request, signal) {
      signal.throwIfAborted();
      const reply = await run({ ...request, query: { ...request.query, watch: true } }, signal);
      if (reply.type !== 'watch') throw badRequest(`${request.path} cannot be watched`);
      // Items carry type and object, which is all that a watch event is.
      for await (const items of reply.events) yield items as readonly WatchEvent[];
    },
    async [Symbol.asyncDispose]() {},
  };
}

function callOf(server: InProcessServer, from: { readonly user: User; readonly userAgent: string }, request: ApiRequest, signal: AbortSignal): ActiveCall {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined) query.set(name, String(value));
  const inPath = parseTarget(request.path);
  for (const [name, value] of inPath.query) query.append(name, value);
  const target = { rawPath: inPath.rawPath, query };
  return new ActiveCall({
    method: request.method,
    target,
    info: parseRequestInfo(request.method, target.rawPath, query),
    accept: PLAIN_JSON,
    auditId: server.random.uuid(),
    startMs: server.clock.now(),
    origin: { type: 'process', ...from, body: bodyOf(request), signal },
  });
}

function bodyOf({ body, patchType }: ApiRequest): CallBody {
  if (body === undefined) return { type: 'none' };
  return { type: 'object', value: body, mediaType: patchType === undefined ? 'application/json' : PATCH_MEDIA_TYPES[patchType] };
}

function decoded(reply: ApiReply): unknown {
  switch (reply.type) {
    case 'entry':
      return reply.entry.object;
    case 'object':
      return reply.object;
    case 'list':
      return { kind: reply.kind.listKind, apiVersion: groupVersionText(reply.kind), metadata: reply.metadata, items: reply.entries.map((entry) => entry.object) };
    case 'raw':
      return reply.headers['Content-Type']?.startsWith('application/json') ? JSON.parse(reply.body.toString()) : reply.body.toString();
    case 'watch':
    case 'takeover':
      throw badRequest('a stream cannot be the answer to a plain request');
  }
}
