/**
 * What flows through the pipeline: a call goes down the stages, a reply comes back. HTTP and the in-process transport make the same calls.
 *
 *     http | in-process -> ApiCall -> audit -> fairness -> authorization -> registry (admission inside) -> ApiReply -> http | in-process
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Kind, KubeObject } from '#machinery/kind.ts';

/** Who asks. */
export interface User {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What the path and method mean. Source: apiserver `endpoints/request`. */
export interface RequestInfo {
  readonly isResource: boolean;
  readonly path: string;
  /** `get list watch create update patch delete deletecollection`, or the lower-case method for non-resource requests. */
  readonly verb: string;
  readonly apiPrefix: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** What follows `proxy` in the path, beginning with `/`, or empty. */
  readonly trailing: string;
  /** More follows in the path than anything has. */
  readonly excess?: true;
}

/** What the client sent. `object` bodies come from this process and are handed over decoded, by reference. */
export type CallBody =
  | { readonly type: 'none' }
  | { readonly type: 'bytes'; readonly bytes: Buffer; readonly mediaType: string }
  | { readonly type: 'object'; readonly value: unknown; readonly mediaType?: string };

/** The representation the client accepts, already negotiated for syntax; `as` is its meaning. */
export interface Accept {
  readonly syntax: 'json' | 'yaml' | 'protobuf';
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  /** Version of `as` in group meta.k8s.io. */
  readonly asVersion: 'v1' | 'v1beta1';
  readonly pretty: boolean;
}

/** One request on its way down. */
export interface ApiCall {
  readonly method: string;
  readonly info: RequestInfo;
  readonly query: URLSearchParams;
  readonly user: User;
  readonly body: CallBody;
  readonly accept: Accept;
  readonly userAgent: string;
  /** A request header (name in lower case), for the few answers that depend on one (discovery: `accept`, `if-none-match`); absent in process. */
  header?(name: string): string | undefined;
  /** Aborts when the client goes away or the server stops. */
  readonly signal: AbortSignal;
  /** Lets `signal` abort also when the given one does. */
  endWith?(signal: AbortSignal): void;
  /** Adds a `Warning` header; duplicates are dropped. */
  warn(text: string): void;
  /** Adds an annotation to the audit event. */
  annotate?(key: string, value: string): void;
  /** How the caller is connected: inside this process, over HTTP, or over HTTP asking to upgrade. Handlers that stream take the connection over by their reply. */
  readonly reach: 'process' | 'http' | 'upgrade';
}

/** An HTTP exchange, or an upgraded socket. */
export interface Connection {
  readonly request: IncomingMessage | Http2ServerRequest;
  /** Absent when the client asked to upgrade. */
  readonly response?: ServerResponse | Http2ServerResponse;
  /** The raw socket and first bytes of a client that asked to upgrade. */
  readonly upgrade?: { readonly socket: Duplex; readonly head: Buffer };
}

/** An object at a revision with its encodings, each made at most once. */
export interface Entry {
  readonly object: KubeObject;
  readonly revision: number;
  /** JSON with `kind` and `apiVersion` first: `{"kind":"Pod","apiVersion":"v1","metadata":…}`. */
  json(): Buffer;
  /** The protobuf message alone, without envelope. */
  protobuf(): Buffer;
  /** The same for one of very many: nothing that is made for it is kept. */
  protobufOnce?(): Buffer;
  /** How long the message is; this is kept. */
  protobufLength?(): number;
  /** How long the message with the metadata alone is; this is kept. */
  metadataLength?(): number;
  /** The object, not kept if it has to be decoded. */
  objectOnce?(): KubeObject;
}

/** A list shown otherwise than as its objects: a table, or metadata alone. Its items are made as they are sent. */
export interface ListShape {
  readonly kind: string;
  readonly apiVersion: string;
  /** Members of the list between its metadata and its items. */
  readonly members: Readonly<Record<string, unknown>>;
  readonly itemsName: string;
  item(entry: Entry): object;
  /** Absent for lists that protobuf cannot express. */
  readonly protobuf?: { item(entry: Entry): Buffer; length(entry: Entry): number };
}

/** A watch event with its encodings, shared by all watchers of its resource. */
export interface WatchItem {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: unknown;
  /** `{"type":…,"object":…}` and a newline. */
  json(): Buffer;
  /** Length-delimited protobuf frame. */
  protobuf(): Buffer;
  /** The encoding of one of very many, in parts of which none is kept. */
  parts?(syntax: 'json' | 'protobuf'): readonly Buffer[];
}

/** What comes back. Failures are thrown as StatusError. */
export type ApiReply =
  | { readonly type: 'entry'; readonly code: number; readonly kind: Kind; readonly entry: Entry }
  /** An object made for this request (Table, Status, Scale, review, discovery document, …); `kind` when it has a declared schema. */
  | { readonly type: 'object'; readonly code: number; readonly object: unknown; readonly kind?: Pick<Kind, 'schema'> & Partial<Pick<Kind, 'columns'>>; readonly headers?: Readonly<Record<string, string>> }
  | {
      readonly type: 'list';
      readonly kind: Kind;
      readonly metadata: { readonly resourceVersion: string; readonly continue?: string; readonly remainingItemCount?: number };
      readonly entries: readonly Entry[];
      /** Absent: as the objects themselves. */
      readonly shape?: ListShape;
    }
  | { readonly type: 'watch'; readonly kind: Kind | undefined; readonly events: AsyncIterable<readonly WatchItem[]> }
  | { readonly type: 'raw'; readonly code: number; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer | string; /** The same, compressed; large documents are compressed once. */ readonly gzipped?: () => Promise<Buffer> }
  /** The handler answers on the connection itself; resolves when done. */
  | { readonly type: 'takeover'; run(connection: Connection): Promise<void> };

/** The last stage: answers calls that are allowed. Synchronous when it can be (reads from memory). */
export interface Handler {
  handle(call: ApiCall): ApiReply | Promise<ApiReply>;
}

/** Reads of current objects inside the server (authorizers, admission), by reference, never stale by more than the watch cache is. */
export interface Caches {
  get<T extends KubeObject>(kind: Kind<T>, namespace: string, name: string): T | undefined;
  list<T extends KubeObject>(kind: Kind<T>, namespace?: string): readonly T[];
  /** Calls `changed` after each change to the kind's objects (old and new; one of them undefined for create and delete). */
  subscribe<T extends KubeObject>(kind: Kind<T>, changed: (next: T | undefined, previous: T | undefined) => void): Disposable;
  /** Resolves when all caches have loaded. */
  whenReady(signal: AbortSignal): Promise<void>;
}
