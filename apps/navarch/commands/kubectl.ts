/**
 * `navarch kubectl`.
 */
import { systemClock } from '#base/clock.ts';
import type { Environment } from '../cluster/paths.ts';

/** Runs the built-in kubectl with this process's streams. */
export async function kubectl(_environment: Environment, args: readonly string[]): Promise<void> {
  const { runKubectl } = await import('#cli/kubectl.ts');
  const stop = new AbortController();
  process.on('SIGINT', () => stop.abort());
  process.exitCode = await runKubectl(args, { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env, clock: systemClock, signal: stop.signal });
}
