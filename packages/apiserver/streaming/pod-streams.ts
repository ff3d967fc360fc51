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
import { UpgradeRefused, upgradeBackend } from './upgrade-backend.ts';
import { CHANNEL_PROTOCOLS, type StandardStreams, serveChannels } from './web-socket-channels.ts';
import { serveTunnel, tunnelledProtocol } from './web-socket-tunnel.ts';
import { offeredProtocols } from './web-socket.ts';

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
      if (call.method === 'GET') await requireCreate(authorizer, call);
      const path = `/${KUBELET_PATH[stream]}/${info.namespace}/${info.name}${pathRest(stream, pod, call.query)}`;
      const node = pod.spec?.nodeName;
      if (!node) throw badRequest(`pod ${info.name} does not have a host assigned`);
      if (call.reach !== 'upgrade') throw badRequest('Upgrade request required');
      const socket = await connect(kubelets, node, call.signal);
      return reply(stream, call, { socket, path, host: node });
    },
  };
}

/** A connection to a kubelet and what to ask it for. */
interface Backend {
  readonly socket: TLSSocket;
  readonly path: string;
  readonly host: string;
}

/** Translates what runtimes do not speak; everything else goes through byte for byte. */
async function reply(stream: PodStream, call: ApiCall, { socket, path, host }: Backend): Promise<ApiReply> {
  const { query, signal } = call;
  const offered = offeredProtocols((name) => call.header?.(name)) ?? [];
  const channels = stream === 'portforward' ? undefined : CHANNEL_PROTOCOLS.find((one) => offered.includes(one));
  if (channels !== undefined) {
    const session = { protocol: channels, streams: standardStreams(query), path, host, signal };
    return { type: 'takeover', run: (connection) => serveChannels(connection, socket, session) };
  }
  const tunnelled = stream === 'portforward' ? tunnelledProtocol(offered) : undefined;
  if (!tunnelled) return { type: 'takeover', run: (connection) => relayUpgrade(connection, socket, { method: call.method, path, host }) };
  try {
    const backend = await upgradeBackend(socket, { path, host, streamProtocol: tunnelled.inner }, signal);
    return { type: 'takeover', run: (connection) => serveTunnel(connection, backend, tunnelled.offered) };
  } catch (error) {
    if (error instanceof UpgradeRefused) throw new StatusError({ code: error.code, reason: 'InternalError', message: error.message }, error);
    throw error;
  }
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
async function requireCreate(authorizer: Authorizer, call: ApiCall): Promise<void> {
  const asked = { ...call.info, verb: 'create' };
  const decision = await authorizer.authorize(call.user, asked);
  if (decision.verdict !== 'allow') throw denialError(call.user, asked, decision);
}

function pathRest(stream: PodStream, pod: Pod, query: URLSearchParams): string {
  const passed = new URLSearchParams();
  if (stream === 'portforward') {
    const ports = query.getAll('ports');
    if (ports.length > 0) passed.set('port', ports.join(','));
    return passed.size === 0 ? '' : `?${passed.toString()}`;
  }
  const container = chooseContainer(pod, query.get('container') ?? '');
  const { stdin, stdout, stderr, tty } = standardStreams(query);
  if (stdin) passed.set('input', '1');
  if (stdout) passed.set('output', '1');
  if (stderr) passed.set('error', '1');
  if (tty) passed.set('tty', '1');
  if (stream === 'exec') for (const word of query.getAll('command')) passed.append('command', word);
  return `/${container}?${passed.toString()}`;
}

/** Streams that were asked for; standard output when none was. */
function standardStreams(query: URLSearchParams): StandardStreams {
  const flag = (name: string): boolean => {
    const value = query.get(name);
    return value !== null && value !== '0' && value.toLowerCase() !== 'false';
  };
  const isBare = !query.has('stdin') && !query.has('stdout') && !query.has('stderr');
  return { stdin: flag('stdin'), stdout: isBare || flag('stdout'), stderr: flag('stderr'), tty: flag('tty') };
}
