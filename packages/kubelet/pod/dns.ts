/**
 * Name resolution of pods: name servers, search domains and options by policy, and host names.
 *
 * Source: kubernetes `pkg/kubelet/network/dns`.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';

/** The content of a resolver configuration. */
export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** What the cluster and the node offer. */
export interface DnsContext {
  /** Addresses of the cluster's DNS; empty when it has none. */
  readonly clusterServers: readonly string[];
  /** `cluster.local`. */
  readonly clusterDomain: string;
  /** The node's own configuration. */
  readonly host: DnsConfig;
}

const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

/** Reads a `resolv.conf`. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = [];
  let searches: string[] = [];
  let options: string[] = [];
  for (const line of text.split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'nameserver' && rest[0]) servers.push(rest[0]);
    else if (word === 'search') searches = rest.map((domain) => (domain === '.' ? domain : domain.replace(/\.$/, '')));
    else if (word === 'options') options = rest;
  }
  return { servers, searches, options };
}

function policyConfig(pod: Pod, context: DnsContext): DnsConfig {
  const { dnsPolicy = 'ClusterFirst', hostNetwork } = pod.spec;
  const usesCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  if (dnsPolicy === 'None') return { servers: [], searches: [], options: [] };
  if (!usesCluster || context.clusterServers.length === 0) return context.host;
  const { clusterDomain, host } = context;
  const own = clusterDomain ? [`${pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain] : [];
  return { servers: context.clusterServers, searches: unique([...own, ...host.searches]), options: ['ndots:5'] };
}

const unique = (all: readonly string[]): string[] => [...new Set(all)];

/** Options by name; the pod's own replace those of the policy. */
function mergeOptions(base: readonly string[], own: readonly { readonly name?: string; readonly value?: string }[]): string[] {
  const merged = new Map<string, string>();
  for (const option of base) merged.set(option.split(':')[0]!, option);
  for (const { name = '', value } of own) merged.set(name, value ? `${name}:${value}` : name);
  return [...merged.values()];
}

/** Keeps within what resolvers read. */
function limitSearches(searches: readonly string[]): string[] {
  const kept: string[] = [];
  let characters = 0;
  for (const domain of searches.slice(0, MAX_SEARCHES)) {
    characters += domain.length + 1;
    if (characters > MAX_SEARCH_CHARACTERS) break;
    kept.push(domain);
  }
  return kept;
}

/** The resolver configuration of a pod. */
export function podDns(pod: Pod, context: DnsContext): DnsConfig {
  const base = policyConfig(pod, context);
  const own = pod.spec.dnsConfig;
  return {
    servers: unique([...base.servers, ...(own?.nameservers ?? [])]).slice(0, MAX_SERVERS),
    searches: limitSearches(unique([...base.searches, ...(own?.searches ?? [])])),
    options: mergeOptions(base.options, own?.options ?? []),
  };
}

const MAX_HOSTNAME = 63;

/** The pod's host name, cut to what the kernel takes, and its domain in the cluster when it has a subdomain. */
export function hostnameOf(pod: Pod, clusterDomain: string): { readonly hostname: string; readonly domain: string } {
  if (pod.spec.hostnameOverride) return { hostname: pod.spec.hostnameOverride, domain: '' };
  const full = pod.spec.hostname || pod.metadata.name || '';
  const hostname = full.slice(0, MAX_HOSTNAME).replace(/[-.]+$/, '');
  const domain = pod.spec.subdomain ? `${pod.spec.subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}` : '';
  return { hostname, domain };
}

/** The name that `hostname` prints in the pod: short, or the full name when the pod asks for it. */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  const { hostname, domain } = hostnameOf(pod, clusterDomain);
  return pod.spec.setHostnameAsFQDN && domain ? `${hostname}.${domain}` : hostname;
}
