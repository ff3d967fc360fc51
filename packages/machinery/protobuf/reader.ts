/**
 * Reads protobuf wire format with every length checked.
 */
import { badRequest, type StatusError } from '../status.ts';

/** 400 for bytes that are no protobuf. */
export function malformed(why: string): StatusError {
  return badRequest(`proto: ${why}`);
}

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

/** A cursor over a part of a buffer. */
export class Reader {
  readonly buffer: Buffer;
  at: number;
  readonly end: number;

  constructor(buffer: Buffer, at = 0, end = buffer.length) {
    this.buffer = buffer;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  #byte(): number {
    if (this.at >= this.end) throw malformed('unexpected EOF');
    const value = this.buffer[this.at]!;
    this.at += 1;
    return value;
  }

  /** An unsigned number below 2^53; used for tags and lengths. */
  uint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i += 1) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 128;
    }
    throw malformed('integer overflow');
  }

  /** A signed 64-bit number; values beyond 2^53 are rounded. */
  int64(): number {
    if (this.at < this.end && this.buffer[this.at]! < 0x80) return this.#byte();
    return Number(this.bigint64());
  }

  /** A signed 64-bit number, exact. */
  bigint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw malformed('integer overflow');
  }

  /** A signed 32-bit number. */
  int32(): number {
    return Number(BigInt.asIntN(32, BigInt(this.int64())));
  }

  double(): number {
    if (this.at + 8 > this.end) throw malformed('unexpected EOF');
    const value = this.buffer.readDoubleLE(this.at);
    this.at += 8;
    return value;
  }

  /** The end of a length-delimited value whose length stands here. */
  limit(): number {
    const length = this.uint();
    const end = this.at + length;
    if (end > this.end) throw malformed('unexpected EOF');
    return end;
  }

  /** A nested message; the cursor moves behind it. */
  message(): Reader {
    const end = this.limit();
    const nested = new Reader(this.buffer, this.at, end);
    this.at = end;
    return nested;
  }

  text(): string {
    const end = this.limit();
    const value = this.buffer.toString('utf8', this.at, end);
    this.at = end;
    return value;
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const end = this.limit();
    const value = this.buffer.subarray(this.at, end);
    this.at = end;
    return value;
  }

  /** Passes over a value of the given wire type. */
  skip(wireType: number): void {
    if (wireType === VARINT) {
      for (let i = 0; i < 10; i += 1) if (this.#byte() < 0x80) return;
      throw malformed('integer overflow');
    }
    if (wireType === FIXED64) this.at += 8;
    else if (wireType === FIXED32) this.at += 4;
    else if (wireType === BYTES) this.at = this.limit();
    else throw malformed(`illegal wireType ${wireType}`);
    if (this.at > this.end) throw malformed('unexpected EOF');
  }
}
