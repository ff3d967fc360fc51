/**
 * `navarch down`.
 */
import { systemClock } from '#base/clock.ts';
import type { Environment } from '../cluster/paths.ts';
import { lockCluster } from '../cluster/lock.ts';
import { stopCluster } from '../cluster/stop.ts';
import { pathsOf, readSpec, UserError } from '../cluster/spec.ts';
import { createProgress } from './print.ts';

/** Stops the cluster's processes and containers; keeps its data. @throws UserError when there is no such cluster. */
export async function down(environment: Environment, name: string): Promise<void> {
  const paths = await pathsOf(environment, name);
  const spec = await readSpec(paths);
  if (!spec) throw new UserError(`there is no cluster "${name}"`);
  await using _lock = await lockCluster(paths.lock);
  const progress = createProgress(() => systemClock.now());
  await stopCluster(paths, spec, progress);
  progress.step(`cluster "${name}" is stopped; its data is kept. Bring it back with: navarch up${name === 'default' ? '' : ` --name ${name}`}`);
}
