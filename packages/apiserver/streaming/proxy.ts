/** `pods/proxy`, `services/proxy` and `nodes/proxy`: any method, streamed both ways, upgrades included. Source: apimachinery `util/proxy`. */
import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, request as httpRequest } from 'node:http';
import { type Duplex, pipeline, type Transform } from 'node:stream';
import { connect } from 'node:tls';
import { createDeflate, createGunzip, createGzip, createInflate } from 'node:zlib';
import type { Random } from '#base/random.ts';
import { StatusError, serviceUnavailable } from '#machinery/status.ts';
import type { ApiCall, ApiReply, Caches, Connection, Handler } from '../call.ts';
import type { Dial } from './dial.ts';
import { HtmlLinks, type ProxiedPage } from './html-links.ts';
import type { KubeletClient } from './kubelet-client.ts';
import { type ProxyTarget, proxyTarget } from './proxy-target.ts';
import { passedHeaders, relayUpgrade } from './relay.ts';

/** What the proxy needs. */
export interface ProxySources {
  readonly caches: Caches;
  readonly kubelets: KubeletClient;
  readonly dial: Dial;
  readonly random: Random;
}

/** Headers of one hop only. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'http2-settings']);

/** Proxies to a pod, a service's endpoint or a node. */
export function proxyHandler(sources: ProxySources): Handler {
  return {
    async handle(call): Promise<ApiReply> {
      const { info, reach } = call;
      const target = proxyTarget(sources.caches, info, sources.random);
      if (info.trailing === '' && reach !== 'upgrade' && (call.method === 'GET' || call.method === 'HEAD')) return redirectToRoot(call);
      const backend = await open(sources, target, call.signal);
      const host = `${target.dial.host}:${target.dial.port}`;
      const path = `${info.trailing || '/'}${queryText(call.query)}`;
      if (reach === 'process') return collect(call, backend, { host, path });
      return {
        type: 'takeover',
        run: (taken) => (taken.upgrade ? relayUpgrade(taken, backend, { method: call.method, path, host }) : forward(call, taken, backend, { host, path })),
      };
    },
  };
}

async function open(sources: ProxySources, target: ProxyTarget, signal: AbortSignal): Promise<Duplex> {
  try {
    if (target.kubelet !== undefined) return await sources.kubelets.connect(target.kubelet, signal);
    const stream = await sources.dial(target.dial, signal);
    // As upstream, the certificates of proxied backends are not verified: they belong to applications.
    return target.scheme === 'https' ? await secure(stream) : stream;
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw serviceUnavailable(`error trying to reach service: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function secure(stream: Duplex): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect({ socket: stream, rejectUnauthorized: false });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

/** A browser needs the slash, or relative links would leave the proxied site. */
function redirectToRoot(call: ApiCall): ApiReply {
  return { type: 'raw', code: 301, headers: { Location: `${call.info.path}/${queryText(call.query)}` }, body: '' };
}

function queryText(query: URLSearchParams): string {
  return query.size === 0 ? '' : `?${query.toString()}`;
}

interface Forwarded {
  readonly host: string;
  readonly path: string;
}

function backendHeaders(call: ApiCall, connection: Connection, { host }: Forwarded): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { host };
  const passed = passedHeaders(connection.request.rawHeaders);
  for (let i = 0; i < passed.length; i += 2) {
    const name = passed[i]!.toLowerCase();
    if (HOP_HEADERS.has(name)) continue;
    const known = headers[name];
    headers[name] = known === undefined ? passed[i + 1]! : [known, passed[i + 1]!].flat().map(String);
  }
  headers['x-forwarded-uri'] = call.info.path;
  headers['x-forwarded-host'] = String(connection.request.headers.host ?? connection.request.headers[':authority'] ?? '');
  headers['x-forwarded-proto'] = 'https';
  headers['x-forwarded-for'] = connection.request.socket.remoteAddress ?? '';
  return headers;
}

function forward(call: ApiCall, connection: Connection, backend: Duplex, to: Forwarded): Promise<void> {
  const response = connection.response as ServerResponse;
  return new Promise((resolve) => {
    const request = httpRequest({ createConnection: () => backend, method: call.method, path: to.path, headers: backendHeaders(call, connection, to) });
    const finish = (): void => {
      backend.destroy();
      resolve();
    };
    response.once('close', finish);
    request.once('error', (error) => {
      if (!response.headersSent) sendFailure(response, serviceUnavailable(`error trying to reach service: ${error.message}`));
      else response.destroy();
    });
    request.once('response', (answer) => {
      answer.once('error', () => response.destroy());
      const headers = replyHeaders(answer, call, to.host);
      const page = pageStreams(answer, { host: to.host, prefix: prefixOf(call) });
      // A page changes its length on its way.
      if (page) delete headers['content-length'];
      response.writeHead(answer.statusCode ?? 502, headers);
      if (page) pipeline([answer, ...page, response], () => {});
      else answer.pipe(response);
    });
    connection.request.pipe(request);
  });
}

function sendFailure(response: ServerResponse, error: StatusError): void {
  response.writeHead(error.code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(error.toStatus()));
}

/** The backend's headers; redirects to itself stay inside the proxy, others lead where they say. */
function replyHeaders(answer: IncomingMessage, call: ApiCall, host: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of Object.entries(answer.headers)) if (!HOP_HEADERS.has(name) && value !== undefined) headers[name] = value;
  const { location } = answer.headers;
  const prefix = prefixOf(call);
  const own = location === undefined ? undefined : ownPath(location, host);
  if (own !== undefined && !own.startsWith(`${prefix}/`)) headers['location'] = prefix + own;
  return headers;
}

/** The path under which the backend's root appears. */
function prefixOf({ info: { path, trailing } }: ApiCall): string {
  return path.slice(0, path.length - decodeURIComponent(trailing).length);
}

/** What an answer that is a page goes through so that its links stay inside the proxy; undefined for other answers. */
function pageStreams(answer: IncomingMessage, page: ProxiedPage): Transform[] | undefined {
  if (!/^text\/html\b/i.test(answer.headers['content-type'] ?? '')) return undefined;
  switch (answer.headers['content-encoding'] ?? '') {
    case '':
      return [new HtmlLinks(page)];
    case 'gzip':
      return [createGunzip(), new HtmlLinks(page), createGzip()];
    case 'deflate':
      return [createInflate(), new HtmlLinks(page), createDeflate()];
    default:
      return undefined;
  }
}

/** The path that a redirect names on the backend itself; undefined when it is relative or leads elsewhere. */
function ownPath(location: string, host: string): string | undefined {
  if (location.startsWith('/') && !location.startsWith('//')) return location;
  const url = URL.parse(location);
  return url?.host === host ? `${url.pathname}${url.search}${url.hash}` : undefined;
}

/** For calls of this process, which have no connection: the whole answer. */
function collect(call: ApiCall, backend: Duplex, { host, path }: Forwarded): Promise<ApiReply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ createConnection: () => backend, method: call.method, path, headers: { host } });
    request.once('error', (error) => reject(serviceUnavailable(`error trying to reach service: ${error.message}`)));
    request.once('response', (answer) => {
      const pieces: Buffer[] = [];
      answer.on('data', (piece: Buffer) => pieces.push(piece));
      answer.once('error', reject);
      answer.once('end', () => resolve({ type: 'raw', code: answer.statusCode ?? 502, headers: { 'Content-Type': answer.headers['content-type'] ?? 'text/plain' }, body: Buffer.concat(pieces) }));
    });
    request.end(call.body.type === 'bytes' ? call.body.bytes : call.body.type === 'object' ? JSON.stringify(call.body.value) : undefined);
  });
}
