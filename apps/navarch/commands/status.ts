/**
 * `navarch status`.
 */
import { type ClusterState, inspectCluster, type ProcessState } from '../cluster/inspect.ts';
import type { Environment } from '../cluster/paths.ts';
import { UserError } from '../cluster/spec.ts';
import { printTable } from './print.ts';

/** Prints the cluster's state; exit code 0 when it runs, 3 when it is stopped or degraded. @throws UserError when there is none. */
export async function status(environment: Environment, options: { readonly name: string; readonly output: 'text' | 'json' }): Promise<void> {
  const state = await inspectCluster(environment, options.name);
  if (!state) throw new UserError(`there is no cluster "${options.name}"; create it with: navarch up${options.name === 'default' ? '' : ` --name ${options.name}`}`);
  if (options.output === 'json') console.log(JSON.stringify(state, undefined, 2));
  else printText(state);
  if (state.state !== 'running') process.exitCode = 3;
}

function printText(state: ClusterState): void {
  console.log(`Cluster   ${state.name} (${state.state}), runtime ${state.runtime}, egress ${state.egress}`);
  console.log(`API       ${state.api}, context ${state.context}`);
  console.log(`Data      ${state.directory}\n`);
  const row = (component: string, one: ProcessState | undefined): string[] => [
    component,
    one?.running ? 'running' : 'stopped',
    one ? String(one.pid) : '-',
    one?.rssBytes === undefined ? '-' : `${Math.round(one.rssBytes / 1e6)} MB`,
  ];
  const rows = [row('server', state.server), row('supervisor', state.supervisor)];
  for (const node of state.nodes) {
    if (state.runtime === 'simulated') continue;
    rows.push(row(`${node.name}/agent`, node.agent), row(`${node.name}/containerd`, node.containerd));
  }
  printTable(['COMPONENT', 'STATE', 'PID', 'MEMORY'], rows);
  const down = state.nodes.filter((node) => node.state === 'down').map((node) => node.name);
  if (down.length > 0) console.log(`\nDown: ${down.join(', ')} (lost agent and runtime together). Start again with: navarch up --name ${state.name}`);
}
