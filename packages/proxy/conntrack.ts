/**
 * Connection tracking entries of UDP that no longer lead anywhere: a UDP client never learns that its backend is gone, so its entry must be
 * deleted for its next packet to be sent to another one.
 *
 * Source: kube-proxy's cleanup of stale flows.
 */
import { spawn } from 'node:child_process';
import type { ServiceRule } from './rules.ts';

/** Flows to forget: those to a destination, or only those of them that went to one backend. */
export interface StaleFlows {
  /** Address the client used; undefined: any (a node port). */
  readonly address: string | undefined;
  readonly port: number;
  /** The backend they were sent to; undefined: flows that were never translated. */
  readonly backend: string | undefined;
}

/** Backends that left take their flows along; a service that had none lets go of those that were refused until now. */
export function staleFlows(old: ServiceRule | undefined, next: ServiceRule | undefined): StaleFlows[] {
  if (old?.protocol !== 'udp' && next?.protocol !== 'udp') return [];
  const flows: StaleFlows[] = [];
  if (old) {
    const kept = new Set([...(next?.cluster ?? []), ...(next?.local ?? [])].map(({ address }) => address));
    const gone = new Set([...old.cluster, ...old.local].map(({ address }) => address).filter((address) => !kept.has(address)));
    for (const backend of gone) flows.push(...frontends(old).map((frontend) => ({ ...frontend, backend })));
  }
  const served = next !== undefined && next.cluster.length + next.local.length > 0;
  const wasServed = old !== undefined && old.cluster.length + old.local.length > 0;
  if (served && !wasServed) flows.push(...frontends(next).map((frontend) => ({ ...frontend, backend: undefined })));
  return flows;
}

function frontends(rule: ServiceRule): { readonly address: string | undefined; readonly port: number }[] {
  const addresses = [...rule.clusterIps, ...rule.externalIps, ...rule.loadBalancerIps];
  return [
    ...addresses.map((address) => ({ address, port: rule.port })),
    ...(rule.nodePort === undefined ? [] : [{ address: undefined, port: rule.nodePort }]),
  ];
}

/** Arguments of the `conntrack` program that deletes them. */
export function conntrackArguments({ address, port, backend }: StaleFlows): string[] {
  const family = (address ?? backend ?? '').includes(':') ? 'ipv6' : 'ipv4';
  const where = address === undefined ? [] : ['--orig-dst', address];
  return ['-D', '-f', family, '-p', 'udp', ...where, '--dport', String(port), ...(backend === undefined ? [] : ['--reply-src', backend])];
}

/** Deletes the flows in this network namespace. Answers false when there is no `conntrack` program. */
export async function deleteFlows(flows: readonly StaleFlows[], signal: AbortSignal): Promise<boolean> {
  for (const flow of flows) if (!(await runConntrack(conntrackArguments(flow), signal))) return false;
  return true;
}

function runConntrack(args: readonly string[], signal: AbortSignal): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  // It exits with 1 when nothing matched, which is no failure; what else it may say cannot be acted on.
  const child = spawn('conntrack', args, { stdio: 'ignore', signal });
  child.on('error', (error) => ((error as NodeJS.ErrnoException).code === 'ENOENT' ? resolve(false) : reject(error)));
  child.on('close', () => resolve(true));
  return promise;
}
