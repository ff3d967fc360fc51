/** The little of DER that certificates need: writing values, and finding the parts of what others wrote. Source: ITU-T X.690. */
const SEQUENCE = 0x30;
const SET = 0x31;
const UTF8_STRING = 0x0c;

/** Tag, length and contents. */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthBytes(body.length), body]);
}

function lengthBytes(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => tlv(SEQUENCE, ...items);
export const set = (...items: readonly Uint8Array[]): Buffer => tlv(SET, ...items);
export const octets = (bytes: Uint8Array): Buffer => tlv(0x04, bytes);
export const bitString = (bytes: Uint8Array, unusedBits = 0): Buffer => tlv(0x03, Buffer.from([unusedBits]), bytes);
export const boolean = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
export const utf8 = (text: string): Buffer => tlv(UTF8_STRING, Buffer.from(text));

/** A context-specific tag: explicit when `constructed`. */
export const context = (number: number, constructed: boolean, ...contents: readonly Uint8Array[]): Buffer => tlv((constructed ? 0xa0 : 0x80) | number, ...contents);

/** A non-negative integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  return tlv(0x02, digits[0]! & 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

/** An object identifier in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let value = part >>> 7; value > 0; value >>>= 7) groups.unshift((value & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return tlv(0x06, Buffer.from(bytes));
}

/** A time: UTCTime until 2049, as X.509 wants it, GeneralizedTime afterwards. */
export function time(ms: number): Buffer {
  const text = `${new Date(ms).toISOString().slice(0, -5)}Z`.replace(/[-:T]/g, '');
  return text < '2050' ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
}

/** A value that was read. */
export interface DerValue {
  readonly tag: number;
  readonly contents: Buffer;
  /** Tag and length included. */
  readonly whole: Buffer;
}

/** The values that follow each other in `bytes`. @throws Error when they are malformed. */
export function readValues(bytes: Buffer): DerValue[] {
  const values: DerValue[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    const tag = bytes[at++]!;
    let length = bytes[at++] ?? -1;
    if (length > 0x80) {
      const count = length & 0x7f;
      if (count > 4 || at + count > bytes.length) throw new Error('malformed DER');
      length = bytes.readUIntBE(at, count);
      at += count;
    } else if (length === 0x80 || length < 0) throw new Error('malformed DER');
    if (at + length > bytes.length) throw new Error('malformed DER');
    values.push({ tag, contents: bytes.subarray(at, at + length), whole: bytes.subarray(start, at + length) });
    at += length;
  }
  return values;
}
