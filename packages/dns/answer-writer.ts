/**
 * Writes DNS answers: names compressed, what does not fit cut.
 *
 * Source: RFC 1035, 2782 (SRV), 3596 (AAAA), 6891 (EDNS0).
 */
import {
  type Answer,
  HEADER_BYTES,
  MAX_LABEL_BYTES,
  MAX_UDP_BYTES,
  type Query,
  readName,
  type RecordData,
  type ResourceRecord,
  TYPE,
} from './message.ts';

const CLASS_IN = 1;
/** Compression pointers reach this far. */
const MAX_POINTER = 0x3fff;

/** A header that only says what is wrong. */
export function encodeRefusal(id: number, rcode: number): Buffer {
  const packet = Buffer.alloc(HEADER_BYTES);
  packet.writeUInt16BE(id, 0);
  packet.writeUInt16BE(0x8000 | rcode, 2);
  return packet;
}

/** Writes an answer of at most `limit` bytes; when the answers do not fit they are left out and the client is told to ask over TCP. */
export function encodeAnswer(query: Query, answer: Answer, limit: number): Buffer {
  const writer = new Writer(query.question);
  const sections = [answer.answers, answer.authority, answer.additional];
  const room = limit - (query.edns ? OPT_BYTES : 0);
  const counts = [0, 0, 0];
  let truncated = false;
  for (const [index, records] of sections.entries()) {
    for (const record of records) {
      const mark = writer.length;
      writer.record(record);
      if (writer.length > room) {
        writer.cutTo(mark);
        // Additional records are a courtesy; the rest is the answer.
        truncated ||= index < 2;
        break;
      }
      counts[index]!++;
    }
    if (truncated) break;
  }
  if (query.edns) writer.opt(answer.rcode);
  const flags =
    0x8000 | (answer.authoritative ? 0x0400 : 0) | (truncated ? 0x0200 : 0) | (query.recursionDesired ? 0x0100 : 0) | 0x0080 | (answer.rcode & 15);
  return writer.finish(query.id, flags, [counts[0]!, counts[1]!, counts[2]! + (query.edns ? 1 : 0)]);
}

const OPT_BYTES = 11;

class Writer {
  #buffer = Buffer.allocUnsafe(512);
  #at: number;
  /** Where each name (lower case) was written. */
  readonly #names = new Map<string, number>();

  constructor(question: Buffer) {
    this.#at = HEADER_BYTES;
    this.#reserve(question.length);
    this.#at += question.copy(this.#buffer, this.#at);
    let offset = HEADER_BYTES;
    let name = readName(this.#buffer, offset)?.text.toLowerCase() ?? '';
    while (name !== '') {
      this.#names.set(name, offset);
      const [label = ''] = name.split('.', 1);
      offset += this.#buffer[offset]! + 1;
      name = name.slice(label.length + 1);
    }
  }

  get length(): number {
    return this.#at;
  }

  cutTo(length: number): void {
    this.#at = length;
    for (const [name, offset] of this.#names) if (offset >= length) this.#names.delete(name);
  }

  record({ name, ttl, data }: ResourceRecord): void {
    this.#name(name);
    this.#u16(TYPE[data.type]);
    this.#u16(CLASS_IN);
    this.#u32(ttl);
    const lengthAt = this.#at;
    this.#u16(0);
    this.#data(data);
    this.#buffer.writeUInt16BE(this.#at - lengthAt - 2, lengthAt);
  }

  opt(rcode: number): void {
    this.#reserve(OPT_BYTES);
    this.#u8(0);
    this.#u16(TYPE.OPT);
    this.#u16(MAX_UDP_BYTES);
    this.#u32((rcode >> 4) * 2 ** 24);
    this.#u16(0);
  }

  finish(id: number, flags: number, counts: readonly [number, number, number]): Buffer {
    for (const [index, value] of [id, flags, 1, ...counts].entries()) this.#buffer.writeUInt16BE(value, index * 2);
    return this.#buffer.subarray(0, this.#at);
  }

  #data(data: RecordData): void {
    switch (data.type) {
      case 'A':
      case 'AAAA':
        this.#bytes(data.address);
        break;
      case 'CNAME':
      case 'NS':
      case 'PTR':
        this.#name(data.target);
        break;
      case 'SRV':
        this.#u16(data.priority);
        this.#u16(data.weight);
        this.#u16(data.port);
        // Not every client follows pointers here, and the standard says not to use them.
        this.#name(data.target, true);
        break;
      case 'TXT': {
        const text = Buffer.from(data.text).subarray(0, 255);
        this.#u8(text.length);
        this.#bytes(text);
        break;
      }
      case 'SOA':
        this.#name(data.primary);
        this.#name(data.mailbox);
        for (const value of [data.serial, 7200, 1800, 86_400, data.negativeTtl]) this.#u32(value);
        break;
    }
  }

  #name(text: string, whole = false): void {
    let rest = text.toLowerCase();
    while (rest !== '') {
      const known = this.#names.get(rest);
      if (known !== undefined && !whole) {
        this.#u16(0xc000 | known);
        return;
      }
      if (known === undefined && this.#at <= MAX_POINTER) this.#names.set(rest, this.#at);
      const [label = ''] = rest.split('.', 1);
      const bytes = Buffer.from(label, 'latin1').subarray(0, MAX_LABEL_BYTES);
      this.#u8(bytes.length);
      this.#bytes(bytes);
      rest = rest.slice(label.length + 1);
    }
    this.#u8(0);
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }

  #u8(value: number): void {
    this.#reserve(1);
    this.#at = this.#buffer.writeUInt8(value, this.#at);
  }

  #u16(value: number): void {
    this.#reserve(2);
    this.#at = this.#buffer.writeUInt16BE(value, this.#at);
  }

  #u32(value: number): void {
    this.#reserve(4);
    this.#at = this.#buffer.writeUInt32BE(value >>> 0, this.#at);
  }

  #bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }
}
