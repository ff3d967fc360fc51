/**
 * The kubeconfig of the person at the keyboard, where `up` puts a context and `delete` takes it out.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from './paths.ts';

/** The file kubectl would write to: the first existing one of `$KUBECONFIG`'s list (else its last), or `~/.kube/config`. */
export function userKubeconfig(environment: Environment): string {
  const listed = (environment.kubeconfig ?? '').split(':').filter(Boolean);
  if (listed.length === 0) return join(environment.home, '.kube', 'config');
  return listed.find((path) => existsSync(path)) ?? listed.at(-1)!;
}
