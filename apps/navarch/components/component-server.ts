/**
 * `/healthz`, `/livez`, `/readyz` for everybody and `/metrics` for those who may, over TLS.
 *
 * Source: the endpoints of kube-controller-manager and kube-scheduler: whoever asks is authenticated and authorized by the API server.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { hostname } from 'node:os';
import type { TLSSocket } from 'node:tls';
import type { ServingCertificates } from '#apiserver/http/serving-certificates.ts';
import { issuePair, type KeyPair } from '#apiserver/pki/certificate.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { METRICS_CONTENT_TYPE, type MetricRegistry } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { tokenReviews } from '#kinds/authentication/token-review/kind.ts';
import { subjectAccessReviews } from '#kinds/authorization/subject-access-review/kind.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import { UserError } from '../cluster/spec.ts';
import { readServing, reloadServing } from '../server/serving-certificates.ts';
import type { ComponentFlags } from './component-flags.ts';

/** What the endpoint is made from. */
export interface ComponentServerOptions {
  readonly flags: ComponentFlags;
  /** The component, as the certificate that it makes itself names it. */
  readonly name: string;
  readonly client: Client;
  readonly metrics: MetricRegistry;
  /** Further answers (JSON) by path; undefined: not found. */
  readonly answers?: (path: string) => unknown;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const HEALTH: readonly string[] = ['/healthz', '/livez', '/readyz'];
const CERTIFICATE_MS = 365 * 24 * 3_600_000;
const REVIEW_MS = 10_000;
const ANONYMOUS = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

interface Asker {
  readonly name: string;
  readonly groups: readonly string[];
}

/** Opens it; with port 0 there is none. @throws UserError when it cannot listen */
export async function openComponentServer(options: ComponentServerOptions): Promise<AsyncDisposable> {
  const { flags, log } = options;
  if (flags.securePort === 0) return { [Symbol.asyncDispose]: () => Promise.resolve() };
  const ca = await clientAuthority(options);
  const serving = await readServing(flags);
  const pair = serving.given ?? ownPair(options);
  const server = createServer({ ...pair, ...(ca ? { ca } : {}), requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.2' });
  server.on('request', (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      log.warn('a request could not be answered', { path: request.url, ...errorFields(error) });
      if (!response.headersSent) send(response, 500, 'Internal Server Error\n');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new UserError(`--secure-port: ${error.message}`)));
    server.listen(flags.securePort, flags.bindAddress, resolve);
  });
  const stop = new AbortController();
  const apply = ({ given = pair }: ServingCertificates): void => server.setSecureContext({ ...given, ...(ca ? { ca } : {}), minVersion: 'TLSv1.2' });
  const following = reloadServing({ flags, current: serving, apply, clock: options.clock, log }, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) log.error('serving certificates are no longer followed', errorFields(error));
  });
  return {
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(options: ComponentServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'https://component');
  const path = pathname.length > 1 ? pathname.replace(/\/$/, '') : pathname;
  if (HEALTH.some((one) => path === one || path.startsWith(`${one}/`))) return send(response, 200, 'ok');
  const asker = await authenticate(options, request);
  if (!asker) return send(response, 401, 'Unauthorized\n');
  const verb = (request.method ?? 'GET').toLowerCase();
  if (!(await mayAsk(options, asker, path, verb))) return send(response, 403, `Forbidden: User ${JSON.stringify(asker.name)} cannot ${verb} path ${JSON.stringify(path)}\n`);
  if (path !== '/metrics') {
    const found = options.answers?.(path);
    if (found === undefined) return send(response, 404, '404 page not found\n');
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(found));
    return;
  }
  response.writeHead(200, { 'Content-Type': METRICS_CONTENT_TYPE }).end(options.metrics.text());
}

function send(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' }).end(text);
}

/** Who asks, by certificate or token; `undefined` when what they show is not accepted. */
async function authenticate({ client }: ComponentServerOptions, request: IncomingMessage): Promise<Asker | undefined> {
  const socket = request.socket as TLSSocket;
  const { subject } = socket.getPeerCertificate();
  if (socket.authorized && subject?.CN) return { name: [subject.CN].flat()[0] ?? '', groups: [...[subject.O ?? []].flat(), 'system:authenticated'] };
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) return ANONYMOUS;
  const { status } = await client.of(tokenReviews).create({ spec: { token } }, {}, AbortSignal.timeout(REVIEW_MS));
  if (!status.authenticated) return undefined;
  return { name: status.user?.username ?? '', groups: status.user?.groups ?? [] };
}

async function mayAsk({ client }: ComponentServerOptions, { name, groups }: Asker, path: string, verb: string): Promise<boolean> {
  const spec = { user: name, groups: [...groups], nonResourceAttributes: { path, verb } };
  const { status } = await client.of(subjectAccessReviews).create({ spec }, {}, AbortSignal.timeout(REVIEW_MS));
  return status.allowed;
}

/** The authority of client certificates: given, or the one that the API server publishes. */
async function clientAuthority({ flags, client, log }: ComponentServerOptions): Promise<string | undefined> {
  if (flags.clientCaFile !== undefined) return readFile(flags.clientCaFile, 'utf8');
  try {
    const map = await client.of(configMaps).namespace('kube-system').get('extension-apiserver-authentication', AbortSignal.timeout(REVIEW_MS));
    return map.data?.['client-ca-file'];
  } catch (error) {
    // The server may not be there yet: tokens work as soon as it is.
    log.warn('the authority of client certificates is not known', errorFields(error));
    return undefined;
  }
}

function ownPair({ name, clock, random }: ComponentServerOptions): KeyPair {
  const nowMs = clock.now();
  const alternativeNames = ['localhost', '127.0.0.1', hostname()];
  return issuePair({ commonName: `${name}@${Math.floor(nowMs / 1000)}`, alternativeNames, use: 'server', notBeforeMs: nowMs - 60_000, notAfterMs: nowMs + CERTIFICATE_MS }, undefined, random);
}
