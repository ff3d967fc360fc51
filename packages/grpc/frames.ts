/**
 * Messages as they travel: a flag, a length, the bytes.
 *
 * Source: the gRPC over HTTP/2 protocol document.
 */

/** The largest message taken: containerd's own limit. */
const MAX_MESSAGE_BYTES = 16 << 20;

/** Puts the length before a message. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, 5);
  return framed;
}

/** Cuts a byte stream into messages. */
export class Unframer {
  #pending: Buffer = Buffer.alloc(0);

  /** The messages that `chunk` completes. @throws RangeError when one is too large. */
  take(chunk: Buffer): Buffer[] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const messages: Buffer[] = [];
    while (this.#pending.length >= 5) {
      const length = this.#pending.readUInt32BE(1);
      if (length > MAX_MESSAGE_BYTES) throw new RangeError(`gRPC message of ${length} bytes is too large`);
      if (this.#pending.length < 5 + length) break;
      messages.push(this.#pending.subarray(5, 5 + length));
      this.#pending = this.#pending.subarray(5 + length);
    }
    return messages;
  }
}
