/**
 * Decides who answers a question: the cluster's own names, reverse names of its addresses, or a name server outside.
 */
import { formatIp, parseIPv4, parseIp } from '#machinery/ip.ts';
import { encodeAnswer, encodeRefusal } from './answer-writer.ts';
import { type Answer, eachRecord, MAX_MESSAGE_BYTES, parseQuery, type Query, RCODE, readName, type ResourceRecord, TYPE } from './message.ts';
import { CLUSTER_TTL, type ClusterView, type Lookup, lookUp, reverse, startOfAuthority, type Zone } from './records.ts';
import type { Transport, Upstream } from './upstream.ts';

/** What answers are made from. */
export interface ResolverOptions {
  readonly view: ClusterView;
  readonly zone: Zone;
  readonly upstream: Upstream;
  /** Whether the view is complete: before that, an absent name is not known to be absent. */
  readonly ready: () => boolean;
}

const EMPTY: Answer = { rcode: RCODE.NOERROR, authoritative: false, answers: [], authority: [], additional: [] };

/** Answers packets. */
export class Resolver {
  readonly #options: ResolverOptions;
  /** Turns the order of several addresses, so that clients that take the first spread. */
  #turn = 0;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /** The answer to a packet; undefined when it deserves none. */
  async answer(packet: Buffer, transport: Transport, signal: AbortSignal): Promise<Buffer | undefined> {
    const query = parseQuery(packet);
    if (!query) return undefined;
    if ('rcode' in query) return encodeRefusal(query.id, query.rcode);
    const limit = transport === 'udp' ? query.udpLimit : MAX_MESSAGE_BYTES;
    if (query.edns && query.edns.version > 0) return encodeAnswer(query, { ...EMPTY, rcode: RCODE.BADVERS }, limit);
    const own = this.#own(query);
    if (own === 'upstream') return await this.#forward(query, packet, transport, signal);
    if (own.rcode === RCODE.SERVFAIL) return encodeAnswer(query, { ...EMPTY, rcode: RCODE.SERVFAIL }, limit);
    if (own.continueAt !== undefined) return encodeAnswer(query, await this.#followed(query, own, own.continueAt, signal), limit);
    return encodeAnswer(query, this.#authoritative(own), limit);
  }

  /** What the cluster knows of the question, or that it is none of its business. */
  #own(query: Query): Lookup | 'upstream' {
    const { view, zone, ready } = this.#options;
    const inZone = query.name === zone.domain || query.name.endsWith(`.${zone.domain}`);
    if (!inZone) return this.#reverse(query);
    if (!ready()) return { rcode: RCODE.SERVFAIL, answers: [], additional: [] };
    return lookUp(view, zone, query.name, query.type);
  }

  #reverse(query: Query): Lookup | 'upstream' {
    const { view, zone, upstream } = this.#options;
    if (!query.name.endsWith('.arpa')) return 'upstream';
    const address = addressOfReverseName(query.name);
    const names = address === undefined ? [] : reverse(view, zone, address);
    // Without anyone to ask, an address that is not ours has no name.
    if (names.length === 0) return upstream.exists ? 'upstream' : { rcode: RCODE.NXDOMAIN, answers: [], additional: [] };
    const answers: ResourceRecord[] = names.map((target) => ({ name: query.name, ttl: CLUSTER_TTL, data: { type: 'PTR', target } }));
    return { rcode: RCODE.NOERROR, answers: query.type === TYPE.PTR ? answers : [], additional: [] };
  }

  #authoritative(lookup: Lookup): Answer {
    const authority = lookup.answers.length === 0 ? [startOfAuthority(this.#options.zone)] : [];
    return { rcode: lookup.rcode, authoritative: true, answers: this.#turned(lookup.answers), authority, additional: lookup.additional };
  }

  #turned(records: readonly ResourceRecord[]): readonly ResourceRecord[] {
    if (records.length < 2) return records;
    const at = this.#turn++ % records.length;
    return [...records.slice(at), ...records.slice(0, at)];
  }

  async #forward(query: Query, packet: Buffer, transport: Transport, signal: AbortSignal): Promise<Buffer> {
    const { upstream } = this.#options;
    if (!upstream.exists || !query.recursionDesired) return encodeAnswer(query, { ...EMPTY, rcode: RCODE.REFUSED }, MAX_MESSAGE_BYTES);
    return (await upstream.ask(packet, transport, signal)) ?? encodeAnswer(query, { ...EMPTY, rcode: RCODE.SERVFAIL }, MAX_MESSAGE_BYTES);
  }

  /** An alias together with the addresses of its target, inside the cluster or outside. */
  async #followed(query: Query, alias: Lookup, target: string, signal: AbortSignal): Promise<Answer> {
    const { view, zone, upstream } = this.#options;
    const base = this.#authoritative(alias);
    if (target.endsWith(`.${zone.domain}`)) {
      const inside = lookUp(view, zone, target, query.type);
      // An alias of an alias is left to the client to follow.
      return { ...base, rcode: inside.rcode, answers: [...base.answers, ...this.#turned(inside.answers)] };
    }
    if (!upstream.exists || (query.type !== TYPE.A && query.type !== TYPE.AAAA)) return base;
    const packet = await upstream.ask(questionFor(target, query.type), 'udp', signal);
    return packet ? { ...base, answers: [...base.answers, ...addressAnswers(packet)] } : { ...base, rcode: RCODE.SERVFAIL };
  }
}

/** `4.3.2.1.in-addr.arpa` and the IPv6 form, as an address. */
export function addressOfReverseName(name: string): string | undefined {
  const labels = name.split('.').slice(0, -2).toReversed();
  if (name.endsWith('.in-addr.arpa')) return labels.length === 4 && parseIPv4(labels.join('.')) !== undefined ? labels.join('.') : undefined;
  if (!name.endsWith('.ip6.arpa') || labels.length !== 32 || !labels.every((label) => /^[0-9a-f]$/.test(label))) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => labels.slice(index * 4, index * 4 + 4).join(''));
  const address = parseIp(groups.join(':'));
  return address && formatIp(address);
}

/** A plain query packet, its id left 0 for the forwarder to choose. */
function questionFor(name: string, type: number): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, 'latin1')]);
  return Buffer.concat([Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), ...labels, Buffer.from([0, 0, type, 0, 1])]);
}

/** The alias and address records of an answer from outside. */
function addressAnswers(packet: Buffer): ResourceRecord[] {
  const question = readName(packet, 12);
  const records: ResourceRecord[] = [];
  if (!question) return records;
  eachRecord(packet, question.end + 4, (type, at) => {
    if (records.length >= packet.readUInt16BE(6)) return;
    const name = nameBefore(packet, at, question.end + 4);
    if (name === undefined) return;
    const ttl = packet.readUInt32BE(at + 4);
    const length = packet.readUInt16BE(at + 8);
    const target = type === TYPE.CNAME ? readName(packet, at + 10)?.text : undefined;
    if (target !== undefined) records.push({ name, ttl, data: { type: 'CNAME', target } });
    else if (type === TYPE.A || type === TYPE.AAAA) {
      records.push({ name, ttl, data: { type: type === TYPE.A ? 'A' : 'AAAA', address: packet.subarray(at + 10, at + 10 + length) } });
    }
  });
  return records;
}

/** The owner name of the record whose type field is at `at`. */
function nameBefore(packet: Buffer, at: number, from: number): string | undefined {
  let start = from;
  for (;;) {
    const name = readName(packet, start);
    if (!name || name.end > at) return undefined;
    if (name.end === at) return name.text;
    start = name.end + 10 + packet.readUInt16BE(name.end + 8);
  }
}
