/**
 * HTTP/2 over TLS: all requests and watches of a client share one connection, which is opened again when it breaks and is pinged so that a
 * dead peer is noticed.
 */
import { connect, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import type { Clock, Timer } from '#base/clock.ts';
import type { Wire, WireOptions, WireRequest, WireResponse } from './wire.ts';

/** A connection that was silent for this long is pinged; client-go uses the same times. */
const PING_AFTER_MS = 30_000;
const PING_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 30_000;
/** Bytes a server may send ahead, per connection and per stream: large enough for lists at full speed. */
const CONNECTION_WINDOW = 16 * 1024 * 1024;
const STREAM_WINDOW = 4 * 1024 * 1024;

class Http2Wire implements Wire {
  readonly #options: WireOptions;
  readonly #clock: Clock;
  #session: ClientHttp2Session | undefined;
  #disposed = false;

  constructor(options: WireOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  send(request: WireRequest, signal: AbortSignal): Promise<WireResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<WireResponse>();
    if (signal.aborted || this.#disposed) {
      reject(signal.aborted ? signal.reason : new Error('the connection is closed'));
      return promise;
    }
    const stream = this.#connected().request({ ':method': request.method, ':path': request.path, ...request.headers }, { endStream: !request.body });
    let failure: unknown;
    const onAbort = (): void => {
      failure = signal.reason;
      stream.close(constants.NGHTTP2_CANCEL);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    stream.on('error', (error) => {
      failure ??= error;
      reject(failure);
    });
    stream.once('close', () => {
      signal.removeEventListener('abort', onAbort);
      reject(new Error('the connection was closed before the response'));
    });
    stream.once('response', (headers) => resolve(toResponse(stream, headers, () => failure)));
    if (request.body) stream.end(request.body);
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#session?.destroy();
    await Promise.resolve();
  }

  #connected(): ClientHttp2Session {
    const known = this.#session;
    if (known && !known.destroyed && !known.closed) return known;
    const { server, ca, cert, key, serverName, insecureSkipVerify } = this.#options;
    const session = connect(server.origin, {
      ...(ca ? { ca } : {}),
      ...(cert ? { cert } : {}),
      ...(key ? { key } : {}),
      ...(serverName ? { servername: serverName } : {}),
      rejectUnauthorized: !insecureSkipVerify,
      settings: { initialWindowSize: STREAM_WINDOW, enablePush: false },
    });
    this.#session = session;
    this.#supervise(session);
    return session;
  }

  /** Takes the connection down when it cannot be opened in time, breaks, or its peer no longer answers. Never keeps the process alive. */
  #supervise(session: ClientHttp2Session): void {
    let timer: Timer = this.#clock.after(CONNECT_TIMEOUT_MS, () => session.destroy(new Error('the connection could not be opened in time')));
    const later = (): void => {
      timer = this.#clock.after(PING_AFTER_MS, ping);
    };
    const ping = (): void => {
      timer = this.#clock.after(PING_TIMEOUT_MS, () => session.destroy(new Error('the server no longer answers')));
      const sent = session.ping(() => {
        timer.cancel();
        if (!session.destroyed) later();
      });
      if (!sent) session.destroy(new Error('the connection cannot be used'));
    };
    session.once('connect', () => {
      timer.cancel();
      session.setLocalWindowSize(CONNECTION_WINDOW);
      later();
    });
    session.once('goaway', () => session.close());
    session.on('error', () => session.destroy()); // streams carry the error to whoever waits
    session.once('close', () => {
      timer.cancel();
      if (this.#session === session) this.#session = undefined;
    });
  }
}

function toResponse(stream: ClientHttp2Stream, headers: IncomingHttpHeaders & IncomingHttpStatusHeader, failure: () => unknown): WireResponse {
  const header = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return { code: headers[':status'] ?? 0, header, body: bodyOf(stream, failure) };
}

/** After these there may be something to read, or nothing any more. */
const CHANGES = ['readable', 'end', 'close', 'error'] as const;

async function* bodyOf(stream: ClientHttp2Stream, failure: () => unknown): AsyncIterable<Buffer> {
  let wake: (() => void) | undefined;
  const onChange = (): void => wake?.();
  for (const event of CHANGES) stream.on(event, onChange);
  try {
    // Not `for await`: Node takes a stream that the server has closed for cut off, although what came before is still to be read.
    for (;;) {
      const chunk = stream.read() as Buffer | null;
      if (chunk !== null) yield chunk;
      else if (stream.readableEnded || stream.destroyed) break;
      else await new Promise<void>((resolve) => void (wake = resolve));
    }
  } finally {
    for (const event of CHANGES) stream.off(event, onChange);
    if (!stream.readableEnded && !stream.closed) stream.close(constants.NGHTTP2_CANCEL);
  }
  const error = failure();
  if (error) throw error as Error;
  if (!stream.readableEnded) throw new Error('the connection was closed before the response ended');
  // A connection that breaks ends its streams as if they were complete, but not with "no error".
  if (stream.destroyed && stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`the connection was closed before the response ended (code ${stream.rstCode})`);
}

/** Opens a wire to an `https://` server; it connects with the first request. */
export function openHttp2Wire(options: WireOptions, clock: Clock): Wire {
  return new Http2Wire(options, clock);
}
