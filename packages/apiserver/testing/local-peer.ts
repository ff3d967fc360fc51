/** A TLS server on loopback that plays an identity provider or a webhook in tests. */
import { type Server, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '#base/clock.ts';
import { systemRandom } from '#base/random.ts';
import { memoryPkiFiles } from '../pki/pki-files.ts';
import { openPki } from '../pki/pki.ts';

/** What came in. */
export interface PeerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What goes back; `undefined`: nothing, ever. */
export interface PeerAnswer {
  readonly code?: number;
  readonly json?: unknown;
  readonly text?: string;
}

/** A running peer. */
export interface LocalPeer extends AsyncDisposable {
  readonly url: string;
  readonly ca: string;
  readonly requests: readonly PeerRequest[];
  /** What is answered from now on. */
  answer: (request: PeerRequest) => PeerAnswer | undefined;
}

/** Opens a peer. */
export async function openLocalPeer(answer: LocalPeer['answer'] = () => ({ code: 404 })): Promise<LocalPeer> {
  const pki = openPki(memoryPkiFiles(), systemClock, systemRandom);
  const requests: PeerRequest[] = [];
  const server: Server = createServer(pki.serving(['127.0.0.1', 'localhost']), (request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: Buffer.concat(pieces).toString() };
      requests.push(seen);
      const given = peer.answer(seen);
      if (!given) return;
      response.writeHead(given.code ?? 200, { 'content-type': 'application/json' });
      response.end(given.text ?? JSON.stringify(given.json ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const peer: LocalPeer = {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: pki.caCert,
    requests,
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return peer;
}
