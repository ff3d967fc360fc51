/**
 * What the cluster's names mean: services, endpoints and pods as DNS records. Pure, given a view of the objects.
 *
 * Source: Kubernetes DNS-Based Service Discovery, version 1.1.0; where it is silent, CoreDNS.
 */
import { parseIp } from '#machinery/ip.ts';
import type { Service, ServicePort } from '#kinds/core/service/schema.ts';
import type { EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';
import { RCODE, type RecordData, type ResourceRecord, TYPE } from './message.ts';

/** The objects that names are made from. */
export interface ClusterView {
  service(namespace: string, name: string): Service | undefined;
  /** Slices of a service. */
  slices(namespace: string, name: string): readonly EndpointSlice[];
  /** Whether the namespace has any service. */
  hasServices(namespace: string): boolean;
  servicesByIp(address: string): readonly Service[];
  slicesByAddress(address: string): readonly EndpointSlice[];
}

/** What is known of a name. */
export interface Lookup {
  readonly rcode: number;
  readonly answers: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  /** A name outside of the cluster whose records belong to the answer as well (the target of an ExternalName). */
  readonly continueAt?: string;
}

/** The zone and its constants. */
export interface Zone {
  /** `cluster.local`. */
  readonly domain: string;
  /** Address of the DNS service, for `ns.dns.DOMAIN`. */
  readonly dnsIp: string;
}

/** How long clients may keep answers about the cluster, and that there is none, in seconds. */
export const CLUSTER_TTL = 5;
const SCHEMA_VERSION = '1.1.0';
const NXDOMAIN: Lookup = { rcode: RCODE.NXDOMAIN, answers: [], additional: [] };
const NODATA: Lookup = { rcode: RCODE.NOERROR, answers: [], additional: [] };

interface Target {
  readonly host: string;
  readonly addresses: readonly string[];
}

interface Match extends Target {
  /** Undefined for a headless service without ports. */
  readonly port: number | undefined;
}

/** The zone's start of authority, which goes with every negative answer. */
export function startOfAuthority(zone: Zone): ResourceRecord {
  const data: RecordData = {
    type: 'SOA',
    primary: `ns.dns.${zone.domain}`,
    mailbox: `hostmaster.${zone.domain}`,
    serial: 1,
    negativeTtl: CLUSTER_TTL,
  };
  return { name: zone.domain, ttl: CLUSTER_TTL, data };
}

/** Answers a question about a name in the cluster's zone (the zone itself included). */
export function lookUp(view: ClusterView, zone: Zone, name: string, type: number): Lookup {
  const labels = name === zone.domain ? [] : name.slice(0, -zone.domain.length - 1).split('.');
  const root = labels.at(-1);
  if (root === undefined) return apex(zone, type);
  if (root === 'svc') return serviceName(view, zone, name, labels.slice(0, -1), type);
  if (root === 'pod') return podName(name, labels.slice(0, -1), type);
  if (root === 'dns-version' && labels.length === 1) return only(name, type, { type: 'TXT', text: SCHEMA_VERSION });
  if (root === 'dns' && labels.length <= 2) {
    if (labels.length === 1) return NODATA;
    if (labels[0] === 'ns') return addresses(name, [zone.dnsIp], type);
  }
  return NXDOMAIN;
}

function apex(zone: Zone, type: number): Lookup {
  if (type === TYPE.SOA) return { ...NODATA, answers: [startOfAuthority(zone)] };
  if (type !== TYPE.NS) return NODATA;
  const host = `ns.dns.${zone.domain}`;
  return {
    rcode: RCODE.NOERROR,
    answers: [{ name: zone.domain, ttl: CLUSTER_TTL, data: { type: 'NS', target: host } }],
    additional: addressRecords(host, [zone.dnsIp]),
  };
}

/** `1-2-3-4.NAMESPACE.pod`: the address is in the name. */
function podName(name: string, labels: readonly string[], type: number): Lookup {
  if (labels.length < 2) return NODATA;
  const [dashed = ''] = labels;
  if (labels.length > 2) return NXDOMAIN;
  const dotted = dashed.replaceAll('-', '.');
  const address = parseIp(dotted) ? dotted : dashed.replaceAll('-', ':');
  return parseIp(address) ? addresses(name, [address], type) : NXDOMAIN;
}

/** Labels before `svc`: `[[_PORT, _PROTOCOL] | [ENDPOINT]] SERVICE NAMESPACE`. */
function serviceName(view: ClusterView, zone: Zone, name: string, labels: readonly string[], type: number): Lookup {
  const [serviceLabel, namespace] = [labels.at(-2), labels.at(-1)];
  if (namespace === undefined) return NODATA;
  if (serviceLabel === undefined) return view.hasServices(namespace) ? NODATA : NXDOMAIN;
  const service = view.service(namespace, serviceLabel);
  if (!service) return NXDOMAIN;
  const sub = labels.slice(0, -2);
  if (service.spec.type === 'ExternalName') return sub.length === 0 ? alias(name, service.spec.externalName ?? '', type) : NXDOMAIN;
  const host = `${serviceLabel}.${namespace}.svc.${zone.domain}`;
  if (sub.length === 1 && (sub[0] === '_tcp' || sub[0] === '_udp' || sub[0] === '_sctp')) {
    return service.spec.ports?.some((port) => `_${(port.protocol ?? 'TCP').toLowerCase()}` === sub[0]) ? NODATA : NXDOMAIN;
  }
  if (sub.length > 2 || (sub.length === 2 && !sub.every((label) => label.startsWith('_')))) return NXDOMAIN;
  const wanted = sub.length === 2 ? { name: sub[0]!.slice(1), protocol: sub[1]!.slice(1) } : undefined;
  const endpointName = sub.length === 1 ? sub[0] : undefined;
  const isHeadless = service.spec.clusterIP === 'None';
  const matches =
    isHeadless || endpointName !== undefined
      ? endpointMatches(view.slices(namespace, serviceLabel), host, wanted).filter(
          (match) => endpointName === undefined || match.host === `${endpointName}.${host}`,
        )
      : clusterIpMatches(service, host, wanted);
  return matches.length === 0 ? NXDOMAIN : fromMatches(name, matches, type);
}

function alias(name: string, target: string, type: number): Lookup {
  const canonical = target.replace(/\.$/, '').toLowerCase();
  if (!canonical) return NXDOMAIN;
  // An address as external name is answered as such.
  if (parseIp(canonical)) return addresses(name, [canonical], type);
  const answers: ResourceRecord[] = [{ name, ttl: CLUSTER_TTL, data: { type: 'CNAME', target: canonical } }];
  return { rcode: RCODE.NOERROR, answers, additional: [], ...(type === TYPE.CNAME ? {} : { continueAt: canonical }) };
}

interface WantedPort {
  readonly name: string;
  readonly protocol: string;
}

const isWanted = (wanted: WantedPort | undefined, name: string | undefined, protocol: string | undefined): boolean =>
  wanted === undefined || ((name ?? '') === wanted.name && (protocol ?? 'TCP').toLowerCase() === wanted.protocol);

function clusterIpMatches(service: Service, host: string, wanted: WantedPort | undefined): Match[] {
  const clusterIps = service.spec.clusterIPs ?? (service.spec.clusterIP ? [service.spec.clusterIP] : []);
  if (clusterIps.length === 0) return [];
  const ports = (service.spec.ports ?? []).filter((port: ServicePort) => isWanted(wanted, port.name, port.protocol));
  return ports.map(({ port }) => ({ host, addresses: clusterIps, port }));
}

function endpointMatches(slices: readonly EndpointSlice[], host: string, wanted: WantedPort | undefined): Match[] {
  const matches = new Map<string, Match>();
  for (const slice of slices) {
    if (slice.addressType === 'FQDN') continue;
    const ports = (slice.ports ?? []).filter((port) => isWanted(wanted, port.name, port.protocol)).map(({ port }) => port);
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions.ready === false) continue;
      const name = `${endpointLabel(endpoint.hostname, endpoint.addresses[0] ?? '')}.${host}`;
      for (const port of ports.length > 0 || wanted ? ports : [undefined]) {
        const key = `${name} ${port}`;
        const known = matches.get(key);
        matches.set(key, { host: name, port, addresses: [...new Set([...(known?.addresses ?? []), ...endpoint.addresses])] });
      }
    }
  }
  return [...matches.values()];
}

