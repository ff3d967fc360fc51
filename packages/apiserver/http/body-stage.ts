import { badRequest } from '#machinery/status.ts';
import type { ActiveCall } from '../active-call.ts';
import type { Stage } from '../pipeline.ts';

const BODY_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Reads the body, once it is known that the user may send it. Bodies of proxied requests are left to the proxy. */
export const bodyStage: Stage = {
  name: 'body',
  enter(call) {
    const { exchange } = call;
    if (!exchange || !BODY_METHODS.has(call.method) || call.info.subresource === 'proxy' || exchange.upgrade) return undefined;
    const body = exchange.body();
    if (body instanceof Promise) return body.then((bytes) => setBody(call, bytes));
    setBody(call, body);
    return undefined;
  },
};

function setBody(call: ActiveCall, bytes: Buffer): void {
  const encoding = call.header('content-encoding');
  if (encoding !== undefined && encoding !== 'identity') throw badRequest(`content encoding ${JSON.stringify(encoding)} is not supported`);
  call.body = bytes.length === 0 ? { type: 'none' } : { type: 'bytes', bytes, mediaType: call.header('content-type') ?? '' };
}
