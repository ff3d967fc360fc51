/**
 * The scheduler's own configuration file.
 */
import { readFile } from 'node:fs/promises';
import { readSchedulerConfiguration, SchedulerConfigError, type SchedulerSettings } from '#scheduler/config/read.ts';
import { UserError } from './cluster/spec.ts';

/** Reads a KubeSchedulerConfiguration (YAML or JSON). @throws UserError naming the file and what is wrong in it */
export async function readSchedulerSettings(path: string): Promise<SchedulerSettings> {
  try {
    return readSchedulerConfiguration(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SchedulerConfigError || (error as NodeJS.ErrnoException).code !== undefined) throw new UserError(`${path}: ${(error as Error).message}`);
    throw error;
  }
}