/** An endpoint's own name: what its pod asked for, or its address with dashes. */
function endpointLabel(hostname: string | undefined, address: string): string {
  return hostname || address.replaceAll(/[.:]/g, '-');
}

function fromMatches(name: string, matches: readonly Match[], type: number): Lookup {
  if (type === TYPE.SRV) {
    const withPort = matches.filter((match) => match.port !== undefined);
    const weight = Math.max(1, Math.floor(100 / Math.max(1, withPort.length)));
    const hosts = new Map(withPort.map((match) => [match.host, match.addresses]));
    return {
      rcode: RCODE.NOERROR,
      answers: withPort.map(({ host, port }) => ({ name, ttl: CLUSTER_TTL, data: { type: 'SRV', priority: 0, weight, port: port!, target: host } })),
      additional: [...hosts].flatMap(([host, own]) => addressRecords(host, own)),
    };
  }
  return addresses(name, [...new Set(matches.flatMap((match) => match.addresses))], type);
}

/** Names of an address, for a reverse lookup: the services with this cluster IP, or the endpoints there. */
export function reverse(view: ClusterView, zone: Zone, address: string): string[] {
  const services = view.servicesByIp(address).map(({ metadata }) => `${metadata.name}.${metadata.namespace}.svc.${zone.domain}`);
  if (services.length > 0) return services;
  const names = view.slicesByAddress(address).flatMap((slice) => {
    const service = slice.metadata.labels?.['kubernetes.io/service-name'];
    const here = slice.endpoints?.filter((endpoint) => endpoint.addresses.includes(address)) ?? [];
    return service
      ? here.map((endpoint) => `${endpointLabel(endpoint.hostname, address)}.${service}.${slice.metadata.namespace}.svc.${zone.domain}`)
      : [];
  });
  return [...new Set(names)];
}

function only(name: string, type: number, data: RecordData): Lookup {
  return type === TYPE[data.type] ? { ...NODATA, answers: [{ name, ttl: CLUSTER_TTL, data }] } : NODATA;
}

function addresses(name: string, texts: readonly string[], type: number): Lookup {
  const wanted = type === TYPE.A ? 'A' : type === TYPE.AAAA ? 'AAAA' : undefined;
  return { ...NODATA, answers: addressRecords(name, texts).filter((record) => record.data.type === wanted) };
}

function addressRecords(name: string, texts: readonly string[]): ResourceRecord[] {
  return texts.flatMap((text) => {
    const address = parseIp(text);
    return address
      ? [{ name, ttl: CLUSTER_TTL, data: { type: address.family === 4 ? ('A' as const) : ('AAAA' as const), address: addressBytes(address) } }]
      : [];
  });
}

function addressBytes({ family, value }: { readonly family: 4 | 6; readonly value: bigint }): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  let rest = value;
  for (let index = bytes.length - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
