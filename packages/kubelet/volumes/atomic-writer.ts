/**
 * Writes the files of a volume so that readers see either all of the old or all of the new ones:
 *
 * ```
 * volume/..2026_01_02_03_04_05.123456789/key     a directory per version
 * volume/..data -> ..2026_01_02_03_04_05.123456789    replaced by one rename
 * volume/key -> ..data/key
 * ```
 *
 * Source: kubernetes `pkg/volume/util/atomic_writer.go`.
 */
import { chmod, lchown, lstat, mkdir, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatTime } from '#machinery/time.ts';

/** A file to appear in the volume. */
export interface PayloadFile {
  readonly content: Buffer;
  /** Permission bits. */
  readonly mode: number;
  /** Owner; absent: root. */
  readonly uid?: number;
}

/** Files by relative path. */
export type Payload = ReadonlyMap<string, PayloadFile>;

/** Who may read what is written, beside the owner. */
export interface Ownership {
  readonly fsGroup?: number;
}

const DATA = '..data';

/** Names a version; `tag` makes it unique. */
const versionName = (nowMs: number, tag: string): string => `..${formatTime(nowMs).slice(0, 19).replaceAll(/[-:T]/g, '_')}.${tag}`;

async function linkTarget(path: string): Promise<string | undefined> {
  try {
    return await readlink(path);
  } catch (error) {
    if (['ENOENT', 'EINVAL'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Whether the version in place has exactly this payload. */
async function isCurrent(directory: string, version: string, payload: Payload): Promise<boolean> {
  const found = await filesBelow(join(directory, version), '');
  if (found.length !== payload.size) return false;
  for (const path of found) {
    const wanted = payload.get(path);
    if (!wanted || !(await readFile(join(directory, version, path))).equals(wanted.content)) return false;
  }
  return true;
}

async function filesBelow(root: string, prefix: string): Promise<string[]> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true });
  const nested = await Promise.all(entries.map(async (entry) => (entry.isDirectory() ? filesBelow(root, join(prefix, entry.name)) : [join(prefix, entry.name)])));
  return nested.flat();
}

const GROUP_READ = 0o440;
const GROUP_DIRECTORY = 0o2110;

async function writeVersion(root: string, payload: Payload, { fsGroup }: Ownership): Promise<void> {
  const directories = new Set<string>([root]);
  for (const path of payload.keys()) {
    for (let parent = dirname(join(root, path)); parent.length > root.length; parent = dirname(parent)) directories.add(parent);
  }
  for (const directory of [...directories].sort()) {
    await mkdir(directory, { recursive: true });
    await chmod(directory, fsGroup === undefined ? 0o755 : 0o755 | GROUP_DIRECTORY);
    if (fsGroup !== undefined) await lchown(directory, 0, fsGroup);
  }
  for (const [path, { content, mode, uid }] of payload) {
    const file = await open(join(root, path), 'w', 0o600);
    try {
      await file.writeFile(content);
      if (uid !== undefined || fsGroup !== undefined) await file.chown(uid ?? 0, fsGroup ?? 0);
      await file.chmod(fsGroup === undefined ? mode : mode | GROUP_READ);
    } finally {
      await file.close();
    }
  }
}

/** Makes the visible links match the first path segments of the payload. */
async function linkVisible(directory: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map((path) => path.split('/')[0]!));
  const present = (await readdir(directory)).filter((name) => !name.startsWith('..'));
  for (const name of wanted) if (!present.includes(name)) await symlink(join(DATA, name), join(directory, name));
  for (const name of present) if (!wanted.has(name)) await rm(join(directory, name), { recursive: true, force: true });
}

/** Replaces the volume's content. Answers whether anything changed. */
export async function writeAtomically(directory: string, payload: Payload, ownership: Ownership, version: { readonly nowMs: number; readonly tag: string }): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  const old = await linkTarget(join(directory, DATA));
  if (old !== undefined && (await isCurrent(directory, old, payload))) return false;
  const name = versionName(version.nowMs, version.tag);
  await writeVersion(join(directory, name), payload, ownership);
  if (old === undefined) {
    await chmod(directory, ownership.fsGroup === undefined ? 0o777 : 0o777 | 0o2000);
    if (ownership.fsGroup !== undefined) await lchown(directory, 0, ownership.fsGroup);
  }
  const temporary = join(directory, '..data_tmp');
  await rm(temporary, { force: true });
  await symlink(name, temporary);
  await rename(temporary, join(directory, DATA));
  await linkVisible(directory, payload);
  await removeOldVersions(directory, name);
  return true;
}

async function removeOldVersions(directory: string, keep: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith('..') || name === DATA || name === keep) continue;
    const path = join(directory, name);
    if ((await lstat(path)).isDirectory()) await rm(path, { recursive: true, force: true });
  }
}
