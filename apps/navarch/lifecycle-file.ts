/**
 * The file with the lifecycle of simulated nodes and their pods.
 */
import { readFile } from 'node:fs/promises';
import { type Lifecycle, LifecycleError, readLifecycle } from '#runtimes/simulated/lifecycle.ts';
import { UserError } from './cluster/spec.ts';

/** Reads it (YAML or JSON). @throws UserError naming the file and what is wrong in it */
export async function readLifecycleFile(path: string): Promise<Lifecycle> {
  try {
    return readLifecycle(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof LifecycleError || (error as NodeJS.ErrnoException).code !== undefined) throw new UserError(`${path}: ${(error as Error).message}`);
    throw error;
  }
}
