/**
 * From a kubeconfig context to a transport.
 */
import { readFile } from 'node:fs/promises';
import type { Clock } from '#base/clock.ts';
import { fixedToken, tokenFromFile } from './bearer-token.ts';
import { openHttpTransport } from './http-transport.ts';
import type { HttpTransportOptions } from './http-transport.ts';
import type { Kubeconfig, KubeconfigCluster, KubeconfigUser } from './kubeconfig.ts';
import type { Transport } from './transport.ts';

/** What every connection needs besides its address. */
export interface ConnectOptions {
  readonly userAgent: string;
  readonly clock: Clock;
}

async function pem(path: string | undefined, data: string | undefined): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  return path ? readFile(path, 'utf8') : undefined;
}

/** The cluster, user and namespace of a context. @throws Error when the config does not have them. */
export function selectContext(config: Kubeconfig, name = config.currentContext): { cluster: KubeconfigCluster; user: KubeconfigUser; namespace: string } {
  const context = config.contexts[name];
  if (!context) throw new Error(name ? `context "${name}" does not exist` : 'no current context is set');
  const cluster = config.clusters[context.cluster];
  if (!cluster) throw new Error(`cluster "${context.cluster}" does not exist`);
  return { cluster, user: config.users[context.user] ?? {}, namespace: context.namespace || 'default' };
}

/** Connection options of a context, with its files read. */
export async function transportOptions(config: Kubeconfig, options: ConnectOptions, contextName?: string): Promise<HttpTransportOptions> {
  const { cluster, user } = selectContext(config, contextName);
  const ca = await pem(cluster['certificate-authority'], cluster['certificate-authority-data']);
  const cert = await pem(user['client-certificate'], user['client-certificate-data']);
  const key = await pem(user['client-key'], user['client-key-data']);
  const token = user.tokenFile ? tokenFromFile(user.tokenFile, options.clock) : user.token ? fixedToken(user.token) : undefined;
  return {
    ...options,
    server: new URL(cluster.server),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(token ? { token } : {}),
    ...(cluster['tls-server-name'] ? { serverName: cluster['tls-server-name'] } : {}),
    ...(cluster['insecure-skip-tls-verify'] ? { insecureSkipVerify: true } : {}),
    ...(user.as ? { impersonate: { user: user.as, groups: user['as-groups'] ?? [] } } : {}),
  };
}

/** Opens a transport for a context of `config` (the current one unless named). */
export async function connectKubeconfig(config: Kubeconfig, options: ConnectOptions, contextName?: string): Promise<Transport> {
  return openHttpTransport(await transportOptions(config, options, contextName));
}
