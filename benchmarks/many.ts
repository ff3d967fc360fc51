/**
 * Measures what much costs the API server: a list of 50,000 pods (time to the first byte, extra memory), and 1,000 idle informers (memory).
 * Memory is the resident memory of the server's process, from /proc: its peak while the list is read, and its growth by the informers.
 *
 *     node benchmarks/many.ts [pods] [informers]
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { createInterface } from 'node:readline';
import { connect, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';

const [podCount = 50_000, informerCount = 1_000] = process.argv.slice(2).map(Number);
const LISTS = 5;
const WATCHES_PER_SESSION = 50;

const child = spawn(process.execPath, [fileURLToPath(new URL('http-server.ts', import.meta.url))], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const answer = async (): Promise<Record<string, number>> => JSON.parse(String((await lines.next()).value)) as Record<string, number>;
const { port, token, pid } = (await answer()) as unknown as { port: number; token: string; pid: number };

const memoryOf = (field: 'VmRSS' | 'VmHWM'): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_000;
/** Lets the peak begin at what is used now. */
const resetPeak = (): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 3_000));

function openSocket(path: string): TLSSocket {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  return socket;
}

/** Reads a list to its end; what it needs to say is in the first and the last bytes. */
function readList(path: string, accept: string): Promise<{ firstMs: number; totalMs: number; bytes: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      const begun = performance.now();
      let firstMs = 0;
      let bytes = 0;
      let tail = '';
      socket.on('data', (chunk: Buffer) => {
        if (bytes === 0) firstMs = performance.now() - begun;
        bytes += chunk.length;
        tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 8))).slice(-8);
        if (!tail.endsWith('0\r\n\r\n') && !tail.endsWith(']}\n')) return;
        socket.destroy();
        resolve({ firstMs, totalMs: performance.now() - begun, bytes });
      });
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nAccept: ${accept}\r\n\r\n`);
    });
  });
}

async function lists(): Promise<void> {
  child.stdin.write(`pods ${podCount}\n`);
  const { ms = 0 } = await answer();
  console.log(`${podCount} pods created in ${(ms / 1_000).toFixed(1)} s`);
  await settled();
  for (let i = 0; i < LISTS * 2; i++) {
    const type = i < LISTS ? 'json' : 'vnd.kubernetes.protobuf';
    const before = memoryOf('VmRSS');
    resetPeak();
    const { firstMs, totalMs, bytes } = await readList('/api/v1/namespaces/bench/pods', `application/${type}`);
    console.log(
      `list of ${podCount} pods, ${type.split('.').at(-1)} (${(bytes / 1e6).toFixed(0)} MB)   first byte ${firstMs.toFixed(0)} ms (goal 50)   whole ${totalMs.toFixed(0)} ms   extra memory ${(memoryOf('VmHWM') - before).toFixed(0)} MB (goal 50)`,
    );
    await settled();
  }
}

/** Informers of clients that share connections, as client libraries do with HTTP/2. */
async function idleInformersOverHttp2(): Promise<void> {
  await settled();
  const before = memoryOf('VmRSS');
  const sessions: ClientHttp2Session[] = [];
  for (let i = 0; i < informerCount / WATCHES_PER_SESSION; i++) {
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    session.on('error', (error) => console.error(error.message));
    sessions.push(session);
    await Promise.all(Array.from({ length: WATCHES_PER_SESSION }, () => openStream(session)));
  }
  await settled();
  console.log(`${informerCount} idle informers, ${sessions.length} HTTP/2 connections   ${(memoryOf('VmRSS') - before).toFixed(0)} MB (goal 100)`);
  for (const session of sessions) session.destroy();
}

function openStream(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/api/v1/namespaces/thousand/secrets?watch=1&allowWatchBookmarks=true', authorization: `Bearer ${token}` });
    stream.once('response', (headers) => (headers[':status'] === 200 ? resolve() : reject(new Error(`status ${headers[':status']}`))));
    stream.on('error', reject);
    stream.resume();
  });
}

/** The same, each with a connection of its own. */
async function idleInformers(): Promise<void> {
  await settled();
  const before = memoryOf('VmRSS');
  const sockets: TLSSocket[] = [];
  for (let i = 0; i < informerCount; i++) {
    const socket = openSocket('/api/v1/namespaces/thousand/secrets?watch=1&allowWatchBookmarks=true');
    sockets.push(socket);
    await new Promise((resolve, reject) => {
      socket.once('data', resolve);
      socket.once('error', reject);
    });
    socket.resume();
  }
  await settled();
  console.log(`${informerCount} idle informers, a connection each   ${(memoryOf('VmRSS') - before).toFixed(0)} MB (goal 100)`);
  for (const socket of sockets) socket.destroy();
}

try {
  await idleInformersOverHttp2();
  await idleInformers();
  await lists();
} finally {
  child.stdin.end();
}
