/**
 * Small files that may be absent.
 */
import { readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { isMissing } from '../cluster/processes.ts';

/** The parsed file, or undefined when it is absent or was cut short by a crash. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    if (isMissing(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Replaces the file in one step. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const staging = `${path}.new`;
  await writeFile(staging, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  await rename(staging, path);
}

/** Names of the directories in a directory; none when it is absent. */
export async function listDirectories(path: string): Promise<string[]> {
  try {
    return (await readdir(path, { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Names in a directory; none when it is absent. */
export async function listDirectory(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
