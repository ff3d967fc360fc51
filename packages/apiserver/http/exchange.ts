/**
 * One request and its reply, whatever carries them: the hot path's HTTP/1.1, Node's HTTP/1.1 or HTTP/2.
 */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Connection } from '../call.ts';
import type { RequestHeaders } from './request-headers.ts';

/** The other end of a connection; one value per connection, so that what is learnt about it can be kept beside it. */
export class Peer {
  readonly remoteAddress: string;
  readonly socket: TLSSocket | Duplex;

  constructor(socket: TLSSocket | Duplex) {
    this.socket = socket;
    this.remoteAddress = 'remoteAddress' in socket ? (socket.remoteAddress ?? '') : '';
  }
}

/** Header names and values in turn. */
export type HeaderPairs = readonly string[];

/** A body that is sent piece by piece. */
export interface ReplyStream {
  /** Sends a piece; `false`: wait for `drained` before the next. A piece that goes to many clients is framed once when `shared`. */
  write(piece: Buffer, shared?: boolean): boolean;
  /** Sends a piece and resolves when its memory may be used for the next one, or when the client has gone. */
  send(piece: Buffer): Promise<void>;
  /** Resolves when more can be sent, or when the client has gone. */
  drained(): Promise<void>;
  /** Ends the body. */
  end(): void;
  /** Breaks the connection off, so that the client sees that the body is not complete. */
  abort(): void;
}

/** The stream of an exchange that was answered otherwise: everything goes nowhere. */
export const CLOSED_STREAM: ReplyStream = { write: () => true, send: () => Promise.resolve(), drained: () => Promise.resolve(), end: () => {}, abort: () => {} };

/** One request and the way to answer it, once. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: RequestHeaders;
  readonly peer: Peer;
  /** Aborts when the client has gone before the reply was complete. */
  readonly signal: AbortSignal;
  /** The whole body. @throws StatusError RequestEntityTooLarge, or BadRequest when it ends too early. */
  body(): Buffer | Promise<Buffer>;
  /** Answers with a complete body. */
  send(code: number, headers: HeaderPairs, body: Buffer): void;
  /** Begins an answer; with a content length the pieces must add up to it. */
  open(code: number, headers: HeaderPairs, contentLength?: number): ReplyStream;
  /** Whether `takeOver` gives the connection; otherwise it lets the same request come again on an exchange that can. */
  readonly canTakeOver: boolean;
  /** For handlers that answer on the connection itself. */
  takeOver(): Connection | undefined;
  /** Whether the client asked to change the protocol (`Upgrade`). */
  readonly upgrade: boolean;
}

/** Answers exchanges. Must not throw. */
export type Serve = (exchange: Exchange) => void;

/** The largest body that is read: 3 MiB, as upstream. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** The largest request head: 1 MiB, as upstream. */
export const MAX_HEAD_BYTES = 1024 * 1024;
