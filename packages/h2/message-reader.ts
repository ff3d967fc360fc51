/**
 * gRPC messages out of a stream of bytes: a flag, four bytes of length, the message.
 *
 * Source: the gRPC over HTTP/2 protocol document.
 */

/** Bytes before a message. */
const MESSAGE_HEAD_BYTES = 5;

/** A message as it travels. */
export function framed(message: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(MESSAGE_HEAD_BYTES + message.length);
  bytes[0] = 0;
  bytes.writeUInt32BE(message.length, 1);
  bytes.set(message, MESSAGE_HEAD_BYTES);
  return bytes;
}

/** Puts messages together; each byte of a message that came in pieces is copied once. */
export class MessageReader {
  readonly #maxBytes: number;
  readonly #head = Buffer.alloc(MESSAGE_HEAD_BYTES);
  #headBytes = 0;
  #message: Buffer | undefined;
  #filled = 0;

  /** `maxBytes`: the largest message that is taken. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Calls `visit` for each message that `chunk` completes; a message may be a view into the chunk. @throws RangeError for a message that is too large or compressed */
  take(chunk: Buffer, visit: (message: Buffer) => void): void {
    let at = 0;
    while (at < chunk.length) {
      if (!this.#message) {
        if (this.#headBytes === 0 && chunk.length - at >= MESSAGE_HEAD_BYTES) {
          const length = this.#lengthIn(chunk, at);
          const end = at + MESSAGE_HEAD_BYTES + length;
          if (end <= chunk.length) {
            visit(chunk.subarray(at + MESSAGE_HEAD_BYTES, end));
            at = end;
            continue;
          }
        }
        at += this.#takeHead(chunk, at);
        if (!this.#message) continue;
      }
      at += this.#fill(this.#message, chunk, at);
      if (this.#filled < this.#message.length) continue;
      const message = this.#message;
      this.#message = undefined;
      visit(message);
    }
  }

  #takeHead(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#head, this.#headBytes, at, at + MESSAGE_HEAD_BYTES - this.#headBytes);
    this.#headBytes += taken;
    if (this.#headBytes === MESSAGE_HEAD_BYTES) {
      this.#message = Buffer.allocUnsafe(this.#lengthIn(this.#head, 0));
      this.#filled = 0;
      this.#headBytes = 0;
    }
    return taken;
  }

  #fill(message: Buffer, chunk: Buffer, at: number): number {
    const taken = chunk.copy(message, this.#filled, at);
    this.#filled += taken;
    return taken;
  }

  #lengthIn(bytes: Buffer, at: number): number {
    if (bytes[at] !== 0) throw new RangeError('a gRPC message is compressed, which was not agreed on');
    const length = bytes.readUInt32BE(at + 1);
    if (length > this.#maxBytes) throw new RangeError(`a gRPC message of ${length} bytes is larger than ${this.#maxBytes}`);
    return length;
  }
}
