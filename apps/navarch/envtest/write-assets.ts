/**
 * `navarch envtest DIRECTORY`.
 */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ownCommand } from '../cluster/own-command.ts';

/** What envtest looks for, and the command of this program that is meant. */
const ASSETS = [
  ['kube-apiserver', 'kube-apiserver'],
  ['etcd', 'etcd'],
  ['kubectl', 'kubectl'],
] as const;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Writes the executables; they go on using this installation. */
export async function writeAssets(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, command] of ASSETS) {
    const { file, args } = ownCommand([command]);
    const path = join(directory, name);
    await writeFile(path, `#!/bin/sh\nexec ${[file, ...args].map(quoted).join(' ')} "$@"\n`);
    await chmod(path, 0o755);
  }
  console.log(`export KUBEBUILDER_ASSETS=${quoted(resolve(directory))}`);
}
