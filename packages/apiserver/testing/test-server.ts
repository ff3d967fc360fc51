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
  /** The first `count` lines of a stream, which is then left. */
  events(path: string, request: TestRequest, count: number): Promise<string[]>;
  /** As `ask`, for bodies that are not text. */
  askBytes(path: string, request?: TestRequest): Promise<Buffer>;
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
    ask: async (path, request = {}) => {
      const { code, headers, bytes } = await ask({ port, ca: pki.caCert }, path, request);
      const text = bytes.toString();
      return { code, headers, text, json: <T>() => JSON.parse(text) as T };
    },
    events: (path, request, count) => ask({ port, ca: pki.caCert }, path, request, count).then(({ bytes }) => bytes.toString().split('\n').slice(0, count)),
    askBytes: async (path, request = {}) => (await ask({ port, ca: pki.caCert }, path, request)).bytes,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      if (!options.store) await store[Symbol.asyncDispose]();
    },
  };
}

const NEWLINE = 10;

type RawReply = Pick<TestReply, 'code' | 'headers'> & { readonly bytes: Buffer };

function ask(to: { readonly port: number; readonly ca: string }, path: string, { method = 'GET', token, certificate, headers, body }: TestRequest, lines = Infinity): Promise<RawReply> {
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
        const finish = (): void => resolve({ code: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(pieces) });
        let seen = 0;
        response.on('data', (piece: Buffer) => {
          pieces.push(piece);
          for (const byte of piece) if (byte === NEWLINE) seen++;
          if (seen < lines) return;
          finish();
          response.destroy();
        });
        response.on('error', reject);
        response.on('end', finish);
      },
    );
    request.on('error', reject);
    request.end(bytes);
  });
}
