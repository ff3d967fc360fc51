/**
 * Reads manifests: files, directories, standard input; YAML or JSON, several documents, Lists.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { decodeYamlStream } from '#machinery/yaml.ts';
import { CliError, type Io, readAll } from './io.ts';
import type { AnyObject } from './objects.ts';

/** An object of a manifest and the file it came from. */
export interface ManifestObject {
  readonly object: AnyObject;
  readonly source: string;
}

const EXTENSIONS = new Set(['.json', '.yaml', '.yml']);

/** All objects of the given files (`-` is standard input), in order. @throws CliError */
export async function readManifests(io: Io, files: readonly string[], recursive: boolean): Promise<ManifestObject[]> {
  const objects: ManifestObject[] = [];
  for (const file of files) {
    if (file === '-') objects.push(...parseManifest(await readAll(io.stdin), 'STDIN'));
    else for (const path of await expand(file, recursive)) objects.push(...parseManifest(await readFile(path, 'utf8'), path));
  }
  if (objects.length === 0) throw new CliError('error: no objects passed to apply');
  return objects;
}

async function expand(path: string, recursive: boolean): Promise<string[]> {
  let isDirectory: boolean;
  try {
    isDirectory = (await stat(path)).isDirectory();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new CliError(`error: the path "${path}" does not exist`);
  }
  if (!isDirectory) return [path];
  const entries = await readdir(path, { withFileTypes: true, recursive });
  const files = entries.filter((entry) => entry.isFile() && EXTENSIONS.has(extname(entry.name))).map((entry) => join(entry.parentPath, entry.name));
  if (files.length === 0) throw new CliError(`error: error reading [${path}]: recognized file extensions are [.json .yaml .yml]`);
  return files.toSorted();
}

/** The objects in a text. @throws CliError when it does not parse or an object lacks kind or apiVersion. */
export function parseManifest(text: string, source: string): ManifestObject[] {
  const objects: ManifestObject[] = [];
  let documents: unknown[];
  try {
    documents = decodeYamlStream(text);
  } catch (error) {
    throw new CliError(`error: error parsing ${source}: ${(error as Error).message}`);
  }
  for (const value of documents) {
    if (value === null || value === undefined) continue;
    for (const object of flatten(value as AnyObject)) {
      if (!object.apiVersion) throw new CliError(`error: error validating "${source}": error validating data: apiVersion not set; if you choose to ignore these errors, turn validation off with --validate=false`);
      if (!object.kind) throw new CliError(`error: error validating "${source}": error validating data: kind not set; if you choose to ignore these errors, turn validation off with --validate=false`);
      objects.push({ object, source });
    }
  }
  return objects;
}

function flatten(value: AnyObject): AnyObject[] {
  const items = value['items'];
  return Array.isArray(items) && value.kind?.endsWith('List') ? (items as AnyObject[]) : [value];
}
