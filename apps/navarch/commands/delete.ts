/**
 * `navarch delete`.
 */
import { systemClock } from '#base/clock.ts';
import { removeKubeconfigEntry } from '#client/kubeconfig-file.ts';
import { lockCluster } from '../cluster/lock.ts';
import { type Environment } from '../cluster/paths.ts';
import { stopCluster } from '../cluster/stop.ts';
import { checkName, forgetLostData, pathsOf, readSpec, removeDirectories, UserError } from '../cluster/spec.ts';
import { userKubeconfig } from '../cluster/user-kubeconfig.ts';
import { fabricOwner, forgetFabric, removeFabric } from '../host/fabric.ts';
import { createProgress } from './print.ts';

/** Removes the cluster with everything it left on this machine. Deleting what does not exist succeeds, and clears leftovers of that name. */
export async function deleteCluster(environment: Environment, name: string): Promise<void> {
  checkName(name);
  await forgetLostData(environment, name);
  const paths = await pathsOf(environment, name);
  const progress = createProgress(() => systemClock.now());
  const spec = await readSpec(paths);
  const owner = await fabricOwner(name);
  if (owner !== undefined && owner !== paths.directory) {
    throw new UserError(`the cluster "${name}" that runs on this machine belongs to ${owner}; delete it with that NAVARCH_HOME`);
  }
  {
    await using _lock = await lockCluster(paths.lock);
    if (spec) await stopCluster(paths, spec, progress);
    if (environment.isRoot && environment.isLinux) {
      const signal = AbortSignal.timeout(120_000);
      await removeFabric(name, signal);
      await forgetFabric(name, signal);
    }
    await removeKubeconfigEntry(userKubeconfig(environment), `navarch-${name}`, systemClock);
  }
  await removeDirectories(environment, name, paths);
  progress.step(spec ? `cluster "${name}" is deleted` : `there was no cluster "${name}"`);
}
