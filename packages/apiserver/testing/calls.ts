/**
 * Calls for tests: what HTTP or the in-process transport would hand to the registry.
 */
import { listPieces, PIECE_BYTES } from '../http/representation.ts';
import type { Accept, ApiCall, ApiReply, CallBody, Entry, User, WatchItem } from '../call.ts';
import { parseRequestInfo, parseTarget } from '../http/request-info.ts';
import type { Handler } from '../call.ts';

const JSON_ACCEPT: Accept = { syntax: 'json', as: 'object', asVersion: 'v1', pretty: false };

const ADMIN: User = { name: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** What differs from a call of an administrator that accepts JSON. */
export interface CallOptions {
  /** Sent as bytes of `mediaType`. */
  readonly body?: unknown;
  readonly mediaType?: string;
  readonly accept?: Partial<Accept>;
  readonly user?: User;
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

function bodyOf({ body, mediaType = 'application/json' }: CallOptions): CallBody {
  if (body === undefined) return { type: 'none' };
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  return { type: 'bytes', bytes, mediaType };
}

/** A client of a handler. */
export class Caller {
  readonly handler: Handler;
  /** Warnings of all calls. */
  readonly warnings: string[] = [];

  constructor(handler: Handler) {
    this.handler = handler;
  }

  call(method: string, url: string, options: CallOptions = {}): ApiCall {
    const { rawPath, query } = parseTarget(url);
    return {
      method,
      info: parseRequestInfo(method, rawPath, query),
      query,
      user: options.user ?? ADMIN,
      body: bodyOf(options),
      accept: { ...JSON_ACCEPT, ...options.accept },
      reach: 'process',
      userAgent: 'test/1.0',
      signal: options.signal ?? new AbortController().signal,
      warn: (text) => void this.warnings.push(text),
      header: (name) => options.headers?.[name],
    };
  }

  async reply(method: string, url: string, options: CallOptions = {}): Promise<ApiReply> {
    return this.handler.handle(this.call(method, url, options));
  }

  /** The object or list in the reply. */
  async do<T = Record<string, unknown>>(method: string, url: string, options: CallOptions = {}): Promise<T> {
    return bodyOfReply(await this.reply(method, url, options)) as T;
  }

  /** The events of a watch, one by one. */
  async *watch(url: string, options: CallOptions = {}): AsyncGenerator<Event> {
    const reply = await this.reply('GET', url, options);
    if (reply.type !== 'watch') throw new Error(`not a watch: ${reply.type}`);
    for await (const items of reply.events) for (const item of items) yield eventOf(item);
  }
}

/** A watch event as a client parses it. */
export interface Event {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly metadata: {
      readonly name: string;
      readonly resourceVersion: string;
      readonly labels?: Record<string, string>;
      readonly annotations?: Record<string, string>;
    };
    readonly [member: string]: unknown;
  };
}

function eventOf(item: WatchItem): Event {
  return JSON.parse(item.json().toString()) as Event;
}

/** The body of a reply as a client parses it. */
export function bodyOfReply(reply: ApiReply): unknown {
  switch (reply.type) {
    case 'entry':
      return JSON.parse(reply.entry.json().toString());
    case 'object':
      return JSON.parse(JSON.stringify(reply.object));
    case 'list':
      if (reply.shape) return listed(reply);
      return {
        kind: reply.kind.listKind,
        metadata: reply.metadata,
        items: reply.entries.map((entry: Entry) => JSON.parse(entry.json().toString()) as unknown),
      };
    case 'raw':
      return JSON.parse(reply.body.toString());
    case 'watch':
    case 'takeover':
      throw new Error(`no body in a ${reply.type} reply`);
  }
}

function listed(reply: Extract<ApiReply, { type: 'list' }>): unknown {
  const pieces: Buffer[] = [];
  for (const piece of listPieces(reply, { syntax: 'json', pretty: false }, Buffer.alloc(PIECE_BYTES))) pieces.push(Buffer.from(piece));
  return JSON.parse(Buffer.concat(pieces).toString());
}
