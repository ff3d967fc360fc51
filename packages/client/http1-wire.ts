/**
 * HTTP/1.1 for plain `http://` servers, such as `kubectl proxy`: connections are kept and reused.
 */
import { Agent, request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { Wire, WireOptions, WireRequest, WireResponse } from './wire.ts';

/** Opens a wire to an `http://` server. */
export function openHttp1Wire(options: Pick<WireOptions, 'server'>): Wire {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = options.server;
  return {
    send(request: WireRequest, signal: AbortSignal): Promise<WireResponse> {
      const { promise, resolve, reject } = Promise.withResolvers<WireResponse>();
      const outgoing = httpRequest({
        agent,
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port || 80,
        method: request.method,
        path: request.path,
        headers: request.body ? { ...request.headers, 'content-length': String(request.body.length) } : request.headers,
        signal,
      });
      outgoing.once('error', reject);
      outgoing.once('response', (response: IncomingMessage) => {
        const header = (name: string): string | undefined => {
          const value = response.headers[name];
          return Array.isArray(value) ? value[0] : value;
        };
        resolve({ code: response.statusCode ?? 0, header, body: response });
      });
      outgoing.end(request.body);
      return promise;
    },
    [Symbol.asyncDispose]() {
      agent.destroy();
      return Promise.resolve();
    },
  };
}
