/**
 * The network half of a node agent, started inside a node by the network tests: proxy, DNS and routes over objects that the test sends.
 */
import { systemClock } from '#base/clock.ts';
import { createLogger, errorFields } from '#base/log.ts';
import { systemRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { MemoryTransport } from '#client/testing/memory-transport.ts';
import { startDns } from '#dns/dns.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { startRoutes } from '#network/routes.ts';
import { startProxy } from '#proxy/proxy.ts';

/** What the test asks for. Every request is answered with its id when it has taken effect. */
export type AgentRequest = { readonly id: number } & (
  | { readonly do: 'put'; readonly objects: readonly KubeObject[] }
  | { readonly do: 'delete'; readonly objects: readonly KubeObject[] }
  | { readonly do: 'drain'; readonly addresses: readonly string[] }
);

const [nodeName = '', address = '', dnsIp = ''] = process.argv.slice(2);
const kinds: readonly Kind[] = [nodes, services, endpointSlices] as readonly unknown[] as readonly Kind[];
const log = createLogger((level, message, fields) => console.error(level, message, JSON.stringify(fields)), 'info');
const { signal } = new AbortController();
const base = { clock: systemClock, random: systemRandom, log };
const client = createClient(new MemoryTransport());
const informers = createInformerFactory({ client, ...base });
const proxy = startProxy({ informers, nodeName, podCidrs: ['10.244.0.0/16'], ...base });
startRoutes({ nodes: informers.of(nodes), nodeName, ...base });
await startDns({ informers, listen: [{ address, port: 10053 }], clusterDomain: 'cluster.local', dnsIp, upstreams: [], clock: systemClock, log });
await proxy.settled(signal);

function clientOf(object: KubeObject) {
  const kind = kinds.find((one) => one.kind === object.kind)!;
  const { namespace } = object.metadata;
  return namespace ? client.of(kind).namespace(namespace) : client.of(kind);
}

async function put(object: KubeObject): Promise<string> {
  const target = clientOf(object);
  try {
    return (await target.create(object, {}, signal)).metadata.resourceVersion ?? '';
  } catch (error) {
    if (!isReason(error, 'AlreadyExists')) throw error;
    return (await target.update(object, {}, signal)).metadata.resourceVersion ?? '';
  }
}

/** Until the informers have seen what was written. */
async function caughtUp(revisions: readonly string[]): Promise<void> {
  const wanted = Math.max(0, ...revisions.map(Number));
  const seen = (): number => Math.max(...kinds.map((kind) => Number(informers.of(kind).resourceVersion)));
  while (seen() < wanted) await systemClock.sleep(1, signal);
  await proxy.settled(signal);
}

async function handle(request: AgentRequest): Promise<void> {
  if (request.do === 'drain') return await proxy.drained(request.addresses, signal);
  if (request.do === 'put') return await caughtUp(await Promise.all(request.objects.map(put)));
  for (const object of request.objects) await clientOf(object).delete(object.metadata.name ?? '', {}, signal);
  const gone = (object: KubeObject): boolean =>
    informers
      .of(kinds.find((one) => one.kind === object.kind)!)
      .lister.get([object.metadata.namespace ?? [], object.metadata.name ?? ''].flat().join('/')) === undefined;
  while (!request.objects.every(gone)) await systemClock.sleep(1, signal);
  await proxy.settled(signal);
}

process.on('message', (request: AgentRequest) => {
  handle(request).then(
    () => process.send!({ id: request.id }),
    (error) => process.send!({ id: request.id, error: errorFields(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send!({ id: 0 });
