/**
 * Changes kubeconfig files without harming what others wrote there: unknown fields, other entries and comments stay.
 */
import { existsSync } from 'node:fs';
import { chmod, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Document, isMap, isSeq, parseDocument, YAMLSeq } from 'yaml';
import type { Clock } from '#base/clock.ts';
import type { KubeconfigCluster, KubeconfigContext, KubeconfigUser } from './kubeconfig.ts';

/** Entries of one context to put into a file or to take out of it. */
export interface KubeconfigEntry {
  /** Name of the context, of its cluster and of its user. */
  readonly name: string;
  readonly cluster: KubeconfigCluster;
  readonly user: KubeconfigUser;
  readonly namespace?: string;
}

/** Programs hold the file's lock for milliseconds: one that is held longer was left by a program that was killed. */
const LOCK_PATIENCE_MS = 2_000;
const LOCK_POLL_MS = 20;

const SECTIONS = [
  ['clusters', 'cluster'],
  ['users', 'user'],
  ['contexts', 'context'],
] as const;

async function readDocument(path: string): Promise<Document> {
  let text = '';
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const document = parseDocument(text);
  if (document.errors.length > 0) throw new Error(`error loading config file "${path}": ${document.errors[0]!.message}`);
  if (document.contents === null) return new Document({ apiVersion: 'v1', kind: 'Config' });
  if (!isMap(document.contents)) throw new Error(`error loading config file "${path}": not a kubeconfig`);
  return document;
}

/** Writes through a temporary file in the same folder, readable by its owner only, so that readers see the old or the new content. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${process.pid}.${crypto.randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await keepMode(path, temporary);
  await rename(temporary, path);
}

/** A file that exists keeps permissions that are stricter than ours; wider ones are narrowed to 0600. */
async function keepMode(path: string, temporary: string): Promise<void> {
  try {
    const { mode } = await stat(path);
    await chmod(temporary, mode & 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function sectionOf(document: Document, section: string): YAMLSeq {
  const known = document.get(section);
  if (isSeq(known)) return known;
  const created = new YAMLSeq();
  document.set(section, created);
  return created;
}

function indexOf(section: YAMLSeq, name: string): number {
  return section.items.findIndex((item) => isMap(item) && item.get('name') === name);
}

/** Runs `change` while no other program that honours the lock (kubectl's `FILE.lock`) changes the file. A link is followed: the file it leads to is replaced, not the link. */
async function exclusively(path: string, clock: Clock, change: (file: string) => Promise<void>): Promise<void> {
  const file = await realpath(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return path;
    throw error;
  });
  await mkdir(dirname(file), { recursive: true });
  const lock = `${path}.lock`;
  while (!(await takeLock(lock))) {
    if (await isLeftBehind(lock, clock)) await rm(lock, { force: true });
    else await clock.sleep(LOCK_POLL_MS);
  }
  try {
    await change(file);
  } finally {
    await rm(lock, { force: true });
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isLeftBehind(lock: string, clock: Clock): Promise<boolean> {
  try {
    return clock.now() - (await stat(lock)).mtimeMs > LOCK_PATIENCE_MS;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Puts a context with its cluster and user into the file at `path`, replacing entries of that name only, and makes it current when asked. */
export async function putKubeconfigEntry(path: string, entry: KubeconfigEntry, options: { readonly makeCurrent: boolean; readonly clock: Clock }): Promise<void> {
  await exclusively(path, options.clock, (file) => putEntry(file, entry, options.makeCurrent));
}

async function putEntry(path: string, entry: KubeconfigEntry, makeCurrent: boolean): Promise<void> {
  const document = await readDocument(path);
  const context: KubeconfigContext = { cluster: entry.name, user: entry.name, ...(entry.namespace ? { namespace: entry.namespace } : {}) };
  const values = { cluster: entry.cluster, user: entry.user, context };
  for (const [section, field] of SECTIONS) {
    const items = sectionOf(document, section);
    const node = document.createNode({ [field]: values[field], name: entry.name });
    const at = indexOf(items, entry.name);
    if (at >= 0) items.items[at] = node;
    else items.items.push(node);
    items.flow = false;
  }
  if (makeCurrent) document.set('current-context', entry.name);
  await writeSecretFile(path, document.toString());
}

/** Takes the context, cluster and user called `name` out of the file, if they are there; unsets the current context if it was this one. */
export async function removeKubeconfigEntry(path: string, name: string, clock: Clock): Promise<void> {
  // Without the file there is nothing to take out, and perhaps no folder for a lock.
  if (existsSync(path)) await exclusively(path, clock, (file) => removeEntry(file, name));
}

async function removeEntry(path: string, name: string): Promise<void> {
  const document = await readDocument(path);
  let changed = false;
  for (const [section] of SECTIONS) {
    const items = document.get(section);
    if (!isSeq(items)) continue;
    const at = indexOf(items, name);
    if (at < 0) continue;
    items.items.splice(at, 1);
    changed = true;
  }
  if (document.get('current-context') === name) {
    document.set('current-context', '');
    changed = true;
  }
  if (changed) await writeSecretFile(path, document.toString());
}
