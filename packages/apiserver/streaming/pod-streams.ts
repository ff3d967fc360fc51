/** `pods/exec`, `pods/attach` and `pods/portforward`: upgraded connections joined with the kubelet's. Source: kubernetes `registry/core/pod/rest`. */
import type { TLSSocket } from 'node:tls';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { StatusError, badRequest, notFound } from '#machinery/status.ts';
import { type Authorizer, denialError } from '../authorization/authorizer.ts';
import type { ApiCall, ApiReply, Caches, Handler } from '../call.ts';
import { chooseContainer } from './container-choice.ts';
import type { KubeletClient } from './kubelet-client.ts';
import { relayUpgrade } from './relay.ts';

/** The streaming subresources. */
export type PodStream = 'exec' | 'attach' | 'portforward';

const KUBELET_PATH: Readonly<Record<PodStream, string>> = { exec: 'exec', attach: 'attach', portforward: 'portForward' };
const PODS = { group: '', resource: 'pods' };

/** What a stream handler needs. */
export interface PodStreamSources {
  readonly caches: Caches;
  readonly kubelets: KubeletClient;
  readonly authorizer: Authorizer;
}

/** Joins the client with a container. */
export function podStreamHandler(stream: PodStream, { caches, kubelets, authorizer }: PodStreamSources): Handler {
  return {
    async handle(call): Promise<ApiReply> {
      const { info } = call;
      const pod = caches.get(pods, info.namespace, info.name);
      if (!pod) throw notFound(PODS, info.name);
      if (call.method === 'GET') requireCreate(authorizer, call);
      const path = `/${KUBELET_PATH[stream]}/${info.namespace}/${info.name}${pathRest(stream, pod, call.query)}`;
      const node = pod.spec?.nodeName;
      if (!node) throw badRequest(`pod ${info.name} does not have a host assigned`);
      if (call.reach !== 'upgrade') throw badRequest('Upgrade request required');
      const socket = await connect(kubelets, node, call.signal);
      return { type: 'takeover', run: (connection) => relayUpgrade(connection, socket, { method: call.method, path, host: node }) };
    },
  };
}

async function connect(kubelets: KubeletClient, node: string, signal: AbortSignal): Promise<TLSSocket> {
  try {
    return await kubelets.connect(node, signal);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw new StatusError({ code: 500, reason: 'InternalError', message: `error dialing backend: ${error instanceof Error ? error.message : String(error)}` }, error);
  }
}

/** WebSocket requests are GET; they still start something, so they need the right to create as their SPDY equivalent does. */
function requireCreate(authorizer: Authorizer, call: ApiCall): void {
  const asked = { ...call.info, verb: 'create' };
  const { verdict, reason } = authorizer.authorize(call.user, asked);
  if (verdict !== 'allow') throw denialError(call.user, asked, reason);
}

function pathRest(stream: PodStream, pod: Pod, query: URLSearchParams): string {
  const passed = new URLSearchParams();
  if (stream === 'portforward') {
    const ports = query.getAll('ports');
    if (ports.length > 0) passed.set('port', ports.join(','));
    return passed.size === 0 ? '' : `?${passed.toString()}`;
  }
  const container = chooseContainer(pod, query.get('container') ?? '');
  for (const [name, kubeletName] of [
    ['stdin', 'input'],
    ['stdout', 'output'],
    ['stderr', 'error'],
    ['tty', 'tty'],
  ] as const) {
    const value = query.get(name);
    const standard = value === null && name === 'stdout' && !query.has('stderr') && !query.has('stdin');
    if (standard || (value !== null && value !== '0' && value.toLowerCase() !== 'false')) passed.set(kubeletName, '1');
  }
  if (stream === 'exec') for (const word of query.getAll('command')) passed.append('command', word);
  return `/${container}?${passed.toString()}`;
}
