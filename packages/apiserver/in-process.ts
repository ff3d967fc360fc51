/** The transport for components that live in the server's process: the same pipeline, but objects go by reference and nothing is encoded. */
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import type { ApiRequest, PatchType, Transport, WatchEvent } from '#client/transport.ts';
import { groupVersionText } from '#machinery/kind.ts';
import { badRequest } from '#machinery/status.ts';
import { ActiveCall } from './active-call.ts';
import type { ApiReply, CallBody, User } from './call.ts';
import { PLAIN_JSON } from './http/negotiation.ts';
import { parseRequestInfo, parseTarget, type Target } from './http/request-info.ts';
import { AuditIds } from './audit/audit-ids.ts';
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
  const from: Caller = { user, userAgent, clock: server.clock, auditIds: new AuditIds(server.random) };
  return {
    async request(request, signal) {
      signal.throwIfAborted();
      const call = callOf(from, request, signal);
      try {
        return decoded(await server.pipeline.run(call));
      } finally {
        call.end();
      }
    },
    async *watch(request, signal) {
      signal.throwIfAborted();
      const call = callOf(from, { ...request, query: { ...request.query, watch: true } }, signal);
      try {
        const reply = await server.pipeline.run(call);
        if (reply.type !== 'watch') throw badRequest(`${request.path} cannot be watched`);
        // Items carry type and object, which is all that a watch event is.
        for await (const items of reply.events) yield items as readonly WatchEvent[];
      } finally {
        call.end();
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

interface Caller {
  readonly user: User;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly auditIds: AuditIds;
}

function callOf({ user, userAgent, clock, auditIds }: Caller, request: ApiRequest, signal: AbortSignal): ActiveCall {
  const target = targetOf(request);
  return new ActiveCall({
    method: request.method,
    target,
    info: parseRequestInfo(request.method, target.rawPath, target.query),
    accept: PLAIN_JSON,
    auditId: auditIds.next(),
    startMs: clock.now(),
    origin: { type: 'process', user, userAgent, body: bodyOf(request), signal },
  });
}

/** The path with the query of both the path and the request; most requests have neither. */
function targetOf({ path, query }: ApiRequest): Target {
  const inPath = parseTarget(path);
  let own: URLSearchParams | undefined;
  for (const name in query) {
    const value = query[name];
    if (value !== undefined) (own ??= new URLSearchParams()).set(name, String(value));
  }
  if (!own) return inPath;
  for (const [name, value] of inPath.query) own.append(name, value);
  return { rawPath: inPath.rawPath, query: own };
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
