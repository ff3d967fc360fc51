/**
 * DNS messages, as far as a server needs them: what they hold, and how they are read.
 *
 * Source: RFC 1035, 2782 (SRV), 3596 (AAAA), 6891 (EDNS0).
 */

/** Record types by name. */
export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, OPT: 41, ANY: 255 } as const;

/** Response codes by name. */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;

const CLASS_IN = 1;
const CLASS_ANY = 255;
/** Bytes before the question. */
export const HEADER_BYTES = 12;
const MAX_NAME_BYTES = 255;
/** The longest label. */
export const MAX_LABEL_BYTES = 63;
/** What a client without EDNS0 takes over UDP. */
const PLAIN_UDP_BYTES = 512;
/** What we send over UDP at most: fits every path without fragments. */
export const MAX_UDP_BYTES = 1232;
/** What TCP frames at most. */
export const MAX_MESSAGE_BYTES = 65_535;

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
