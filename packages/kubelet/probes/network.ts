/**
 * HTTP, TCP and gRPC probes from the node to a pod.
 *
 * Source: kubernetes `pkg/probe/{http,tcp,grpc}`.
 */
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Clock } from '#base/clock.ts';
import { GrpcClient } from '#h2/grpc-client.ts';
import { GrpcError, UNIMPLEMENTED } from '#h2/grpc-error.ts';
import { message, text, words } from '#h2/proto.ts';
import type { HTTPGetAction } from '#kinds/core/pod/probes.ts';
import { grpcStatus } from '#machinery/grpc-calls.ts';

/** How a probe ended; `unknown` counts neither way. */
export interface ProbeResult {
  readonly outcome: 'success' | 'failure' | 'unknown';
  readonly output: string;
  /** It counts as a success, and the user is told about it. */
  readonly warns?: true;
}

/** Where a probe goes. */
export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
}

const MAX_BODY_BYTES = 10 * 1024;
const MAX_REDIRECTS = 10;

const success = (output: string): ProbeResult => ({ outcome: 'success', output });
const failure = (output: string): ProbeResult => ({ outcome: 'failure', output });

const address = ({ host, port }: ProbeTarget): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** A connection error in Go's words. */
function dialText(target: ProbeTarget, error: NodeJS.ErrnoException): string {
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ETIMEDOUT: 'i/o timeout',
  };
  return `dial tcp ${address(target)}: ${words[error.code ?? ''] ?? error.message}`;
}

/** Opens and closes a connection. */
export function probeTcp(target: ProbeTarget, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port });
    const end = (result: ProbeResult): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(result);
    };
    const onAbort = (): void => end(failure(`dial tcp ${address(target)}: i/o timeout`));
    socket.on('connect', () => end(success('')));
    socket.on('error', (error) => end(failure(dialText(target, error))));
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** One GET; a redirect within the host is followed, any other ends the probe well, with a warning. */
export async function probeHttp(target: ProbeTarget, action: HTTPGetAction, userAgent: string, signal: AbortSignal): Promise<ProbeResult> {
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  let url = new URL(`${scheme}://${address(target)}`);
  const [path = '/', query] = (action.path || '/').split('?', 2);
  url.pathname = path;
  if (query !== undefined) url.search = query;
  const headers: Record<string, string> = { 'User-Agent': userAgent, Accept: '*/*', Connection: 'close' };
  for (const { name, value } of action.httpHeaders ?? []) {
    const known = Object.keys(headers).find((key) => key.toLowerCase() === name.toLowerCase());
    if (value === '' && known) delete headers[known];
    else headers[known ?? name] = value;
  }
  const first = url.hostname;
  for (let hops = 0; hops <= MAX_REDIRECTS; hops += 1) {
    const answer = await get(url, headers, target, signal);
    if ('outcome' in answer) return answer;
    const { status, location, body } = answer;
    if (status < 200 || status >= 400) return failure(`HTTP probe failed with statuscode: ${status}`);
    if (status < 300) return success(body);
    const next = location && new URL(location, url);
    if (!next || next.hostname !== first) return { ...success('Probe terminated redirects, Response body: ' + body), warns: true };
    url = next;
  }
  return failure(`Get "${url.href}": stopped after ${MAX_REDIRECTS} redirects`);
}

interface Answer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

function get(url: URL, headers: Record<string, string>, target: ProbeTarget, signal: AbortSignal): Promise<Answer | ProbeResult> {
  return new Promise((resolve) => {
    const options: RequestOptions & { rejectUnauthorized: boolean } = { method: 'GET', headers, agent: false, rejectUnauthorized: false };
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
    const end = (result: Answer | ProbeResult): void => {
      signal.removeEventListener('abort', onAbort);
      request.destroy();
      resolve(result);
    };
    const onAbort = (): void => end(failure(`Get "${url.href}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`));
    request.on('error', (error: NodeJS.ErrnoException) => end(failure(`Get "${url.href}": ${error.code === 'ECONNRESET' ? 'EOF' : dialText(target, error)}`)));
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      const finish = (): void =>
        end({ status: response.statusCode ?? 0, location: response.headers.location, body: Buffer.concat(chunks).subarray(0, MAX_BODY_BYTES).toString() });
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size >= MAX_BODY_BYTES) finish();
      });
      response.on('end', finish);
      response.on('error', finish);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    request.end();
  });
}

/** What may be said about a service. */
const health = {
  path: '/grpc.health.v1.Health/Check',
  request: message({ service: text(1) }),
  response: message({ status: words(1, 'UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN') }),
};

const MAX_HEALTH_BYTES = 4 << 20;

/** Who asks, and how time passes for them. */
export interface Prober {
  readonly userAgent: string;
  readonly clock: Clock;
}

/** `grpc.health.v1.Health/Check`. Source: the gRPC health checking protocol. */
export async function probeGrpc(target: ProbeTarget, service: string, { userAgent, clock }: Prober, signal: AbortSignal): Promise<ProbeResult> {
  using client = new GrpcClient({ endpoint: `http://${address(target)}`, metadata: [['user-agent', userAgent]], maxMessageBytes: MAX_HEALTH_BYTES, clock });
  try {
    const { status } = health.response.decode(await client.unary(health.path, health.request.encode({ service }), 0, signal));
    return status === 'SERVING' ? success('service healthy') : failure(`service unhealthy (responded with "${status}")`);
  } catch (error) {
    if (signal.aborted) return failure(`timeout: failed to connect service "${address(target)}" within the timeout: context deadline exceeded`);
    if (!(error instanceof GrpcError)) return failure(`error: ${(error as Error).message}`);
    if (error.notSent && error.cause instanceof Error) return failure(`error: failed to connect service "${address(target)}": ${dialText(target, error.cause)}`);
    if (error.code === UNIMPLEMENTED) return failure(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`);
    return failure(`error: health rpc probe failed: ${grpcStatus(error).message}`);
  }
}
