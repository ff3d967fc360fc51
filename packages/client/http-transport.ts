/**
 * `openHttpTransport`: the API over the network, as JSON.
 */
import type { Clock } from '#base/clock.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { serviceUnavailable, StatusError, timeout } from '#machinery/status.ts';
import type { Status } from '#machinery/status.ts';
import type { TokenSource } from './bearer-token.ts';
import { openHttp1Wire } from './http1-wire.ts';
import { openHttp2Wire } from './http2-wire.ts';
import { type ClientMetrics, measuredWire } from './request-metrics.ts';
import type { ApiRequest, PatchType, Transport, WatchEvent } from './transport.ts';
import type { Wire, WireOptions, WireResponse } from './wire.ts';

/** How to reach an API server and who to be. */
export interface HttpTransportOptions extends WireOptions {
  readonly token?: TokenSource;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Counts requests; absent: nothing is counted. */
  readonly metrics?: ClientMetrics;
  /** How long a request may take, watches excepted, in milliseconds; default 60 s. */
  readonly timeoutMs?: number;
  /** Act as this user. */
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[] };
}

const DEFAULT_TIMEOUT_MS = 60_000;
/** A longer line than this is not a watch event: objects are limited to 3 MB. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** Path and query of a request, as sent. */
function target(request: ApiRequest, base: string, watch: boolean): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) if (value !== undefined && name !== 'watch') query.set(name, String(value));
  if (watch) query.set('watch', '1');
  const text = query.toString();
  return `${base}${request.path}${text ? `?${text}` : ''}`;
}

async function collect(response: WireResponse): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return chunks.length === 1 ? chunks[0]!.toString('utf8') : Buffer.concat(chunks).toString('utf8');
}

/** The error a failed response stands for: its Status, or one made from its code and text. */
async function failureOf(response: WireResponse): Promise<StatusError> {
  const text = await collect(response);
  try {
    const status = JSON.parse(text) as Partial<Status>;
    if (status.kind === 'Status') return StatusError.fromStatus(status, response.code);
  } catch {
    // not JSON: proxies and plain handlers answer with text
  }
  const retryAfterSeconds = Number(response.header('retry-after') ?? 0);
  const reason = response.code === 401 ? 'Unauthorized' : response.code === 403 ? 'Forbidden' : response.code === 404 ? 'NotFound' : response.code === 429 ? 'TooManyRequests' : response.code === 503 ? 'ServiceUnavailable' : '';
  return new StatusError({
    code: response.code,
    reason,
    message: text.trim() || `the server responded with the status code ${response.code}`,
    ...(retryAfterSeconds > 0 ? { details: { retryAfterSeconds } } : {}),
  });
}

class HttpTransport implements Transport {
  readonly #options: HttpTransportOptions;
  readonly #wire: Wire;
  readonly #base: string;

  constructor(options: HttpTransportOptions) {
    this.#options = options;
    this.#base = options.server.pathname.replace(/\/$/, '');
    const { server, clock, metrics } = options;
    const wire = server.protocol === 'https:' ? openHttp2Wire(options, clock) : openHttp1Wire(options);
    this.#wire = metrics ? measuredWire(wire, server.host, metrics) : wire;
  }

  async request(request: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const deadline = new AbortController();
    const timer = this.#options.clock.after(this.#options.timeoutMs ?? DEFAULT_TIMEOUT_MS, () => deadline.abort(timeout('request did not complete within the allotted timeout')));
    try {
      const response = await this.#send(request, false, AbortSignal.any([signal, deadline.signal]));
      if (response.code >= 400) throw await failureOf(response);
      const text = await collect(response);
      const isJson = response.header('content-type')?.includes('json') ?? true;
      return isJson && text ? (JSON.parse(text) as unknown) : text;
    } catch (error) {
      throw asStatusError(error, signal);
    } finally {
      timer.cancel();
    }
  }

  async *watch(request: ApiRequest, signal: AbortSignal): AsyncIterable<readonly WatchEvent[]> {
    try {
      const response = await this.#send(request, true, signal);
      if (response.code >= 400) throw await failureOf(response);
      yield* jsonLines(response.body);
    } catch (error) {
      throw asStatusError(error, signal);
    }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#wire[Symbol.asyncDispose]();
  }

  async #send(request: ApiRequest, watch: boolean, signal: AbortSignal): Promise<WireResponse> {
    const { token, userAgent, impersonate } = this.#options;
    const headers: Record<string, string | string[]> = { accept: 'application/json', 'user-agent': userAgent };
    if (token) headers['authorization'] = `Bearer ${await token()}`;
    if (impersonate) headers['impersonate-user'] = impersonate.user;
    if (impersonate?.groups?.length) headers['impersonate-group'] = [...impersonate.groups];
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    if (body) headers['content-type'] = request.patchType ? PATCH_TYPES[request.patchType] : 'application/json';
    return this.#wire.send({ method: request.method, path: target(request, this.#base, watch), headers, ...(body ? { body } : {}) }, signal);
  }
}

/** Network failures become statuses; the caller's own abort stays what it is. */
function asStatusError(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof StatusError || signal.aborted) return error;
  const failed = serviceUnavailable(error instanceof Error ? error.message : String(error));
  failed.cause = error;
  return failed;
}

/** Splits a stream into lines and parses each; what arrives together is yielded together. */
async function* jsonLines(body: AsyncIterable<Buffer>): AsyncIterable<readonly WatchEvent<KubeObject>[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of body) {
    let start = 0;
    const events: WatchEvent<KubeObject>[] = [];
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const line = restBytes > 0 ? Buffer.concat([...rest, chunk.subarray(start, end)]) : chunk.subarray(start, end);
      rest = [];
      restBytes = 0;
      start = end + 1;
      if (line.length > 0) events.push(JSON.parse(line.toString('utf8')) as WatchEvent<KubeObject>);
    }
    if (start < chunk.length) {
      rest.push(chunk.subarray(start));
      restBytes += chunk.length - start;
      if (restBytes > MAX_LINE_BYTES) throw new Error('a watch event is too large');
    }
    if (events.length > 0) yield events;
  }
}

/** Opens a transport; it connects with the first request and whenever a connection broke. */
export function openHttpTransport(options: HttpTransportOptions): Transport {
  return new HttpTransport(options);
}
