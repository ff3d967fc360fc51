/**
 * The protobuf wire: varints, lengths, tags.
 *
 * Source: the protocol buffers encoding specification.
 */

const encoder = new TextEncoder();
const TWO_32 = 2 ** 32;

/** Appends fields to a growing buffer. */
export class ProtoWriter {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;

  #reserve(size: number): void {
    if (this.#length + size <= this.#buffer.length) return;
    const next = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + size));
    this.#buffer.copy(next, 0, 0, this.#length);
    this.#buffer = next;
  }

  #varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#length++] = rest;
  }

  /** A whole number without tag; negative numbers take ten bytes, as int32 and int64 do. */
  rawInteger(value: number): void {
    const whole = Math.trunc(value);
    if (whole >= 0) {
      this.#varint(whole);
      return;
    }
    this.#reserve(10);
    let rest = BigInt.asUintN(64, BigInt(whole));
    while (rest >= 0x80n) {
      this.#buffer[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#length++] = Number(rest);
  }

  /** A whole number. */
  integer(field: number, value: number): void {
    this.#varint(field * 8);
    this.rawInteger(value);
  }

  /** Bytes with their length. */
  bytes(field: number, value: Uint8Array): void {
    this.#varint(field * 8 + 2);
    this.#varint(value.length);
    this.#reserve(value.length);
    this.#buffer.set(value, this.#length);
    this.#length += value.length;
  }

  /** UTF-8 text with its length. */
  text(field: number, value: string): void {
    this.bytes(field, encoder.encode(value));
  }

  /** A nested message that `fill` writes. */
  message(field: number, fill: (inner: ProtoWriter) => void): void {
    const inner = new ProtoWriter();
    fill(inner);
    this.bytes(field, inner.finish());
  }

  /** What was written so far. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}

/** Reads fields one after another. @throws RangeError when the bytes end too early. */
export class ProtoReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Whether everything was read. */
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  #words(): { low: number; high: number } {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('protobuf message ends inside a number');
      const piece = byte & 0x7f;
      if (shift < 28) low += piece * 2 ** shift;
      else if (shift === 28) {
        low += (piece & 0xf) * 2 ** 28;
        high += piece >>> 4;
      } else high += piece * 2 ** (shift - 32);
      if (byte < 0x80) break;
    }
    return { low, high: high % TWO_32 };
  }

  /** An unsigned number. */
  varint(): number {
    const { low, high } = this.#words();
    return high * TWO_32 + low;
  }

  /** A number of which the upper half of the range is negative. */
  signed(): number {
    const { low, high } = this.#words();
    return high >= 2 ** 31 ? (high - TWO_32) * TWO_32 + low : high * TWO_32 + low;
  }

  /** Bytes with their length; a view, not a copy. */
  bytes(): Buffer {
    const length = this.varint();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('protobuf message ends inside a field');
    const piece = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return piece;
  }

  /** UTF-8 text with its length. */
  text(): string {
    return this.bytes().toString('utf8');
  }

  /** Passes over a field of this wire type. */
  skip(wireType: number): void {
    if (wireType === 0) this.#words();
    else if (wireType === 1) this.#at += 8;
    else if (wireType === 2) this.bytes();
    else if (wireType === 5) this.#at += 4;
    else throw new RangeError(`protobuf wire type ${wireType} is not supported`);
  }
}
