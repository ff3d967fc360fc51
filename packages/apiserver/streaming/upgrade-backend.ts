/** Asking a kubelet to switch a connection to SPDY/3.1. */
import { type IncomingMessage, request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';

/** What to ask for. */
export interface BackendUpgrade {
  readonly path: string;
  readonly host: string;
  /** The protocol spoken in the streams. */
  readonly streamProtocol: string;
}

/** A connection that has been upgraded. */
export interface UpgradedBackend {
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** The answer of a backend that did not upgrade. */
export class UpgradeRefused extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(`unable to upgrade connection: ${text}`);
    this.code = code;
  }
}

const MAX_REFUSAL_BYTES = 64 * 1024;

/** Sends the request on `socket`. @throws UpgradeRefused, Error when the connection breaks */
export function upgradeBackend(socket: Duplex, { path, host, streamProtocol }: BackendUpgrade, signal: AbortSignal): Promise<UpgradedBackend> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      createConnection: () => socket,
      method: 'POST',
      path,
      headers: { Host: host, Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': streamProtocol, 'Content-Length': 0 },
      signal,
    });
    request.once('error', reject);
    request.once('upgrade', (_answer, upgraded, head) => resolve({ socket: upgraded, head }));
    request.once('response', (answer) => {
      readRefusal(answer).then(
        (text) => reject(new UpgradeRefused(answer.statusCode ?? 500, text)),
        (error: unknown) => reject(error as Error),
      );
    });
    request.end();
  });
}

async function readRefusal(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of answer.setEncoding('utf8') as AsyncIterable<string>) {
    text += piece;
    if (text.length > MAX_REFUSAL_BYTES) break;
  }
  return messageOf(text.trim());
}

/** A `Status` says it in its message; other servers just say it. */
function messageOf(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}
