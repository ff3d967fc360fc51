/**
 * Answers of outside name servers, kept no longer than they allow; the oldest go first when there are too many.
 */
import { RCODE, timesToLive } from './message.ts';

interface Entry {
  readonly packet: Buffer;
  readonly storedMs: number;
  readonly expiresMs: number;
  readonly offsets: readonly number[];
}

/** About 200 bytes each. */
const MAX_ENTRIES = 5_000;
/** Longer answers are rare and not worth the memory. */
const MAX_PACKET_BYTES = 2_048;
/** However long an answer is good for, changes outside should be seen soon. */
const MAX_TTL_SECONDS = 30;

/** A bounded cache; times are monotonic milliseconds. */
export class UpstreamCache {
  readonly #entries = new Map<string, Entry>();

  /** How many answers are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /** The answer with its times to live counted down, or undefined. */
  get(key: string, nowMs: number): Buffer | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (nowMs >= entry.expiresMs) {
      this.#entries.delete(key);
      return undefined;
    }
    const packet = Buffer.from(entry.packet);
    const elapsed = Math.floor((nowMs - entry.storedMs) / 1000);
    for (const offset of entry.offsets) packet.writeUInt32BE(Math.max(0, packet.readUInt32BE(offset) - elapsed), offset);
    return packet;
  }

  /** Keeps an answer, when it may be kept. */
  put(key: string, packet: Buffer, nowMs: number): void {
    const rcode = packet[3]! & 15;
    const isTruncated = (packet[2]! & 2) !== 0;
    if ((rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) || isTruncated || packet.length > MAX_PACKET_BYTES) return;
    const times = timesToLive(packet);
    if (!times || times.least === 0) return;
    this.#entries.delete(key);
    if (this.#entries.size >= MAX_ENTRIES) this.#entries.delete(this.#entries.keys().next().value!);
    const lifeMs = Math.min(times.least, MAX_TTL_SECONDS) * 1000;
    this.#entries.set(key, { packet: Buffer.from(packet), storedMs: nowMs, expiresMs: nowMs + lifeMs, offsets: times.offsets });
  }
}
