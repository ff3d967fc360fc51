/** `pods/log`. Source: core/v1 `PodLogOptions`, kubelet `/containerLogs`. */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { pods } from '#kinds/core/pod/kind.ts';
import { StatusError, badRequest, methodNotAllowed, notFound } from '#machinery/status.ts';
import type { ApiCall, ApiReply, Caches, Connection, Handler } from '../call.ts';
import { chooseContainer } from './container-choice.ts';
import type { KubeletClient } from './kubelet-client.ts';
import { carriesBytes, serveBytes } from './web-socket-bytes.ts';
import { offeredProtocols } from './web-socket.ts';

const BOOLEANS = ['follow', 'previous', 'timestamps'];
const NUMBERS = ['sinceSeconds', 'tailLines', 'limitBytes'];
const TEXTS = ['sinceTime', 'stream'];

/** Logs without a connection to stream them on are kept in memory up to this size. */
const MAX_COLLECTED_BYTES = 16 * 1024 * 1024;

const PODS = { group: '', resource: 'pods' };

/** Answers with a container's log, streamed from the node's kubelet. */
export function podLogHandler(caches: Caches, kubelets: KubeletClient): Handler {
  return {
    async handle(call) {
      const { info, query } = call;
      if (info.verb !== 'get') throw methodNotAllowed(PODS, info.verb);
      const pod = caches.get(pods, info.namespace, info.name);
      if (!pod) throw notFound(PODS, info.name);
      checkOptions(query, info.name);
      const offered = call.reach === 'upgrade' ? offeredProtocols((name) => call.header?.(name)) : undefined;
      if (offered && !carriesBytes(offered)) throw badRequest(`requested protocol(s) are not supported: [${offered.join(' ')}]; supports [binary.k8s.io base64.binary.k8s.io]`);
      const container = chooseContainer(pod, query.get('container') ?? '');
      const node = pod.spec?.nodeName;
      // A pod that no node has been chosen for has written nothing yet.
      if (!node) return offered ? { type: 'takeover', run: (connection) => serveBytes(connection, Readable.from([])) } : { type: 'raw', code: 200, headers: { 'Content-Type': 'text/plain' }, body: '' };
      const path = `/containerLogs/${info.namespace}/${info.name}/${container}${kubeletQuery(query)}`;
      return streamLog(call, offered !== undefined, () => kubelets.get(node, path, call.signal));
    },
  };
}

async function streamLog(call: ApiCall, overWebSocket: boolean, open: () => Promise<IncomingMessage>): Promise<ApiReply> {
  let response: IncomingMessage;
  try {
    response = await open();
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw new StatusError({ code: 500, reason: '', message: error instanceof Error ? error.message : String(error) }, error);
  }
  if (response.statusCode !== 200) throw await kubeletError(response);
  if (overWebSocket) return { type: 'takeover', run: (connection) => serveBytes(connection, response) };
  if (call.reach !== 'process') return { type: 'takeover', run: (connection) => sendLog(connection, response) };
  return { type: 'raw', code: 200, headers: { 'Content-Type': 'text/plain' }, body: await collect(response) };
}

function sendLog({ response }: Connection, log: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!response) {
      log.destroy();
      resolve();
      return;
    }
    response.statusCode = 200;
    response.setHeader('Content-Type', 'text/plain');
    response.setHeader('Cache-Control', 'no-cache, private');
    if ('flushHeaders' in response) response.flushHeaders();
    response.once('close', () => {
      log.destroy();
      resolve();
    });
    log.once('error', () => response.destroy());
    log.pipe(response);
  });
}

async function kubeletError(response: IncomingMessage): Promise<StatusError> {
  const text = (await collect(response)).toString().trim();
  const code = response.statusCode ?? 500;
  return new StatusError({ code, reason: code === 400 ? 'BadRequest' : code === 404 ? 'NotFound' : code === 500 ? 'InternalError' : '', message: text });
}

async function collect(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response) {
    length += (piece as Buffer).length;
    if (length > MAX_COLLECTED_BYTES) break;
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}

function kubeletQuery(query: URLSearchParams): string {
  const passed = new URLSearchParams();
  for (const name of BOOLEANS) if (isTrue(query.get(name))) passed.set(name, 'true');
  for (const name of [...NUMBERS, ...TEXTS]) {
    const value = query.get(name);
    if (value !== null && value !== '') passed.set(name, value);
  }
  return passed.size === 0 ? '' : `?${passed.toString()}`;
}

function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/** @throws StatusError BadRequest for what is not a number, Invalid for numbers out of range. */
function checkOptions(query: URLSearchParams, podName: string): void {
  const causes: { reason: string; message: string; field: string }[] = [];
  for (const name of NUMBERS) {
    const value = query.get(name);
    if (value === null) continue;
    if (!/^[+-]?\d+$/.test(value)) throw badRequest(`unable to decode query: strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    const least = name === 'tailLines' ? 0 : 1;
    if (Number(value) < least) causes.push({ reason: 'FieldValueInvalid', field: name, message: `Invalid value: ${value}: must be greater than ${least === 0 ? 'or equal to 0' : '0'}` });
  }
  if (query.has('sinceSeconds') && query.has('sinceTime')) causes.push({ reason: 'FieldValueForbidden', field: 'sinceSeconds', message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified' });
  if (causes.length === 0) return;
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  throw new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `PodLogOptions ${JSON.stringify(podName)} is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`,
    details: { name: podName, kind: 'PodLogOptions', causes },
  });
}
