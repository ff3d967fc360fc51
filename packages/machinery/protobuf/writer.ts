/**
 * Writes protobuf back to front, so that the length of a nested message is known when its header is due and nothing is moved.
 */

const INITIAL_BYTES = 16 * 1024;
/** A message larger than this is refused: far above any object the API accepts. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Text up to this length is copied by hand, which beats the call into the platform. */
const SHORT_TEXT = 48;
/** A buffer that grew beyond this is let go after use. */
const KEEP_BYTES = 1024 * 1024;

/** A buffer that fills from its end. */
export class ReverseWriter {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  /** Bytes written so far. */
  #used = 0;

  /** Bytes written so far; the difference of two readings is the length of what was written between them. */
  get length(): number {
    return this.#used;
  }

  #room(bytes: number): number {
    const need = this.#used + bytes;
    if (need > this.#buffer.length) {
      if (need > MAX_BYTES) throw new RangeError(`protobuf message exceeds ${MAX_BYTES} bytes`);
      const bigger = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, need));
      this.#buffer.copy(bigger, bigger.length - this.#used, this.#buffer.length - this.#used);
      this.#buffer = bigger;
    }
    this.#used = need;
    return this.#buffer.length - need;
  }

  /** Prepends an unsigned number below 2^53. */
  varint(value: number): void {
    if (value < 0x80) {
      const at = this.#room(1);
      this.#buffer[at] = value;
      return;
    }
    let size = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) size += 1;
    let at = this.#room(size);
    let rest = value;
    for (let i = 1; i < size; i += 1) {
      this.#buffer[at] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
      at += 1;
    }
    this.#buffer[at] = rest;
  }

  /** Prepends a signed 64-bit number: negative ones take ten bytes. */
  int64(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    const bytes: number[] = [];
    while (rest >= 0x80n) {
      bytes.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    const at = this.#room(bytes.length);
    bytes.forEach((byte, i) => {
      this.#buffer[at + i] = byte;
    });
  }

  /** Prepends eight bytes of a floating point number. */
  double(value: number): void {
    const at = this.#room(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  /** Prepends raw bytes without length. */
  bytes(value: Uint8Array): void {
    const at = this.#room(value.length);
    this.#buffer.set(value, at);
  }

  /** Prepends text without length; returns its bytes. */
  text(value: string): number {
    const { length } = value;
    if (length <= SHORT_TEXT) {
      let i = 0;
      while (i < length && value.charCodeAt(i) < 0x80) i += 1;
      if (i === length) {
        const at = this.#room(length);
        for (i = 0; i < length; i += 1) this.#buffer[at + i] = value.charCodeAt(i);
        return length;
      }
    }
    const size = Buffer.byteLength(value);
    const at = this.#room(size);
    this.#buffer.write(value, at, size);
    return size;
  }

  /** A copy of everything written; the writer starts anew. */
  take(): Buffer {
    const out = Buffer.from(this.#buffer.subarray(this.#buffer.length - this.#used));
    this.reset();
    return out;
  }

  /** Forgets what was written. */
  reset(): void {
    this.#used = 0;
    if (this.#buffer.length > KEEP_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }
}
