/**
 * Routes from this node to the pods of the others, through the nodes' addresses.
 */
import { Backoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { openConvergence } from '#base/convergence.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Informer } from '#client/informer.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { ipBatch, ipJson } from './ip.ts';

/** Marks routes and rules as made by us (the value has no meaning to the kernel). */
export const ROUTE_PROTOCOL = 89;

/** What the routes of a node depend on. */
export interface RoutesOptions {
  readonly nodes: Informer<Node>;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const RETRY = { initialMs: 100, factor: 2, maxMs: 10_000, jitter: 0.2 };

/** Destination range to gateway: one entry per IPv4 pod range of every other node that has an address. */
export function desiredRoutes(nodes: readonly Node[], nodeName: string): Map<string, string> {
  const routes = new Map<string, string>();
  for (const node of nodes) {
    if (node.metadata.name === nodeName) continue;
    const gateway = node.status.addresses?.find(({ type, address }) => type === 'InternalIP' && !address.includes(':'))?.address;
    if (!gateway) continue;
    for (const range of node.spec.podCIDRs ?? (node.spec.podCIDR ? [node.spec.podCIDR] : [])) if (!range.includes(':')) routes.set(range, gateway);
  }
  return routes;
}

/** `ip route` lines that turn the present routes into the wanted ones. */
export function routeChanges(present: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): string[] {
  const gone = [...present.keys()].filter((range) => !wanted.has(range)).map((range) => `route delete ${range} proto ${ROUTE_PROTOCOL}`);
  const fresh = [...wanted].filter(([range, gateway]) => present.get(range) !== gateway);
  return [...gone, ...fresh.map(([range, gateway]) => `route replace ${range} via ${gateway} proto ${ROUTE_PROTOCOL}`)];
}

/** Keeps the routes in line with the nodes of the cluster until disposed; routes stay when it ends. */
export function startRoutes(options: RoutesOptions): AsyncDisposable {
  const { nodes, nodeName, clock, random, log } = options;
  let applied: ReadonlyMap<string, string> | undefined;
  const loop = openConvergence({
    name: 'routes to other nodes',
    clock,
    log,
    backoff: new Backoff(RETRY, random),
    async converge(signal) {
      if (!nodes.synced) return;
      const present = applied ?? (await ourRoutes(signal));
      const wanted = desiredRoutes(nodes.lister.list(), nodeName);
      applied = undefined;
      await ipBatch(routeChanges(present, wanted), {}, signal);
      applied = wanted;
    },
  });
  const request = (): void => loop.request();
  const subscription = nodes.listen({ added: request, updated: request, deleted: request });
  return {
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]();
      await loop[Symbol.asyncDispose]();
    },
  };
}

async function ourRoutes(signal: AbortSignal): Promise<Map<string, string>> {
  const routes = await ipJson<{ dst: string; gateway?: string }>(['-4', 'route', 'show', 'proto', String(ROUTE_PROTOCOL)], {}, signal);
  return new Map(routes.map(({ dst, gateway }) => [dst, gateway ?? '']));
}
