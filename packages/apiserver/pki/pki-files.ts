/** The directory of certificates and keys. */
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from './certificate.ts';

/** Reads and writes pairs and keys by name; keys are readable by their owner only. */
export interface PkiFiles {
  readPair(name: string): KeyPair | undefined;
  writePair(name: string, pair: KeyPair): void;
  readText(file: string): string | undefined;
  /** Keeps `text` unless the file exists, in one step; answers what is kept: of several servers that start at once, one makes a key and all use it. */
  keepText(file: string, text: string): string;
}

const SECRET_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/** Opens (and makes) the directory. */
export function openPkiFiles(directory: string): PkiFiles {
  mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  const readText = (file: string): string | undefined => {
    const path = join(directory, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  // Written beside and put in place, so that a crash leaves the old or the new file, never half of one.
  const stage = (file: string, text: string): { readonly path: string; readonly staged: string } => {
    const path = join(directory, file);
    const staged = `${path}.${process.pid}.new`;
    writeFileSync(staged, text, { mode: SECRET_MODE });
    chmodSync(staged, SECRET_MODE);
    return { path, staged };
  };
  const writeText = (file: string, text: string): void => {
    const { path, staged } = stage(file, text);
    renameSync(staged, path);
  };
  return {
    readText,
    keepText(file, text) {
      const { path, staged } = stage(file, text);
      try {
        // Unlike renaming, linking fails when the name is taken.
        linkSync(staged, path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        rmSync(staged);
      }
      return readFileSync(path, 'utf8');
    },
    readPair(name) {
      const cert = readText(`${name}.crt`);
      const key = readText(`${name}.key`);
      return cert !== undefined && key !== undefined ? { cert, key } : undefined;
    },
    writePair(name, pair) {
      writeText(`${name}.key`, pair.key);
      writeText(`${name}.crt`, pair.cert);
    },
  };
}

/** What servers of one cluster must have in common; each makes the rest for itself. */
const COMMON: ReadonlySet<string> = new Set(['ca', 'front-proxy-ca', 'sa']);

/** Authorities and the key of service accounts in `common`, everything else in `own`: for servers that share the former, or got a copy of it. */
export function layeredPkiFiles(common: PkiFiles, own: PkiFiles): PkiFiles {
  const filesOf = (name: string): PkiFiles => (COMMON.has(name.replace(/\.(crt|key)$/, '')) ? common : own);
  return {
    readText: (file) => filesOf(file).readText(file),
    keepText: (file, text) => filesOf(file).keepText(file, text),
    readPair: (name) => filesOf(name).readPair(name),
    writePair: (name, pair) => filesOf(name).writePair(name, pair),
  };
}

/** Keeps everything in memory: for clusters that live and die with their process. */
export function memoryPkiFiles(): PkiFiles {
  const files = new Map<string, string>();
  return {
    readText: (file) => files.get(file),
    keepText: (file, text) => files.get(file) ?? (files.set(file, text), text),
    readPair(name) {
      const cert = files.get(`${name}.crt`);
      const key = files.get(`${name}.key`);
      return cert !== undefined && key !== undefined ? { cert, key } : undefined;
    },
    writePair(name, pair) {
      files.set(`${name}.key`, pair.key);
      files.set(`${name}.crt`, pair.cert);
    },
  };
}
