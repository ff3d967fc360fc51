/** The client's side of a SPDY/3.1 connection to a streaming server. It has no flow control beyond the connection's own, as its servers have none. */
import type { Duplex } from 'node:stream';
import { SpdyReader, dataHeader, synStream } from './spdy-frames.ts';

/** What the owner of a stream is told. */
export interface SpdyStreamListener {
  data(piece: Buffer): void;
  /** The other side is done with the stream, or the connection is gone. Called once. */
  ended(): void;
}

/** A stream that is open. */
export interface SpdyStream {
  /** Answers false when the connection is full; `drain` of the connection tells when it no longer is. */
  write(bytes: Buffer): boolean;
  /** Closes our half. */
  end(): void;
}

/** The longest piece in one data frame: lengths have 24 bits. */
const MAX_DATA_BYTES = 0xff_ffff;

/** Streams on one connection. */
export class SpdyClient {
  readonly #connection: Duplex;
  readonly #listeners = new Map<number, SpdyStreamListener>();
  #lastId = -1;

  /** Takes over `connection` after the upgrade; `head` is what has arrived since. */
  constructor(connection: Duplex, head: Buffer) {
    this.#connection = connection;
    const reader = new SpdyReader({
      data: (id, piece, last) => {
        if (piece.length > 0) this.#listeners.get(id)?.data(piece);
        if (last) this.#ended(id);
      },
      reset: (id) => this.#ended(id),
      ping: (frame) => void connection.write(frame),
    });
    const push = (bytes: Buffer): void => {
      try {
        reader.push(bytes);
      } catch {
        // What follows cannot be understood any more; the streams end with the connection.
        connection.destroy();
      }
    };
    connection.on('data', push);
    connection.on('error', () => connection.destroy());
    for (const event of ['end', 'close'] as const) connection.on(event, () => this.#endAll());
    if (head.length > 0) push(head);
  }

  /** Opens a stream. */
  open(headers: Readonly<Record<string, string>>, listener: SpdyStreamListener): SpdyStream {
    const first = this.#lastId < 0;
    // Clients' streams have odd numbers.
    this.#lastId = first ? 1 : this.#lastId + 2;
    const id = this.#lastId;
    this.#listeners.set(id, listener);
    this.#connection.write(synStream(id, headers, first));
    return {
      write: (bytes) => {
        let ready = true;
        for (let at = 0; at < bytes.length; at += MAX_DATA_BYTES) {
          const piece = bytes.subarray(at, at + MAX_DATA_BYTES);
          this.#connection.cork();
          this.#connection.write(dataHeader(id, piece.length, false));
          ready = this.#connection.write(piece);
          this.#connection.uncork();
        }
        return ready;
      },
      end: () => void this.#connection.write(dataHeader(id, 0, true)),
    };
  }

  #ended(id: number): void {
    const listener = this.#listeners.get(id);
    this.#listeners.delete(id);
    listener?.ended();
  }

  #endAll(): void {
    for (const id of this.#listeners.keys()) this.#ended(id);
  }
}
