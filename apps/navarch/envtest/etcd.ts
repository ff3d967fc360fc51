/**
 * The stand-in for etcd: it says that it is well, and who it is; the API server that is told to use it keeps its objects in memory.
 */
import { mkdir } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { whenStopped } from '../when-stopped.ts';

/** The flags as commander hands them over. */
export interface EtcdFlags {
  readonly listenClientUrls?: readonly string[];
  readonly advertiseClientUrls?: readonly string[];
  readonly dataDir?: string;
}

const DEFAULT_URL = 'http://localhost:2379';
/** The version it answers with ends in this. */
const MARK = '+navarch';
const VERSION = { etcdserver: `3.6.0${MARK}`, etcdcluster: '3.6.0' };
const ANSWERS: Readonly<Record<string, unknown>> = { '/health': { health: 'true', reason: '' }, '/livez': {}, '/readyz': {}, '/version': VERSION };
const ASK_MS = 2_000;

/** Runs until SIGTERM or SIGINT. */
export async function runEtcd({ listenClientUrls, advertiseClientUrls, dataDir }: EtcdFlags): Promise<void> {
  const { stopped } = whenStopped();
  if (dataDir !== undefined) await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const server = createServer((request, response) => {
    const answer = ANSWERS[(request.url ?? '').split('?', 1)[0]!];
    response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer ?? { error: 'not found' }));
  });
  const [url = DEFAULT_URL] = listenClientUrls ?? advertiseClientUrls ?? [];
  const { hostname, port } = new URL(url);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(port), hostname.replace(/^\[|\]$/g, ''), resolve);
  });
  console.error(`ready to serve client requests on ${url}`);
  await stopped;
  server.closeAllConnections();
  server.close();
}

/** Whether the stand-in answers at `url`; false for a real etcd, and where nothing answers. */
export function isStandIn(url: string): Promise<boolean> {
  if (!url.startsWith('http:')) return Promise.resolve(false);
  return new Promise((resolve) => {
    const request = get(new URL('/version', url), { timeout: ASK_MS, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve(text.includes(MARK)));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
