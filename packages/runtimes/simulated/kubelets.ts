/**
 * The kubelets of simulated nodes as the API server reaches them: logs and commands, canned. They listen nowhere: connections are made inside the process.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import { Lru } from '#base/lru.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { annotation, EXEC, LOGS } from './annotations.ts';
import { serveExec } from './exec-session.ts';

/** What the kubelets need. */
export interface SimulatedKubeletsOptions {
  /** The pod as the API has it. */
  readonly pod: (namespace: string, name: string) => Pod | undefined;
  /** The serving certificate of a node, PEM. */
  readonly certificate: (node: string) => { readonly cert: string; readonly key: string };
  /** PEM of the authority of those who may ask. */
  readonly clientAuthority: string;
}

/** All kubelets of a fleet. */
export interface SimulatedKubelets extends Disposable {
  /** A connection to the kubelet of `node`. */
  connect(node: string): Duplex;
}

/** Nodes whose certificates are kept at hand. */
const MAX_CONTEXTS = 256;
/** `/containerLogs/NAMESPACE/POD/CONTAINER`, `/exec/…`, `/attach/…`. */
const PATH = /^\/(containerLogs|exec|attach)\/([^/]+)\/([^/]+)\/([^/]+)$/;

/** Makes them. */
export function createSimulatedKubelets(options: SimulatedKubeletsOptions): SimulatedKubelets {
  const contexts = new Lru<string, SecureContext>(MAX_CONTEXTS);
  const open = new Set<Duplex>();
  const server = createServer((request, response) => answer(options, request, response));
  server.on('upgrade', (request, socket, head) => upgrade(options, request, socket, head));
  server.on('clientError', (_, socket) => socket.destroy());
  const contextOf = (node: string): SecureContext => {
    const known = contexts.get(node);
    if (known) return known;
    const context = createSecureContext({ ...options.certificate(node), ca: options.clientAuthority });
    contexts.set(node, context);
    return context;
  };
  return {
    connect(node) {
      const [near, far] = duplexPair();
      const secure = new TLSSocket(far, { isServer: true, requestCert: true, rejectUnauthorized: true, secureContext: contextOf(node), ALPNProtocols: ['http/1.1'] });
      open.add(far);
      far.once('close', () => open.delete(far));
      secure.on('error', () => far.destroy());
      secure.once('secure', () => server.emit('connection', secure));
      return near;
    },
    [Symbol.dispose]() {
      for (const stream of open) stream.destroy();
      server.close();
    },
  };
}

function answer(options: SimulatedKubeletsOptions, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://node');
  const found = find(options, url);
  if (url.pathname === '/healthz') response.end('ok');
  else if (found?.action !== 'containerLogs') response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
  else response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end(lastLines(logsOf(found.pod, found.container), url.searchParams.get('tailLines')));
}

function upgrade(options: SimulatedKubeletsOptions, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const url = new URL(request.url ?? '/', 'https://node');
  const found = find(options, url);
  if (!found || request.headers.upgrade?.toUpperCase() !== 'SPDY/3.1') {
    socket.end(`HTTP/1.1 ${found ? '400 Bad Request' : '404 Not Found'}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    return;
  }
  const [protocol = 'v4.channel.k8s.io'] = [request.headers['x-stream-protocol-version'] ?? []].flat();
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol.split(',')[0]}\r\n\r\n`);
  const asked = (name: string): boolean => ['1', 'true'].includes(url.searchParams.get(name) ?? '');
  const streams = ['error', ...(asked('input') ? ['stdin'] : []), ...(asked('output') ? ['stdout'] : []), ...(asked('error') && !asked('tty') ? ['stderr'] : [])];
  const output = found.action === 'attach' ? logsOf(found.pod, found.container) : (annotation(found.pod, EXEC) ?? '');
  serveExec(socket, head, { output, streams });
}

interface Found {
  readonly action: string;
  readonly pod: Pod;
  readonly container: string;
}

function find({ pod }: SimulatedKubeletsOptions, { pathname }: URL): Found | undefined {
  const [, action = '', namespace = '', name = '', container = ''] = PATH.exec(decodeURIComponent(pathname)) ?? [];
  const found = pod(namespace, name);
  return found && { action, pod: found, container };
}

const logsOf = (pod: Pod, container: string): string => annotation(pod, LOGS) ?? `container ${container} of pod ${pod.metadata.namespace}/${pod.metadata.name} runs on simulated node ${pod.spec.nodeName}\n`;

function lastLines(text: string, count: string | null): string {
  if (count === null) return text;
  const lines = text.split(/(?<=\n)/);
  return lines.slice(Math.max(lines.length - Number(count), 0)).join('');
}
