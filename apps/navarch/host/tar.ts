/**
 * Writes tar archives (POSIX ustar with pax headers for long names): sorted, owned by root, dated 1970, so that equal content is equal bytes.
 */
import { lstat, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A file, a directory or a symbolic link in an archive. */
export type TarEntry =
  | { readonly path: string; readonly content: Buffer; readonly mode?: number }
  | { readonly path: string; readonly directory: true; readonly mode?: number }
  | { readonly path: string; readonly target: string };

const BLOCK = 512;
const NAME_FIELD = 100;
const MAX_OCTAL_SIZE = 8 ** 11;

/** The archive; missing parent directories are added. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const byPath = new Map<string, TarEntry>();
  for (const entry of entries) {
    const path = entry.path.replace(/^[./]+/, '').replace(/\/+$/, '');
    if (path) byPath.set(path, { ...entry, path });
  }
  for (const path of byPath.keys()) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth++) {
      const parent = parts.slice(0, depth).join('/');
      if (!byPath.has(parent)) byPath.set(parent, { path: parent, directory: true });
    }
  }
  const blocks = [...byPath.keys()].toSorted().flatMap((path) => entryBlocks(byPath.get(path)!));
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

/** Entries for a file or a whole tree on disk, placed at `path` in the archive. Symbolic links stay links. */
export async function entriesFromDisk(source: string, path: string): Promise<TarEntry[]> {
  const stat = await lstat(source);
  const mode = stat.mode & 0o7777;
  if (stat.isSymbolicLink()) return [{ path, target: await readlink(source) }];
  if (stat.isFile()) return [{ path, content: await readFile(source), mode }];
  if (!stat.isDirectory()) return [];
  const names = await readdir(source);
  const below = await Promise.all(names.map((name) => entriesFromDisk(join(source, name), `${path}/${name}`)));
  return [{ path, directory: true, mode }, ...below.flat()];
}

function entryBlocks(entry: TarEntry): Buffer[] {
  const isDirectory = 'directory' in entry;
  const path = isDirectory ? `${entry.path}/` : entry.path;
  const target = 'target' in entry ? entry.target : '';
  const content = 'content' in entry ? entry.content : Buffer.alloc(0);
  const type = isDirectory ? '5' : target ? '2' : '0';
  const mode = target ? 0o777 : 'mode' in entry && entry.mode !== undefined ? entry.mode : isDirectory ? 0o755 : 0o644;
  const long = [...paxRecord('path', path, NAME_FIELD), ...paxRecord('linkpath', target, NAME_FIELD)];
  if (content.length >= MAX_OCTAL_SIZE) throw new RangeError(`${path} is too large for an archive`);
  const pax = Buffer.from(long.join(''));
  return [
    ...(pax.length > 0 ? [header({ path: 'pax', target: '', size: pax.length, mode: 0o644, type: 'x' }), padded(pax)] : []),
    header({ path, target, size: content.length, mode, type }),
    ...(content.length > 0 ? [padded(content)] : []),
  ];
}

/** A pax record counts its own length. */
function paxRecord(keyword: string, value: string, limit: number): string[] {
  if (Buffer.byteLength(value) <= limit && /^[\x20-\x7e]*$/.test(value)) return [];
  const rest = Buffer.byteLength(` ${keyword}=${value}\n`);
  let length = rest;
  while (rest + String(length).length !== length) length = rest + String(length).length;
  return [`${length} ${keyword}=${value}\n`];
}

function header(of: { path: string; target: string; size: number; mode: number; type: string }): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number): void => void block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1');
  block.write(of.path.slice(0, NAME_FIELD), 0, NAME_FIELD, 'utf8');
  octal(of.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(of.size, 124, 12);
  octal(0, 136, 12);
  block.write('        ', 148, 'latin1');
  block.write(of.type, 156, 'latin1');
  block.write(of.target.slice(0, NAME_FIELD), 157, NAME_FIELD, 'utf8');
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function padded(content: Buffer): Buffer {
  const spare = content.length % BLOCK;
  return spare === 0 ? content : Buffer.concat([content, Buffer.alloc(BLOCK - spare)]);
}
