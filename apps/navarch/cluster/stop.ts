/**
 * Stops a cluster: the supervisor first, so that it restarts nothing, then agents, the server, and all that is left in the nodes.
 */
import { rm } from 'node:fs/promises';
import { systemClock } from '#base/clock.ts';
import { removeFabric } from '../host/fabric.ts';
import type { Progress } from '../commands/print.ts';
import type { ClusterPaths } from './paths.ts';
import { isAlive, type ProcessId, readProcessTable, signalProcess } from './processes.ts';
import type { ClusterSpec } from './spec.ts';

/** How long a process may take to end after SIGTERM before it is killed. */
const PATIENCE_MS = 10_000;
const POLL_MS = 20;

/** Stops every process of the cluster and removes its nodes from the machine; what is on disk stays. */
export async function stopCluster(paths: ClusterPaths, spec: ClusterSpec, progress: Progress): Promise<void> {
  const { components } = await readProcessTable(paths.processes);
  await end(components['supervisor'] ? [components['supervisor']] : []);
  const agents = Object.entries(components).filter(([name]) => name.endsWith('/agent'));
  if (agents.length > 0) progress.step('stopping the node agents');
  await end(agents.map(([, id]) => id));
  progress.step('stopping the server');
  await end(components['server'] ? [components['server']] : []);
  if (spec.runtime === 'containerd') {
    progress.step('stopping the nodes and their containers');
    await removeFabric(spec.name, AbortSignal.timeout(120_000));
  }
  await rm(paths.processes, { force: true });
}

/** Asks processes to end and waits; kills those that do not. */
async function end(ids: readonly ProcessId[]): Promise<void> {
  for (const id of ids) signalProcess(id, 'SIGTERM');
  const deadlineMs = systemClock.monotonicMs() + PATIENCE_MS;
  while (ids.some((id) => isAlive(id))) {
    if (systemClock.monotonicMs() > deadlineMs) for (const id of ids) signalProcess(id, 'SIGKILL');
    await systemClock.sleep(POLL_MS);
  }
}
