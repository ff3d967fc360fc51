/**
 * Writes tar archives (ustar), byte for byte the same for the same entries.
 */

/** A file, directory or symbolic link in an archive. */
export interface TarEntry {
  readonly path: string;
  readonly mode?: number;
  /** Content of a file. */
  readonly content?: Uint8Array | string;
  /** Target of a symbolic link. */
  readonly link?: string;
  readonly directory?: true;
  readonly uid?: number;
  readonly gid?: number;
}

const BLOCK = 512;

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = (at: number, length: number, text: string): void => void block.write(text, at, length, 'latin1');
  const octal = (at: number, length: number, value: number): void => put(at, length, `${value.toString(8).padStart(length - 1, '0')}\0`);
  put(0, 100, entry.path);
  octal(100, 8, entry.mode ?? (entry.directory ? 0o755 : 0o644));
  octal(108, 8, entry.uid ?? 0);
  octal(116, 8, entry.gid ?? 0);
  octal(124, 12, size);
  octal(136, 12, 0);
  put(148, 8, '        ');
  put(156, 1, entry.link !== undefined ? '2' : entry.directory ? '5' : '0');
  put(157, 100, entry.link ?? '');
  put(257, 8, 'ustar\x0000');
  let sum = 0;
  for (const byte of block) sum += byte;
  put(148, 8, `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}

/** The archive of these entries, in this order. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const pieces: Buffer[] = [];
  for (const entry of entries) {
    const content = entry.content === undefined ? Buffer.alloc(0) : Buffer.from(entry.content as Uint8Array);
    const padding = (BLOCK - (content.length % BLOCK)) % BLOCK;
    pieces.push(header(entry, content.length), content, Buffer.alloc(padding));
  }
  pieces.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(pieces);
}
