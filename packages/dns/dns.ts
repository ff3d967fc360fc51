/**
 * The cluster's DNS server, one on every node.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { InformerFactory } from '#client/informer.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import { clusterView } from './cluster-view.ts';
import { Resolver } from './resolver.ts';
import { DnsServer, type ListenAddress } from './server.ts';
import { Upstream } from './upstream.ts';
import { UpstreamCache } from './upstream-cache.ts';

/** What the server works with. */
export interface DnsOptions {
  readonly informers: InformerFactory;
  readonly listen: readonly ListenAddress[];
  /** `cluster.local`. */
  readonly clusterDomain: string;
  /** Cluster IP of the DNS service. */
  readonly dnsIp: string;
  /** Name servers for all other names, as addresses; none: such questions are refused at once. */
  readonly upstreams: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** A running server. */
export interface Dns extends AsyncDisposable {
  /** The addresses it listens on, with their ports. */
  readonly addresses: readonly ListenAddress[];
}

const DNS_PORT = 53;

/** Starts answering. Until services and slices are known, cluster names are answered with SERVFAIL. @throws StatusError when a port is taken. */
export async function startDns(options: DnsOptions): Promise<Dns> {
  const { informers, clusterDomain, dnsIp, clock, log } = options;
  const serviceInformer = informers.of(services);
  const sliceInformer = informers.of(endpointSlices);
  const servers = options.upstreams.map((address) => ({ address, port: DNS_PORT }));
  const resolver = new Resolver({
    view: clusterView(informers),
    zone: { domain: clusterDomain.toLowerCase(), dnsIp },
    upstream: new Upstream({ servers, clock, cache: new UpstreamCache() }),
    ready: () => serviceInformer.synced && sliceInformer.synced,
  });
  const server = new DnsServer(resolver, log);
  try {
    const addresses: ListenAddress[] = [];
    for (const { address, port } of options.listen) addresses.push({ address, port: await server.listen({ address, port }) });
    return { addresses, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Name server addresses in the text of a resolv.conf. */
export function nameserversOf(resolvConf: string): string[] {
  return resolvConf.split('\n').flatMap((line) => {
    const [keyword, address] = line.trim().split(/\s+/);
    return keyword === 'nameserver' && address ? [address] : [];
  });
}
