/**
 * Environment variables that tell a container where services are.
 *
 * Source: kubernetes `pkg/kubelet/envvars`.
 */
import type { Service } from '#kinds/core/service/schema.ts';

/** Where every pod finds the API server. */
const API_SERVICE = { namespace: 'default', name: 'kubernetes' } as const;

const hasClusterIp = (service: Service): boolean => {
  const ip = service.spec?.clusterIP;
  return ip !== undefined && ip !== '' && ip !== 'None';
};

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_');

/** `host:port`, with brackets around IPv6 addresses. */
const joinHostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** Variables for a pod of `namespace`: the API service always, the namespace's services when `links` is on. */
export function serviceEnv(services: readonly Service[], namespace: string, links: boolean): Map<string, string> {
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name = '', namespace: of = '' } = service.metadata;
    if (!hasClusterIp(service)) continue;
    if (of === namespace && links) chosen.set(name, service);
    else if (of === API_SERVICE.namespace && name === API_SERVICE.name && !chosen.has(name)) chosen.set(name, service);
  }
  const env = new Map<string, string>();
  for (const [, service] of [...chosen].sort(([a], [b]) => (a < b ? -1 : 1))) addService(env, service);
  return env;
}

function addService(env: Map<string, string>, service: Service): void {
  const prefix = variableName(service.metadata.name ?? '');
  const ip = service.spec?.clusterIP ?? '';
  const ports = service.spec?.ports ?? [];
  const first = ports[0];
  env.set(`${prefix}_SERVICE_HOST`, ip);
  if (!first) return;
  env.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of ports) if (port.name) env.set(`${prefix}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
  for (const [at, port] of ports.entries()) {
    const protocol = port.protocol ?? 'TCP';
    const url = `${protocol.toLowerCase()}://${joinHostPort(ip, port.port)}`;
    const name = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
    if (at === 0) env.set(`${prefix}_PORT`, url);
    env.set(name, url);
    env.set(`${name}_PROTO`, protocol.toLowerCase());
    env.set(`${name}_PORT`, String(port.port));
    env.set(`${name}_ADDR`, ip);
  }
}
