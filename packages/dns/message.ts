/**
 * The DNS wire format, as far as a server needs it: reads a query, writes an answer with compressed names, cuts what does not fit.
 *
 * Source: RFC 1035, 2782 (SRV), 3596 (AAAA), 6891 (EDNS0).
 */

/** Record types by name. */
export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, ANY: 255 } as const;

/** Response codes by name. */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;

const CLASS_IN = 1;
const CLASS_ANY = 255;
const HEADER_BYTES = 12;
const MAX_NAME_BYTES = 255;
const MAX_LABEL_BYTES = 63;
/** What a client without EDNS0 takes over UDP. */
const PLAIN_UDP_BYTES = 512;
/** What we send over UDP at most: fits every path without fragments. */
const MAX_UDP_BYTES = 1232;
/** What TCP frames at most. */
export const MAX_MESSAGE_BYTES = 65_535;
/** Compression pointers reach this far. */
const MAX_POINTER = 0x3fff;

/** A parsed query. */
export interface Query {
  readonly id: number;
  /** Lower case, no final dot; the root is empty. */
  readonly name: string;
  readonly type: number;
  readonly recursionDesired: boolean;
  /** Present with EDNS0. */
  readonly edns: { readonly udpBytes: number; readonly version: number } | undefined;
  /** The question's bytes, with the client's capital letters. */
  readonly question: Buffer;
  /** How long an answer over UDP may be. */
  readonly udpLimit: number;
}

/** Record data by type. */
export type RecordData =
  | { readonly type: 'A' | 'AAAA'; readonly address: Uint8Array }
  | { readonly type: 'CNAME' | 'NS' | 'PTR'; readonly target: string }
  | { readonly type: 'SRV'; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
  | { readonly type: 'TXT'; readonly text: string }
  | { readonly type: 'SOA'; readonly primary: string; readonly mailbox: string; readonly serial: number; readonly negativeTtl: number };

/** A resource record; names without final dot. */
export interface ResourceRecord {
  readonly name: string;
  readonly ttl: number;
  readonly data: RecordData;
}

/** What is said in reply. */
export interface Answer {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
}

/** Reads a query; answers a response code instead when it is well enough formed to be refused, and undefined when it is not worth a word. */
export function parseQuery(packet: Buffer): Query | { readonly id: number; readonly rcode: number } | undefined {
  if (packet.length < HEADER_BYTES) return undefined;
  const id = packet.readUInt16BE(0);
  const flags = packet.readUInt16BE(2);
  // An answer to an answer would go in circles.
  if (flags & 0x8000) return undefined;
  if ((flags >> 11) & 15) return { id, rcode: RCODE.NOTIMP };
  if (packet.readUInt16BE(4) !== 1) return { id, rcode: RCODE.FORMERR };
  const name = readName(packet, HEADER_BYTES);
  if (!name || name.end + 4 > packet.length) return { id, rcode: RCODE.FORMERR };
  const questionClass = packet.readUInt16BE(name.end + 2);
  if (questionClass !== CLASS_IN && questionClass !== CLASS_ANY) return { id, rcode: RCODE.REFUSED };
  const edns = findOpt(packet, name.end + 4);
  if (edns === 'malformed') return { id, rcode: RCODE.FORMERR };
  return {
    id,
    name: name.text.toLowerCase(),
    type: packet.readUInt16BE(name.end),
    recursionDesired: (flags & 0x0100) !== 0,
    edns,
    question: packet.subarray(HEADER_BYTES, name.end + 4),
    udpLimit: edns ? Math.min(Math.max(edns.udpBytes, PLAIN_UDP_BYTES), MAX_UDP_BYTES) : PLAIN_UDP_BYTES,
  };
}

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
  const flags = 0x8000 | (answer.authoritative ? 0x0400 : 0) | (truncated ? 0x0200 : 0) | (query.recursionDesired ? 0x0100 : 0) | 0x0080 | (answer.rcode & 15);
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

/** A name and where it ends; undefined when it is malformed (pointers that do not lead back included). */
export function readName(packet: Buffer, start: number): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = [];
  let at = start;
  let end: number | undefined;
  let bytes = 0;
  for (;;) {
    const length = packet[at];
    if (length === undefined) return undefined;
    if (length === 0) return { text: labels.join('.'), end: end ?? at + 1 };
    if (length >= 0xc0) {
      const low = packet[at + 1];
      if (low === undefined) return undefined;
      const target = ((length & 0x3f) << 8) | low;
      if (target >= at) return undefined;
      end ??= at + 2;
      at = target;
      continue;
    }
    bytes += length + 1;
    if (length > MAX_LABEL_BYTES || bytes > MAX_NAME_BYTES || at + 1 + length > packet.length) return undefined;
    labels.push(packet.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
}

/** Looks for EDNS0 among the records behind the question. */
function findOpt(packet: Buffer, start: number): Query['edns'] | 'malformed' {
  let found: Query['edns'];
  const ok = eachRecord(packet, start, (type, at) => {
    if (type === TYPE.OPT) found = { udpBytes: packet.readUInt16BE(at + 2), version: packet[at + 5]! };
  });
  return ok ? found : 'malformed';
}

/** Calls `visit` with the type of each record and where its type field is; false when the packet is cut short or malformed. */
export function eachRecord(packet: Buffer, start: number, visit: (type: number, at: number) => void): boolean {
  const count = packet.readUInt16BE(6) + packet.readUInt16BE(8) + packet.readUInt16BE(10);
  let at = start;
  for (let index = 0; index < count; index++) {
    const name = readName(packet, at);
    if (!name || name.end + 10 > packet.length) return false;
    const dataEnd = name.end + 10 + packet.readUInt16BE(name.end + 8);
    if (dataEnd > packet.length) return false;
    visit(packet.readUInt16BE(name.end), name.end);
    at = dataEnd;
  }
  return true;
}

/** Seconds until the first record of the packet expires, and where its TTL fields are; undefined when there is no record. */
export function timesToLive(packet: Buffer): { readonly least: number; readonly offsets: readonly number[] } | undefined {
  const question = readName(packet, 12);
  if (!question) return undefined;
  const offsets: number[] = [];
  const ok = eachRecord(packet, question.end + 4, (type, at) => {
    if (type !== TYPE.OPT) offsets.push(at + 4);
  });
  if (!ok || offsets.length === 0) return undefined;
  return { least: Math.min(...offsets.map((offset) => packet.readUInt32BE(offset))), offsets };
}
