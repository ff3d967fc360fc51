/** A whole server on loopback, for tests. */
import type { IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { openMemoryStore } from '#store/memory/memory-store.ts';
import type { KeyPair } from '../pki/certificate.ts';
import { memoryPkiFiles } from '../pki/pki-files.ts';
import { openPki, type Pki } from '../pki/pki.ts';
import { type ApiServer, type ApiServerOptions, openApiServer } from '../server.ts';

/** What a request differs in from an anonymous GET. */
export interface TestRequest {
  readonly method?: string;
  readonly token?: string;
  readonly certificate?: KeyPair;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: unknown;
}

/** What came back. */
export interface TestReply {
  readonly code: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; throws when it is not. */
  json<T = { readonly message: string; readonly reason: string; readonly code: number }>(): T;
}

/** A running server with its parts. */
export interface TestServer extends AsyncDisposable {
  readonly server: ApiServer;
  readonly pki: Pki;
  readonly port: number;
  /** As an administrator, in process. */
  readonly admin: Client;
  /** Sends a request over TLS. */
  ask(path: string, request?: TestRequest): Promise<TestReply>;
}

/** Opens a server on a store and PKI of its own. */
export async function openTestServer(options: Partial<ApiServerOptions> = {}): Promise<TestServer> {
  const store = options.store ?? (await openMemoryStore());
  const pki = options.pki ?? openPki(memoryPkiFiles(), systemClock, systemRandom);
  const server = await openApiServer({ listen: [{ host: '127.0.0.1', port: 0 }], clock: systemClock, random: systemRandom, log: silentLogger, ...options, store, pki });
  const port = server.addresses[0]?.port ?? 0;
  return {
    server,
    pki,
    port,
    admin: createClient(server.transport({ name: 'admin', groups: ['system:masters', 'system:authenticated'] })),
    ask: (path, request = {}) => ask({ port, ca: pki.caCert }, path, request),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      if (!options.store) await store[Symbol.asyncDispose]();
    },
  };
}

function ask(to: { readonly port: number; readonly ca: string }, path: string, { method = 'GET', token, certificate, headers, body }: TestRequest): Promise<TestReply> {
  const bytes = body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        ...to,
        path,
        method,
        agent: false,
        ...(certificate ? { cert: certificate.cert, key: certificate.key } : {}),
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(bytes === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }),
          ...headers,
        },
      },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(pieces).toString();
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text, json: <T>() => JSON.parse(text) as T });
        });
      },
    );
    request.on('error', reject);
    request.end(bytes);
  });
}
