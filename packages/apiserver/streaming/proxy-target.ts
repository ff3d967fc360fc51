/** Where `pods/proxy`, `services/proxy` and `nodes/proxy` lead. Source: kubernetes `registry/core` ResourceLocation functions. */
import type { Random } from '#base/random.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import { endpointSlices } from '#kinds/discovery/endpoint-slice/kind.ts';
import { badRequest, notFound, serviceUnavailable } from '#machinery/status.ts';
import type { Caches, RequestInfo } from '../call.ts';
import type { DialTarget } from './dial.ts';

/** A backend of the proxy. */
export interface ProxyTarget {
  readonly scheme: 'http' | 'https';
  readonly dial: DialTarget;
  /** Set when the backend is the kubelet, which asks for the server's certificate. */
  readonly kubelet?: string;
}

/** `[scheme:]name[:port]`, as it stands in the path. */
interface ProxyName {
  readonly scheme: string;
  readonly name: string;
  readonly port: string;
}

function parseProxyName(text: string, resource: string): ProxyName {
  const parts = text.split(':');
  const [first = '', second = '', third = ''] = parts;
  let parsed: ProxyName | undefined;
  if (parts.length === 1) parsed = { scheme: '', name: first, port: '' };
  else if (parts.length === 2) parsed = { scheme: '', name: first, port: second };
  else if (parts.length === 3) parsed = { scheme: first, name: second, port: third };
  if (!parsed || parsed.name === '' || !['', 'http', 'https'].includes(parsed.scheme)) throw badRequest(`invalid ${resource} request ${JSON.stringify(text)}`);
  return parsed;
}

/** The backend that a request names. @throws StatusError */
export function proxyTarget(caches: Caches, info: RequestInfo, random: Random): ProxyTarget {
  switch (info.resource) {
    case 'nodes':
      return nodeTarget(caches, info);
    case 'pods':
      return podTarget(caches, info);
    default:
      return serviceTarget(caches, info, random);
  }
}

function nodeTarget(caches: Caches, info: RequestInfo): ProxyTarget {
  const { scheme, name, port } = parseProxyName(info.name, 'node');
  const node = caches.get(nodes, '', name);
  if (!node) throw notFound({ group: '', resource: 'nodes' }, name);
  const address = node.status?.addresses?.find((one) => one.type === 'InternalIP')?.address ?? node.status?.addresses?.[0]?.address;
  if (!address) throw badRequest(`node ${name} has no address`);
  const kubeletPort = node.status?.daemonEndpoints?.kubeletEndpoint?.Port || 10250;
  const number = port === '' ? kubeletPort : portNumber(port);
  const dial = { node: name, host: address, port: number };
  if (number === kubeletPort) return { scheme: 'https', dial, kubelet: name };
  return { scheme: scheme === 'https' ? 'https' : 'http', dial };
}

function podTarget(caches: Caches, info: RequestInfo): ProxyTarget {
  const { scheme, name, port } = parseProxyName(info.name, 'pod');
  const pod = caches.get(pods, info.namespace, name);
  if (!pod) throw notFound({ group: '', resource: 'pods' }, name);
  const declared = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  const byName = declared.find((one) => one.name === port)?.containerPort;
  const number = port === '' ? (declared[0]?.containerPort ?? 80) : (byName ?? portNumber(port));
  const host = pod.status?.podIP;
  if (!host) throw badRequest(`address not allowed`);
  return { scheme: scheme === 'https' ? 'https' : 'http', dial: { ...(pod.spec?.nodeName ? { node: pod.spec.nodeName } : {}), host, port: number } };
}

function serviceTarget(caches: Caches, info: RequestInfo, random: Random): ProxyTarget {
  const { scheme, name, port } = parseProxyName(info.name, 'service');
  const service = caches.get(services, info.namespace, name);
  if (!service) throw notFound({ group: '', resource: 'services' }, name);
  const servicePorts = service.spec?.ports ?? [];
  const asNumber = /^\d+$/.test(port) ? Number(port) : undefined;
  const chosen = port === '' && servicePorts.length === 1 ? servicePorts[0] : servicePorts.find((one) => (asNumber === undefined ? (one.name ?? '') === port : one.port === asNumber));
  if (!chosen) throw serviceUnavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`);
  const slices = caches.list(endpointSlices, info.namespace).filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name);
  const backends: DialTarget[] = [];
  for (const slice of slices) {
    const number = slice.ports?.find((one) => (one.name ?? '') === (chosen.name ?? ''))?.port;
    if (number === undefined) continue;
    for (const endpoint of slice.endpoints) {
      const host = endpoint.addresses[0];
      if (host !== undefined && endpoint.conditions?.ready !== false) backends.push({ ...(endpoint.nodeName ? { node: endpoint.nodeName } : {}), host, port: number });
    }
  }
  if (backends.length === 0) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return { scheme: scheme === 'https' ? 'https' : 'http', dial: backends[random.int(backends.length)]! };
}

function portNumber(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw badRequest(`invalid port ${JSON.stringify(text)}`);
  return number;
}
