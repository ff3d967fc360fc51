/**
 * `navarch kubeconfig`.
 */
import { readFile } from 'node:fs/promises';
import type { Environment } from '../cluster/paths.ts';
import { isMissing } from '../cluster/processes.ts';
import { pathsOf, UserError } from '../cluster/spec.ts';

/** Prints the administrator's kubeconfig. @throws UserError when the cluster has none yet. */
export async function kubeconfig(environment: Environment, name: string): Promise<void> {
  const paths = await pathsOf(environment, name);
  try {
    process.stdout.write(await readFile(paths.kubeconfig, 'utf8'));
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new UserError(`there is no cluster "${name}"`);
  }
}
