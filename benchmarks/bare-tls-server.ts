/**
 * The least that a server of Node can do for the requests of `http.ts`: TLS, HTTP/1.1, an answer of the same size from one buffer, bodies parsed as JSON.
 * What it reaches on a machine is the yardstick for what the API server reaches there at the same moment. Prints its port, serves until its input ends.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { memoryPkiFiles } from '#apiserver/pki/pki-files.ts';
import { openPki } from '#apiserver/pki/pki.ts';
import { systemClock } from '#base/clock.ts';
import { systemRandom } from '#base/random.ts';

const OBJECT_BYTES = 1_800;
const LIST_BYTES = 1_600_000;

const { cert, key } = openPki(memoryPkiFiles(), systemClock, systemRandom).serving(['127.0.0.1']);
const object = Buffer.alloc(OBJECT_BYTES, 'x');
const list = Buffer.alloc(LIST_BYTES, 'x');

const server = createServer({ cert, key, ciphers: 'TLS_AES_128_GCM_SHA256' }, (request, response) => {
  const answer = (body: Buffer): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  };
  if (request.method === 'GET') return answer(request.url === '/list' ? list : object);
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    if (request.headers['content-type'] !== 'application/vnd.kubernetes.protobuf') JSON.parse(body.toString('utf8'));
    answer(object);
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: (server.address() as AddressInfo).port })));
process.stdin.on('end', () => process.exit()).resume();
