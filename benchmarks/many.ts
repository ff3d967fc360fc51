/**
 * Measures what much costs the API server: a list of 50,000 pods in every form (time to the first byte, extra memory, what others wait meanwhile), and 1,000 idle informers (memory).
 * Memory is the resident memory of the server's process, from /proc: its peak while the list is read, and its growth by the informers.
 *
 *     node benchmarks/many.ts [pods] [informers]      informers 0: the lists alone
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';

const [podCount = 50_000, informerCount = 1_000] = process.argv.slice(2).map(Number);
const WATCHES_PER_SESSION = 50;

const child = spawn(process.execPath, [fileURLToPath(new URL('http-server.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const answer = async (): Promise<Record<string, number>> => JSON.parse(String((await lines.next()).value)) as Record<string, number>;
const { port, token, pid } = (await answer()) as unknown as { port: number; token: string; pid: number };

const memoryOf = (field: 'VmRSS' | 'VmHWM'): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_000;
/** Lets the peak begin at what is used now. */
const resetPeak = (): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3_000));

function openSocket(path: string, accept: string): TLSSocket {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nAccept: ${accept}\r\n\r\n`);
  return socket;
}

/** How a long answer came. */
interface Reading {
  readonly firstMs: number;
  /** When more than the head was there. */
  readonly itemsMs: number;
  readonly totalMs: number;
  readonly bytes: number;
}

interface Request {
  readonly label: string;
  readonly query?: string;
  readonly headers: string;
  /** Ends the answer, when that is not its last chunk. */
  readonly end?: string;
}

/** A head is not longer. */
const HEAD_BYTES = 2_048;

/** Reads an answer to its end; what it needs to say is in the first and the last bytes. */
function readAnswer({ query = '', headers, end = '0\r\n\r\n' }: Request): Promise<Reading> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      const begun = performance.now();
      let [firstMs, itemsMs, bytes, tail] = [0, 0, 0, ''];
      socket.on('data', (chunk: Buffer) => {
        if (bytes === 0) {
          firstMs = performance.now() - begun;
          if (!chunk.toString('latin1', 0, 15).startsWith('HTTP/1.1 200')) reject(new Error(chunk.toString('latin1', 0, 500)));
        }
        bytes += chunk.length;
        if (itemsMs === 0 && bytes > HEAD_BYTES) itemsMs = performance.now() - begun;
        tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 1_000))).slice(-1_000);
        if (end.startsWith('0') ? !tail.endsWith(end) : !tail.includes(end)) return;
        socket.destroy();
        resolve({ firstMs, itemsMs, totalMs: performance.now() - begun, bytes });
      });
      socket.write(`GET /api/v1/namespaces/bench/pods${query} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${headers}\r\n\r\n`);
    });
  });
}

/** Asks for one small object again and again on a connection of its own, and tells how long the longest answer took: what others notice of a long list. */
async function longestWaitOfOthers<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly waitMs: number }> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  const get = `GET /api/v1/namespaces/bench/configmaps/one HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  const ask = async (): Promise<number> => {
    const begun = performance.now();
    socket.write(get);
    await once(socket, 'data');
    return performance.now() - begun;
  };
  await once(socket, 'secureConnect');
  await ask();
  let over = false;
  let waitMs = 0;
  const probing = (async () => {
    while (!over) {
      waitMs = Math.max(waitMs, await ask());
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  try {
    return { result: await work(), waitMs };
  } finally {
    over = true;
    await probing;
    socket.destroy();
  }
}

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const AS_METADATA = ';as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
const WATCH_LIST = '?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
const END_OF_INITIAL_EVENTS = 'k8s.io/initial-events-end';

const REQUESTS: readonly Request[] = [
  { label: 'protobuf', headers: `Accept: ${PROTOBUF}` },
  { label: 'json', headers: 'Accept: application/json' },
  { label: 'json, gzip', headers: 'Accept: application/json\r\nAccept-Encoding: gzip' },
  { label: 'metadata, protobuf', headers: `Accept: ${PROTOBUF}${AS_METADATA}` },
  { label: 'metadata, json', headers: `Accept: application/json${AS_METADATA}` },
  { label: 'table', headers: 'Accept: application/json;as=Table;g=meta.k8s.io;v=v1' },
  { label: 'watch-list, json', query: WATCH_LIST, headers: 'Accept: application/json', end: END_OF_INITIAL_EVENTS },
  { label: 'watch-list, protobuf', query: WATCH_LIST, headers: `Accept: ${PROTOBUF}`, end: END_OF_INITIAL_EVENTS },
];

async function measureAnswer(request: Request): Promise<void> {
  await settled();
  const before = memoryOf('VmRSS');
  resetPeak();
  const { result, waitMs } = await longestWaitOfOthers(() => readAnswer(request));
  const { firstMs, itemsMs, totalMs, bytes } = result;
  console.log(
    `  ${request.label.padEnd(22)} ${(bytes / 1e6).toFixed(0).padStart(4)} MB  first byte ${firstMs.toFixed(0).padStart(3)} ms (goal 50)  first items ${itemsMs.toFixed(0).padStart(4)} ms  whole ${totalMs.toFixed(0).padStart(5)} ms` +
      `  extra memory ${(memoryOf('VmHWM') - before).toFixed(0).padStart(3)} MB (goal 50)  others waited ${waitMs.toFixed(0).padStart(3)} ms (goal 50)`,
  );
}

async function lists(): Promise<void> {
  child.stdin.write(`pods ${podCount}\n`);
  const { ms = 0 } = await answer();
  console.log(`${podCount} pods created in ${(ms / 1_000).toFixed(1)} s`);
  // A server that has just started has decoded none of them; whatever comes first is the coldest.
  for (const form of ['after a start', 'again']) {
    if (form === 'after a start') {
      child.stdin.write('restart\n');
      console.log(`started again in ${((await answer())['ms']! / 1_000).toFixed(1)} s`);
    }
    const { waitMs } = await longestWaitOfOthers(settled);
    console.log(`list of ${podCount} pods, ${form}; without any list a client waits up to ${waitMs.toFixed(0)} ms; load ${loadavg()[0]!.toFixed(1)}`);
    for (const request of REQUESTS) await measureAnswer(request);
  }
}

/** Informers of clients that share connections, as client libraries do with HTTP/2. */
async function idleInformersOverHttp2(accept: string): Promise<void> {
  await settled();
  const before = memoryOf('VmRSS');
  const sessions: ClientHttp2Session[] = [];
  for (let i = 0; i < informerCount / WATCHES_PER_SESSION; i++) {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    session.on('error', (error) => console.error(error.message));
    sessions.push(session);
    await Promise.all(Array.from({ length: WATCHES_PER_SESSION }, () => openStream(session, accept)));
  }
  await settled();
  console.log(`${informerCount} idle informers, ${accept}, ${sessions.length} HTTP/2 connections   ${(memoryOf('VmRSS') - before).toFixed(0)} MB (goal 100)`);
  for (const session of sessions) session.destroy();
}

function openStream(session: ClientHttp2Session, accept: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/api/v1/namespaces/thousand/secrets?watch=1&allowWatchBookmarks=true', authorization: `Bearer ${token}`, accept });
    stream.once('response', (headers) => (headers[':status'] === 200 ? resolve() : reject(new Error(`status ${headers[':status']}`))));
    stream.on('error', reject);
    stream.resume();
  });
}

/** The same, each with a connection of its own. */
async function idleInformers(accept: string): Promise<void> {
  await settled();
  const before = memoryOf('VmRSS');
  const sockets: TLSSocket[] = [];
  for (let i = 0; i < informerCount; i++) {
    const socket = openSocket('/api/v1/namespaces/thousand/secrets?watch=1&allowWatchBookmarks=true', accept);
    sockets.push(socket);
    await new Promise((resolve, reject) => {
      socket.once('data', resolve);
      socket.once('error', reject);
    });
    socket.resume();
  }
  await settled();
  console.log(`${informerCount} idle informers, ${accept}, a connection each   ${(memoryOf('VmRSS') - before).toFixed(0)} MB (goal 100)`);
  for (const socket of sockets) socket.destroy();
}

try {
  if (informerCount > 0) {
    for (const accept of ['application/json', PROTOBUF]) {
      await idleInformersOverHttp2(accept);
      await idleInformers(accept);
    }
  }
  await lists();
} finally {
  child.stdin.end();
}
