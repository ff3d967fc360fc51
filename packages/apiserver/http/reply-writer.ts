/** Writes what the pipeline answers: status line, headers and body, from encoded bytes wherever there are any. */
import { constants, createGzip, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { Logger } from '#base/log.ts';
import { notAcceptable, type StatusError } from '#machinery/status.ts';
import type { ActiveCall } from '../active-call.ts';
import type { Accept, ApiReply, WatchItem } from '../call.ts';
import { asksForWebSocket, serveWebSocketWatch } from '../streaming/web-socket-watch.ts';
import type { CountEvent, WatchMetrics } from '../endpoints/watch-metrics.ts';
import { EventRuns } from './event-runs.ts';
import type { Exchange, HeaderPairs, ReplyStream } from './exchange.ts';
import { MEDIA_TYPES, wantsPretty } from './negotiation.ts';
import { PlainTextError } from './plain-text-error.ts';
import { CONTENT_TYPE, type ListForm, PIECE_BYTES, entryBody, joinPieces, jsonListLength, listPieces, objectBody, protobufItems, protobufItemsLength, statusBody } from './representation.ts';

type ListReply = Extract<ApiReply, { readonly type: 'list' }>;
type WatchReply = Extract<ApiReply, { readonly type: 'watch' }>;

const gzipAsync = promisify(gzip);

/** Bodies above this size are compressed for clients that accept it. Source: apiserver `responsewriters`. */
const MIN_GZIP_BYTES = 128 * 1024;
/** The fastest level, as upstream. */
const GZIP_LEVEL = constants.Z_BEST_SPEED;
/** Longer lists are sent chunked, so that their entries need not all be encoded before the first byte. */
const MAX_MEASURED_ENTRIES = 5_000;

/** Lists up to this size are sent whole, with their length. */
const MAX_WHOLE_BYTES = MIN_GZIP_BYTES;
/** So are lists whose size is not known, up to this many entries: they are put together within a few milliseconds. */
const MAX_WHOLE_ENTRIES = 100;

/** Buffers kept for lists; more are made when more lists are sent at once. */
const MAX_SCRATCH = 4;

const CACHE_CONTROL = 'no-cache, private';

/** Headers of every reply to `call`. */
function baseHeaders(call: ActiveCall): string[] {
  const headers = ['Audit-Id', call.auditId, 'Cache-Control', CACHE_CONTROL];
  for (const text of call.warnings) headers.push('Warning', warningText(text));
  const { flow } = call;
  if (flow) headers.push('X-Kubernetes-Pf-Flowschema-Uid', flow.flowSchemaUid, 'X-Kubernetes-Pf-Prioritylevel-Uid', flow.priorityLevelUid);
  return headers;
}

/** A warning in the form of RFC 7234: code, no agent, quoted text without control characters. */
function warningText(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const clean = text.replace(/[\u0000-\u001f\u007f-\uffff]+/g, ' ').replace(/["\\]/g, '\\$&');
  return `299 - "${clean}"`;
}

/** Answers exchanges. */
export class ReplyWriter {
  readonly #log: Logger;
  /** Buffers in which lists are put together, kept for the next list. */
  readonly #scratch: Buffer[] = [];

  readonly #runs = { json: new EventRuns((item) => item.json()), protobuf: new EventRuns((item) => item.protobuf()) };

  readonly #watchMetrics: WatchMetrics | undefined;

  constructor(log: Logger, watchMetrics?: WatchMetrics) {
    this.#log = log;
    this.#watchMetrics = watchMetrics;
  }

  /** Writes a reply; a promise only for those that take time. */
  write(exchange: Exchange, call: ActiveCall, reply: ApiReply): void | Promise<void> {
    switch (reply.type) {
      case 'entry': {
        const body = entryBody(reply.kind, reply.entry, call.accept.syntax, this.#pretty(call));
        return this.#whole(exchange, call, { code: reply.code, type: CONTENT_TYPE[call.accept.syntax], body });
      }
      case 'object': {
        const body = objectBody(reply.object, reply.kind?.schema, call.accept.syntax, this.#pretty(call));
        const extra = Object.entries(reply.headers ?? {}).flat();
        return this.#whole(exchange, call, { code: reply.code, type: CONTENT_TYPE[call.accept.syntax], body, extra });
      }
      case 'list':
        return this.#list(exchange, call, reply);
      case 'watch':
        return this.#watch(exchange, call, reply);
      case 'raw':
        return this.#raw(exchange, call, reply);
      case 'takeover': {
        const connection = exchange.takeOver();
        return connection ? reply.run(connection) : undefined;
      }
    }
  }

  /** Writes a failure. `call` is absent when the request was refused before it was understood. */
  writeError(exchange: Exchange, call: ActiveCall | undefined, error: StatusError): void {
    const accept: Pick<Accept, 'syntax'> = call?.accept ?? { syntax: 'json' };
    const headers = call ? baseHeaders(call) : ['Cache-Control', CACHE_CONTROL];
    const retry = error.details?.retryAfterSeconds;
    if (retry !== undefined && retry > 0) headers.push('Retry-After', String(retry));
    if (error instanceof PlainTextError) {
      exchange.send(error.code, [...headers, 'Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff'], Buffer.from(`${error.message}\n`));
      return;
    }
    headers.push('Content-Type', CONTENT_TYPE[accept.syntax]);
    const body = statusBody(error, accept.syntax, call !== undefined && this.#pretty(call));
    if (call) call.sentBytes += body.length;
    exchange.send(error.code, headers, body);
  }

  #pretty(call: ActiveCall): boolean {
    return call.accept.syntax === 'json' && wantsPretty(call.accept, call.query, call.userAgent);
  }

  #raw(exchange: Exchange, call: ActiveCall, { code, headers: own, body, gzipped }: Extract<ApiReply, { type: 'raw' }>): void | Promise<void> {
    const base = baseHeaders(call);
    // What a document says of its caching replaces what is said of all answers.
    if (own['Cache-Control']) base.splice(base.indexOf('Cache-Control'), 2);
    const headers = [...base, ...Object.entries(own).flat()];
    if (gzipped && acceptsGzip(call)) return gzipped().then((bytes) => exchange.send(code, [...headers, 'Content-Encoding', 'gzip'], bytes));
    exchange.send(code, headers, Buffer.from(body));
    return undefined;
  }

  #whole(exchange: Exchange, call: ActiveCall, reply: { code: number; type: string; body: Buffer; extra?: HeaderPairs }): void | Promise<void> {
    const headers = baseHeaders(call);
    headers.push('Content-Type', reply.type);
    if (reply.extra) headers.push(...reply.extra);
    if (reply.body.length <= MIN_GZIP_BYTES || !acceptsGzip(call)) {
      call.sentBytes += reply.body.length;
      exchange.send(reply.code, headers, reply.body);
      return undefined;
    }
    headers.push('Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding');
    return gzipAsync(reply.body, { level: GZIP_LEVEL }).then((body) => {
      call.sentBytes += body.length;
      exchange.send(reply.code, headers, body);
    });
  }

  async #list(exchange: Exchange, call: ActiveCall, reply: ListReply): Promise<void> {
    const { syntax } = call.accept;
    const form = { syntax, pretty: this.#pretty(call) };
    const type = CONTENT_TYPE[syntax];
    const plain = syntax === 'json' && !form.pretty && !reply.shape;
    const length = plain && reply.entries.length <= MAX_MEASURED_ENTRIES ? jsonListLength(reply) : undefined;
    if ((length ?? MAX_WHOLE_BYTES) < MAX_WHOLE_BYTES || (!plain && reply.entries.length <= MAX_WHOLE_ENTRIES)) {
      await this.#whole(exchange, call, { code: 200, type, body: wholeList(reply, form, length) });
      return;
    }
    // What cannot be expressed is refused while that can still be told.
    if (syntax === 'protobuf') protobufItems(reply);
    const headers = [...baseHeaders(call), 'Content-Type', type];
    const scratch = this.#scratch.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
    const compress = acceptsGzip(call);
    // The client learns at once that its answer comes: measuring may take a second.
    const stream = compress ? exchange.open(200, [...headers, 'Content-Encoding', 'gzip', 'Vary', 'Accept-Encoding']) : exchange.open(200, headers, length);
    try {
      const itemsLength = syntax === 'protobuf' ? await protobufItemsLength(reply, exchange.signal) : undefined;
      const pieces = listPieces(reply, { ...form, itemsLength }, scratch);
      if (compress) call.sentBytes += await gzipPieces(stream, pieces, exchange.signal);
      else {
        for (const piece of pieces) {
          if (exchange.signal.aborted) break;
          call.sentBytes += piece.length;
          await stream.send(piece);
        }
        stream.end();
      }
    } catch (error) {
      this.#log.warn('a list failed', { error, path: call.info.path });
      stream.abort();
      return;
    }
    if (this.#scratch.length < MAX_SCRATCH) this.#scratch.push(scratch);
  }

  /** Sends what a watch begins with, as lists are sent. */
  async #sendParts(stream: ReplyStream, parts: Iterable<Buffer>): Promise<void> {
    const scratch = this.#scratch.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES);
    for (const piece of joinPieces(parts, scratch)) await stream.send(piece);
    if (this.#scratch.length < MAX_SCRATCH) this.#scratch.push(scratch);
  }

  async #watch(exchange: Exchange, call: ActiveCall, reply: WatchReply): Promise<void> {
    const { syntax } = call.accept;
    if (syntax === 'yaml') {
      this.writeError(exchange, call, notAcceptable([MEDIA_TYPES[0], MEDIA_TYPES[2]]));
      return;
    }
    if (exchange.upgrade && asksForWebSocket((name) => call.header(name))) {
      const connection = exchange.takeOver();
      return connection && serveWebSocketWatch(connection, reply.events, syntax);
    }
    const type = syntax === 'protobuf' ? `${CONTENT_TYPE.protobuf};stream=watch` : CONTENT_TYPE.json;
    const runs = this.#runs[syntax];
    const count = this.#watchMetrics?.of(call.info);
    const stream = exchange.open(200, [...baseHeaders(call), 'Content-Type', type]);
    try {
      for await (const items of reply.events) {
        if (items[0]?.parts) {
          await this.#sendParts(stream, partsOf(items, syntax, count));
          continue;
        }
        if (count) for (const item of items) count(item[syntax]().length);
        if (items.length > 0 && !stream.write(runs.bytes(items), true)) await stream.drained();
      }
      stream.end();
    } catch (error) {
      this.#log.warn('a watch failed', { error, path: call.info.path });
      stream.abort();
    }
  }
}

function* partsOf(items: readonly WatchItem[], syntax: 'json' | 'protobuf', count: CountEvent | undefined): Generator<Buffer> {
  for (const item of items) {
    const parts = item.parts?.(syntax) ?? [item[syntax]()];
    count?.(parts.reduce((bytes, { length }) => bytes + length, 0));
    yield* parts;
  }
}

/** A list that is sent whole; `length` where it is known. */
function wholeList(reply: ListReply, form: ListForm, length = PIECE_BYTES): Buffer {
  const pieces: Buffer[] = [];
  for (const piece of listPieces(reply, form, Buffer.allocUnsafe(length))) pieces.push(Buffer.from(piece));
  return pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
}

function acceptsGzip(call: ActiveCall): boolean {
  const header = call.header('accept-encoding');
  if (header === undefined) return false;
  return header.split(',').some((part) => /^\s*gzip\s*(;|$)/i.test(part) && !/;\s*q=0(\.0*)?\s*$/i.test(part));
}

/** Sends compressed pieces, with back-pressure from the client through the compressor; answers how many bytes that were. */
async function gzipPieces(stream: ReplyStream, pieces: Iterable<Buffer>, signal: AbortSignal): Promise<number> {
  const compressor = createGzip({ level: GZIP_LEVEL });
  const feed = async (): Promise<void> => {
    for (const piece of pieces) {
      if (signal.aborted) break;
      await new Promise<void>((resolve) => void compressor.write(piece, () => resolve()));
    }
    compressor.end();
  };
  const feeding = feed();
  let bytes = 0;
  for await (const piece of compressor as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (!stream.write(piece)) await stream.drained();
  }
  await feeding;
  stream.end();
  return bytes;
}
