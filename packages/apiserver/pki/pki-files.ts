/** The directory of certificates and keys. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from './certificate.ts';

/** Reads and writes pairs and keys by name; keys are readable by their owner only. */
export interface PkiFiles {
  readPair(name: string): KeyPair | undefined;
  writePair(name: string, pair: KeyPair): void;
  readText(file: string): string | undefined;
  writeText(file: string, text: string): void;
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
  const writeText = (file: string, text: string): void => {
    const path = join(directory, file);
    // Written beside and renamed, so that a crash leaves the old or the new file, never half of one.
    writeFileSync(`${path}.new`, text, { mode: SECRET_MODE });
    chmodSync(`${path}.new`, SECRET_MODE);
    renameSync(`${path}.new`, path);
  };
  return {
    readText,
    writeText,
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

/** Keeps everything in memory: for clusters that live and die with their process. */
export function memoryPkiFiles(): PkiFiles {
  const files = new Map<string, string>();
  return {
    readText: (file) => files.get(file),
    writeText: (file, text) => void files.set(file, text),
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
