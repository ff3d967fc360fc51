/**
 * `navarch list`.
 */
import type { Environment } from '../cluster/paths.ts';
import { listClusters } from '../cluster/spec.ts';
import { inspectCluster } from '../cluster/inspect.ts';
import { printTable } from './print.ts';

/** Prints every cluster on this machine. */
export async function list(environment: Environment, output: 'text' | 'json'): Promise<void> {
  const clusters = await Promise.all((await listClusters(environment)).map(async (name) => inspectCluster(environment, name)));
  const known = clusters.filter((one) => one !== undefined);
  if (output === 'json') {
    console.log(JSON.stringify(known, undefined, 2));
    return;
  }
  if (known.length === 0) {
    console.log('No clusters. Create one with: navarch up');
    return;
  }
  printTable(
    ['NAME', 'STATE', 'NODES', 'RUNTIME', 'API'],
    known.map((one) => [one.name, one.state, String(one.nodes.length), one.runtime, one.api]),
  );
}
