/**
 * A backup: every key with its value at one revision, as one file.
 *
 *     navarch-backup 1\n
 *     {"revision":R,"keys":N,"madeAt":"…"}\n
 *     N times  key length, value length (32 bits each), key, value
 *     SHA-256 of all that
 *
 * History is not in it, nor are the revisions of single keys: whoever restores it gives all of them new ones, later than any that a client may have seen.
 */
import { createHash } from 'node:crypto';
import type { KeyValue, Revision, Store } from './store.ts';

/** Begins the file; the number is the format's. */
const MAGIC = 'navarch-backup ';
const FORMAT = 1;
const SUM_BYTES = 32;
const LENGTHS_BYTES = 8;
/** The header is a short line of JSON. */
const MAX_HEADER_BYTES = 4_096;
/** Etcd takes 1.5 MB, the other engines what memory takes: longer ones mean that the file is damaged. */
const MAX_ENTRY_BYTES = 64 * 1_024 * 1_024;
const PAGE_KEYS = 500;

/** What a backup says of itself. */
export interface BackupHeader {
  readonly revision: Revision;
  readonly keys: number;
  /** RFC 3339. */
  readonly madeAt: string;
}

/** A key with its value. */
export type BackupEntry = Pick<KeyValue, 'key' | 'value'>;

/** A file is no backup, or not a whole one. */
export class BackupError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BackupError';
  }
}

function entryBytes({ key, value }: BackupEntry): Buffer[] {
  const name = Buffer.from(key);
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32BE(name.length, 0);
  lengths.writeUInt32BE(value.length, 4);
  return [lengths, name, Buffer.from(value.buffer, value.byteOffset, value.byteLength)];
}

/**
 * The bytes of a backup of `store` as it is when the first piece is asked for, while others go on writing to it.
 * @throws CompactedError when reading takes longer than the store keeps the past
 */
export async function* writeBackup(store: Store, madeAt: string): AsyncGenerator<Buffer, void, undefined> {
  using snapshot = await store.snapshot();
  const sum = createHash('sha256');
  const header: BackupHeader = { revision: snapshot.revision, keys: await snapshot.count(''), madeAt };
  const begin = Buffer.from(`${MAGIC}${FORMAT}\n${JSON.stringify(header)}\n`);
  sum.update(begin);
  yield begin;
  for (let from: string | undefined, more = true; more;) {
    const page = await snapshot.range('', from === undefined ? { limit: PAGE_KEYS } : { from, limit: PAGE_KEYS });
    const piece = Buffer.concat(page.items.filter(({ key }) => key !== from).flatMap(entryBytes));
    from = page.items.at(-1)?.key;
    more = page.more;
    sum.update(piece);
    if (piece.length > 0) yield piece;
  }
  yield sum.digest();
}

/** Takes bytes from a source as they are needed, and sums them up. */
class Reader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #sum = createHash('sha256');
  #bytes: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next `length` bytes; fewer at the end. */
  async take(length: number, summed = true): Promise<Buffer> {
    const pieces = [this.#bytes];
    let have = this.#bytes.length;
    while (have < length) {
      const { value, done } = await this.#source.next();
      if (done) break;
      pieces.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      have += value.length;
    }
    const all = pieces.length === 1 ? this.#bytes : Buffer.concat(pieces);
    this.#bytes = all.subarray(length);
    const taken = all.subarray(0, length);
    if (summed) this.#sum.update(taken);
    return taken;
  }

  /** The text up to the next end of line. @throws BackupError when there is none within `limit` bytes. */
  async line(limit: number): Promise<string> {
    let text = '';
    for (let i = 0; i < limit; i++) {
      const byte = await this.take(1);
      if (byte.length === 0) break;
      if (byte[0] === 0x0a) return text;
      text += String.fromCharCode(byte[0]!);
    }
    throw new BackupError('it is not a backup made by navarch');
  }

  digest(): Buffer {
    return this.#sum.digest();
  }
}

async function readHeader(reader: Reader): Promise<BackupHeader> {
  const magic = await reader.line(MAGIC.length + 8);
  if (!magic.startsWith(MAGIC)) throw new BackupError('it is not a backup made by navarch');
  const format = magic.slice(MAGIC.length);
  if (format !== String(FORMAT)) throw new BackupError(`it has format ${format}, this version of navarch reads format ${FORMAT}`);
  const text = await reader.line(MAX_HEADER_BYTES);
  try {
    const header = JSON.parse(text) as BackupHeader;
    if (Number.isSafeInteger(header.revision) && Number.isSafeInteger(header.keys)) return header;
  } catch {
    // Said below.
  }
  throw new BackupError('its header is damaged');
}

/**
 * Reads a backup: first its header, then its entries in order. The end is reached only if the whole file is as it was written: check that before acting on the entries.
 * @throws BackupError
 */
export async function* readBackup(source: AsyncIterable<Uint8Array>): AsyncGenerator<BackupHeader | BackupEntry, void, undefined> {
  const reader = new Reader(source);
  const header = await readHeader(reader);
  yield header;
  for (let i = 0; i < header.keys; i++) {
    const cut = (): BackupError => new BackupError(`it is cut off: ${i} of its ${header.keys} keys are there`);
    const lengths = await reader.take(LENGTHS_BYTES);
    if (lengths.length < LENGTHS_BYTES) throw cut();
    const [keyLength, valueLength] = [lengths.readUInt32BE(0), lengths.readUInt32BE(4)];
    if (keyLength + valueLength > MAX_ENTRY_BYTES) throw new BackupError(`it is damaged after ${i} of its ${header.keys} keys`);
    const bytes = await reader.take(keyLength + valueLength);
    if (bytes.length < keyLength + valueLength) throw cut();
    yield { key: bytes.toString('utf8', 0, keyLength), value: new Uint8Array(bytes.subarray(keyLength)) };
  }
  const sum = await reader.take(SUM_BYTES, false);
  if (sum.length < SUM_BYTES) throw new BackupError('it is cut off at its end');
  if (!sum.equals(reader.digest())) throw new BackupError('it is damaged: its checksum does not match what is in it');
  if ((await reader.take(1, false)).length > 0) throw new BackupError('it is damaged: something follows its end');
}

/** Reads a whole backup and checks it. @throws BackupError */
export async function checkBackup(source: AsyncIterable<Uint8Array>): Promise<BackupHeader> {
  let header: BackupHeader | undefined;
  for await (const item of readBackup(source)) if (!('key' in item)) header = item;
  return header!;
}
