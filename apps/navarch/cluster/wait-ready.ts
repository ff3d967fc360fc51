/**
 * Waits until a started cluster is usable: API ready, every node Ready, cluster DNS answering; reports each as it happens.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '#base/clock.ts';
import { createClient } from '#client/api.ts';
import type { Client } from '#client/client.ts';
import { connectKubeconfig } from '#client/connect.ts';
import { EMPTY_KUBECONFIG, type Kubeconfig, parseKubeconfig } from '#client/kubeconfig.ts';
import { putKubeconfigEntry } from '#client/kubeconfig-file.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { StatusError } from '#machinery/status.ts';
import type { Progress } from '../commands/print.ts';
import { nodeNames } from './inspect.ts';
import type { ClusterPaths, Environment } from './paths.ts';
import { isAlive, readProcessTable } from './processes.ts';
import { type ClusterSpec, UserError } from './spec.ts';
import { userKubeconfig } from './user-kubeconfig.ts';

/** A cluster that is not ready by then will not be: the logs say why. */
const PATIENCE_MS = 120_000;
const POLL_MS = 15;
const PAUSE_FACTOR = 5;

/** The file an agent writes once DNS has answered on its node. */
export const DNS_READY_FILE = 'dns-ready';

/** @throws UserError with the place of the logs when it takes too long or a process keeps dying. */
export async function waitUntilReady(environment: Environment, paths: ClusterPaths, spec: ClusterSpec, progress: Progress): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + PATIENCE_MS;
  const until = async (what: string, met: () => boolean | Promise<boolean>): Promise<void> => {
    for (;;) {
      const askedMs = systemClock.monotonicMs();
      if (await met()) return;
      const nowMs = systemClock.monotonicMs();
      if (nowMs > deadlineMs) throw await complaint(paths, spec, what);
      // What takes long to answer (thousands of nodes) is asked for less often: the cluster has better things to do.
      await systemClock.sleep(Math.max(POLL_MS, (nowMs - askedMs) * PAUSE_FACTOR));
    }
  };
  const api = `https://127.0.0.1:${spec.apiPort}`;
  let config = await readConfig(paths);
  // One from before a move to another port is not it.
  await until('the server did not start', async () => Object.values((config = await readConfig(paths)).clusters)[0]?.server === api);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await using transport = await connectKubeconfig(config, { clock: systemClock, userAgent: 'navarch' });
  const client = createClient(transport);
  await until('the API server is not ready', () => answers(client, signal));
  progress.step(`API server is ready on ${api}`);
  const name = `navarch-${spec.name}`;
  const [cluster, user] = [Object.values(config.clusters)[0]!, Object.values(config.users)[0]!];
  await putKubeconfigEntry(userKubeconfig(environment), { name, cluster, user }, { makeCurrent: true, clock: systemClock });
  let ready = -1;
  await until('not every node became Ready', async () => {
    await refuseLostNodes(paths, spec);
    const now = await countReady(client, signal);
    if (now > ready && spec.nodes > 1 && now > 0) progress.step(`${now} of ${spec.nodes} nodes are Ready`);
    ready = Math.max(ready, now);
    return now >= spec.nodes;
  });
  if (spec.nodes === 1) progress.step('the node is Ready');
  if (spec.runtime === 'simulated') return;
  await until('cluster DNS does not answer', () => nodeNames(spec.nodes).every((node) => existsSync(join('/run/navarch', spec.name, node, DNS_READY_FILE))));
  progress.step('cluster DNS answers');
}

/** The administrator's kubeconfig; empty until the server has written it. */
async function readConfig({ kubeconfig, directory }: ClusterPaths): Promise<Kubeconfig> {
  return existsSync(kubeconfig) ? parseKubeconfig(await readFile(kubeconfig, 'utf8'), directory) : EMPTY_KUBECONFIG;
}

async function answers(client: Client, signal: AbortSignal): Promise<boolean> {
  try {
    await client.of(nodes).list({ limit: 1 }, signal);
    return true;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
}

async function countReady(client: Client, signal: AbortSignal): Promise<number> {
  const { items } = await client.of(nodes).list({ resourceVersion: '0' }, signal);
  return items.filter((node) => node.status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false).length;
}

/** A node that is down stays down, so waiting for it would only hide why. @throws UserError */
async function refuseLostNodes(paths: ClusterPaths, spec: ClusterSpec): Promise<void> {
  const { downNodes, startErrors = {} } = await readProcessTable(paths.processes);
  if (downNodes.length === 0) return;
  const reasons = downNodes.map((node) => `${node} ${startErrors[node] ? `could not be started: ${startErrors[node]}` : 'lost its agent and its runtime'}`);
  throw new UserError(`${reasons.join('; ')}. See: navarch logs --name ${spec.name}`);
}

async function complaint(paths: ClusterPaths, spec: ClusterSpec, what: string): Promise<UserError> {
  const { components } = await readProcessTable(paths.processes);
  const dead = Object.entries(components).filter(([, id]) => !isAlive(id));
  const detail = dead.length > 0 ? `; not running: ${dead.map(([name]) => name).join(', ')}` : '';
  return new UserError(`${what} within ${PATIENCE_MS / 1000} s${detail}. See: navarch logs --name ${spec.name}`);
}
