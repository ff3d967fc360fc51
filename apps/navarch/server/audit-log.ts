/** The file that audit events are written to, with as many earlier ones as are wanted. Source: kube-apiserver's `--audit-log-…` flags. */
import { createWriteStream, readdirSync, renameSync, rmSync, statSync, type WriteStream } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { Clock } from '#base/clock.ts';

/** How files are kept; 0: without limit. */
export interface AuditLogLimits {
  readonly maxSizeMegabytes: number;
  readonly maxBackups: number;
  readonly maxAgeDays: number;
}

const MEGABYTE = 1024 * 1024;
const DAY_MS = 24 * 3600 * 1000;
/** Who reads the log reads what everybody does. */
const MODE = 0o600;

/** An open log. */
export class AuditLog implements AsyncDisposable {
  readonly #path: string;
  readonly #limits: AuditLogLimits;
  readonly #clock: Clock;
  readonly #onError: (error: Error) => void;
  #stream: WriteStream;
  #bytes: number;

  /** `path` may be `-` for standard output. */
  constructor(path: string, limits: AuditLogLimits, clock: Clock, onError: (error: Error) => void) {
    this.#path = path;
    this.#limits = limits;
    this.#clock = clock;
    this.#onError = onError;
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    this.#stream = this.#open();
  }

  readonly write = (line: string): void => {
    const { maxSizeMegabytes } = this.#limits;
    if (maxSizeMegabytes > 0 && this.#bytes > 0 && this.#bytes + line.length > maxSizeMegabytes * MEGABYTE) this.#rotate();
    this.#bytes += line.length + 1;
    this.#stream.write(`${line}\n`);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#stream.end(resolve));
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#path, { flags: 'a', mode: MODE });
    stream.on('error', this.#onError);
    return stream;
  }

  #rotate(): void {
    this.#stream.end();
    const extension = extname(this.#path);
    const stem = basename(this.#path, extension);
    // The clock's own text, without what file names do not like: 2026-11-21T12-00-00.000.
    const time = new Date(this.#clock.now()).toISOString().replaceAll(':', '-').replace('Z', '');
    renameSync(this.#path, join(dirname(this.#path), `${stem}-${time}${extension}`));
    this.#stream = this.#open();
    this.#bytes = 0;
    this.#removeOld(stem, extension);
  }

  #removeOld(stem: string, extension: string): void {
    const { maxBackups, maxAgeDays } = this.#limits;
    const directory = dirname(this.#path);
    const kept = readdirSync(directory)
      .filter((name) => name.startsWith(`${stem}-`) && name.endsWith(extension))
      .toSorted()
      .toReversed();
    const oldestMs = maxAgeDays > 0 ? this.#clock.now() - maxAgeDays * DAY_MS : 0;
    for (const [index, name] of kept.entries()) {
      const path = join(directory, name);
      if ((maxBackups > 0 && index >= maxBackups) || statSync(path).mtimeMs < oldestMs) rmSync(path, { force: true });
    }
  }
}
