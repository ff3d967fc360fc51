/**
 * Reads and follows container logs in the runtime's format: `TIME stdout F text`, tag `P` for pieces of long lines.
 *
 * Source: kubernetes `kuberuntime/logs`, CRI logging format.
 */
import { watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { timeToMs } from '#machinery/time.ts';

/** What part of a log is wanted. */
export interface LogOptions {
  readonly follow: boolean;
  readonly tailLines?: number;
  readonly sinceSeconds?: number;
  /** RFC 3339. */
  readonly sinceTime?: string;
  readonly timestamps: boolean;
  readonly limitBytes?: number;
  /** `All`, `Stdout` or `Stderr`. */
  readonly stream?: string;
}

const CHUNK_BYTES = 64 * 1024;

/** When nothing tells that the file has grown, it is looked at again after this long. */
const POLL_MS = 1_000;

const NEWLINE = 10;

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The offset at which the last `lines` lines begin. */
export async function tailOffset(file: FileHandle, lines: number): Promise<number> {
  const { size } = await file.stat();
  if (lines <= 0) return size;
  const buffer = Buffer.alloc(CHUNK_BYTES);
  let found = 0;
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at -= 1) {
      // The newline that ends the last line does not begin one.
      if (buffer[at] !== NEWLINE || start + at === size - 1) continue;
      found += 1;
      if (found === lines) return start + at + 1;
    }
    end = start;
  }
  return 0;
}

/** Turns raw lines into what the client sees. */
class LineFilter {
  readonly #options: LogOptions;
  readonly #sinceMs: number;
  #leftBytes: number;
  #lineBegins = true;

  constructor(options: LogOptions, nowMs: number) {
    this.#options = options;
    const fromSeconds = options.sinceSeconds === undefined ? Number.NEGATIVE_INFINITY : nowMs - options.sinceSeconds * 1000;
    this.#sinceMs = options.sinceTime === undefined ? fromSeconds : Math.max(fromSeconds, timeToMs(options.sinceTime));
    this.#leftBytes = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** No more bytes may be sent. */
  get full(): boolean {
    return this.#leftBytes <= 0;
  }

  /** The output for one raw line (without its newline); undefined when it is filtered out. */
  take(line: Buffer): Buffer | undefined {
    const timeEnd = line.indexOf(32);
    const streamEnd = line.indexOf(32, timeEnd + 1);
    const tagEnd = line.indexOf(32, streamEnd + 1);
    if (timeEnd < 0 || streamEnd < 0 || tagEnd < 0) return undefined;
    const time = line.toString('latin1', 0, timeEnd);
    const stream = line.toString('latin1', timeEnd + 1, streamEnd);
    const partial = line[streamEnd + 1] === 80;
    const wanted = this.#options.stream ?? 'All';
    if (wanted !== 'All' && wanted.toLowerCase() !== stream) return undefined;
    if (this.#sinceMs !== Number.NEGATIVE_INFINITY && timeToMs(time) < this.#sinceMs) return undefined;
    const pieces: Buffer[] = [];
    if (this.#options.timestamps && this.#lineBegins) pieces.push(Buffer.from(`${time} `));
    pieces.push(line.subarray(tagEnd + 1));
    if (!partial) pieces.push(Buffer.from('\n'));
    this.#lineBegins = !partial;
    const text = Buffer.concat(pieces).subarray(0, this.#leftBytes === Number.POSITIVE_INFINITY ? undefined : this.#leftBytes);
    this.#leftBytes -= text.length;
    return text;
  }
}

/** Wakes when something happens in a directory, or after a while. */
function changesIn(directory: string, clock: Clock): { next(signal: AbortSignal): Promise<void>; [Symbol.dispose](): void } {
  let wake = Promise.withResolvers<void>();
  const watcher = watch(directory, () => wake.resolve());
  watcher.on('error', () => wake.resolve());
  return {
    async next(signal) {
      const stop = new AbortController();
      const timer = clock.sleep(POLL_MS, AbortSignal.any([signal, stop.signal])).catch(() => undefined);
      await Promise.race([wake.promise, timer]);
      stop.abort();
      wake = Promise.withResolvers();
    },
    [Symbol.dispose]: () => watcher.close(),
  };
}

/** What a reader needs beside the options. */
export interface LogReaderContext {
  readonly clock: Clock;
  /** Whether the container still writes. */
  readonly running: () => Promise<boolean>;
}

/** The wanted part of a log in chunks; with `follow` until the container has ended and everything was read. */
export async function* readLog(path: string, options: LogOptions, context: LogReaderContext, signal: AbortSignal): AsyncIterable<Buffer> {
  const { clock } = context;
  let file = await openIfPresent(path);
  if (!file) return;
  try {
    const filter = new LineFilter(options, clock.now());
    let offset = options.tailLines === undefined ? 0 : await tailOffset(file, options.tailLines);
    let rest: Buffer = Buffer.alloc(0);
    using changes = options.follow ? changesIn(dirname(path), clock) : undefined;
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let ended = !options.follow;
    while (!signal.aborted && !filter.full) {
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, offset);
      if (bytesRead > 0) {
        offset += bytesRead;
        const { output, left } = cut(Buffer.concat([rest, buffer.subarray(0, bytesRead)]), filter);
        rest = left;
        if (output.length > 0) yield output;
        continue;
      }
      const rotated = await wasRotated(file, path);
      if (rotated) {
        await file.close();
        file = rotated;
        offset = 0;
        continue;
      }
      if (ended) return;
      if (await context.running()) await changes!.next(signal);
      else ended = true;
    }
  } finally {
    await file.close();
  }
}

/** Whole lines of `bytes` as output, and what is left of the last one. */
function cut(bytes: Buffer, filter: LineFilter): { output: Buffer; left: Buffer } {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0 && !filter.full; end = bytes.indexOf(NEWLINE, start)) {
    const piece = filter.take(bytes.subarray(start, end));
    if (piece) pieces.push(piece);
    start = end + 1;
  }
  return { output: Buffer.concat(pieces), left: Buffer.from(bytes.subarray(start)) };
}

/** The new file under the same name, when the old one was renamed. */
async function wasRotated(file: FileHandle, path: string): Promise<FileHandle | undefined> {
  try {
    const [old, now] = await Promise.all([file.stat(), stat(path)]);
    return old.ino === now.ino ? undefined : await openIfPresent(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

