/**
 * `navarch supervise` (internal): the process behind a running cluster. `up` starts it, `down` ends it.
 */
import { systemClock } from '#base/clock.ts';
import { createLogger, jsonSink } from '#base/log.ts';
import { componentCommands } from '../cluster/components.ts';
import { nodeNames } from '../cluster/inspect.ts';
import type { Environment } from '../cluster/paths.ts';
import { pathsOf, readSpec, UserError } from '../cluster/spec.ts';
import { supervise } from '../cluster/supervisor.ts';

/** Runs until SIGTERM or SIGINT. The cluster's processes outlive it. */
export async function superviseCluster(environment: Environment, name: string): Promise<void> {
  const paths = await pathsOf(environment, name);
  const spec = await readSpec(paths);
  if (!spec) throw new UserError(`there is no cluster "${name}"`);
  const log = createLogger(jsonSink((line) => process.stderr.write(line), () => systemClock.now()));
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  const nodes = spec.runtime === 'containerd' ? nodeNames(spec.nodes) : [];
  await supervise({ paths, nodes, commandOf: componentCommands(paths, spec), clock: systemClock, log }, stop.signal);
}
