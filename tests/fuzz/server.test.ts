/**
 * A running server, given nearly valid bytes: it answers in well-formed HTTP and well-formed words or closes, goes on, and does not grow.
 */
import assert from 'node:assert/strict';
import { Agent, request as httpsRequest } from 'node:https';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { rawClient } from '#apiserver/testing/raw-client.ts';
import { openTestServer } from '#apiserver/testing/test-server.ts';
import { createLogger } from '#base/log.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { decodeObject } from '#machinery/decode.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { encodeEnvelope } from '#machinery/protobuf/protobuf.ts';
import { encodeYaml } from '#machinery/yaml.ts';
import { mutatedBytes, timeBox } from './mutations.ts';

const ANSWER_MS = 10_000;
/** What fuzzing may leave behind: objects that were created, their history, warmed caches. */
const MAX_GROWTH_BYTES = 96 * 1024 * 1024;

/** What the server did not expect it logs as an error; a refusal that upstream words as an internal error it does not. */
const faults: string[] = [];
const log = createLogger((_level, message, fields) => faults.push(`${message} ${JSON.stringify(fields)}`), 'error');
const server = await openTestServer({ log, security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
after(async () => {
  agent.destroy();
  await server[Symbol.asyncDispose]();
});

/** Bytes in use once everything that can be collected is. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

async function leavesNothing(fuzz: () => Promise<void>): Promise<void> {
  const before = heapBytes();
  await fuzz();
  assert.equal((await server.ask('/readyz')).code, 200);
  const grown = heapBytes() - before;
  assert.ok(grown < MAX_GROWTH_BYTES, `${grown} bytes`);
}

const REQUESTS = [
  'GET /api/v1/namespaces/default HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer root\r\n\r\n',
  'HEAD /version HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  'POST /api/v1/namespaces/default/configmaps?dryRun=All HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer root\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n{"metadata":{"name":"fz1"}}',
  'POST /api/v1/namespaces/default/configmaps?dryRun=All HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer root\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n10\r\n{"metadata":{"na\r\nb\r\nme":"fz1"}}}\r\n0\r\nTrailer: x\r\n\r\n',
  'GET /api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=1&resourceVersion=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer root\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  'GET https://localhost/api/v1/namespaces?limit=1&labelSelector=a%3Db HTTP/1.1\r\nHost: localhost\r\nAccept: application/vnd.kubernetes.protobuf, */*;q=0.1\r\nAuthorization: Bearer root\r\n\r\n',
].map((text) => Buffer.from(text));

test('HTTP/1.1 framing', async (t) => {
  await leavesNothing(() =>
    fc.assert(
      fc.asyncProperty(mutatedBytes(fc.constantFrom(...REQUESTS)), async (bytes) => {
        using client = await rawClient(server.port);
        client.send(bytes);
        client.socket.end();
        const late = setTimeout(() => client.socket.destroy(new Error('no answer')), ANSWER_MS);
        const text = await client.closed();
        clearTimeout(late);
        assert.equal(client.socket.errored?.message === 'no answer', false, 'the connection hangs');
        if (text !== '') assert.match(text, /^HTTP\/1\.1 [1-5]\d\d [A-Z]/);
        assert.deepEqual(faults, []);
      }),
      timeBox((line) => t.diagnostic(line)),
    ),
  );
});

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'd', labels: { a: 'b' } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80, name: 'http' }], env: [{ name: 'A', value: '1' }], resources: { limits: { cpu: '100m' } } }] } },
  },
};
const json = Buffer.from(JSON.stringify(deployment));
const protobuf = encodeEnvelope(deployments.schema, decodeObject<KubeObject>(deployments.schema, deployment, { mode: 'ignore' }).object);
const patch = Buffer.from('[{"op":"test","path":"/spec/replicas","value":2},{"op":"add","path":"/spec/template/spec/containers/-","value":{"name":"e","image":"j"}},{"op":"remove","path":"/metadata/labels/a"}]');
const merge = Buffer.from('{"metadata":{"annotations":{"x":"y"},"finalizers":null},"spec":{"replicas":3,"template":{"spec":{"$setElementOrder/containers":[{"name":"c"}],"containers":[{"name":"c","image":"k","env":[{"name":"A","$patch":"delete"}]}]}}}}');

const COLLECTION = '/apis/apps/v1/namespaces/default/deployments';
const ONE = `${COLLECTION}/d`;
const APPLY = `${ONE}?fieldManager=fuzz&force=true`;
const STRICT = 'fieldValidation=Strict';

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

const WRITES: readonly Sent[] = [
  { method: 'POST', path: `${COLLECTION}?dryRun=All`, type: 'application/json', body: json },
  { method: 'POST', path: `${COLLECTION}?dryRun=All&${STRICT}`, type: 'application/yaml', body: Buffer.from(encodeYaml(deployment)) },
  { method: 'POST', path: `${COLLECTION}?dryRun=All`, type: 'application/vnd.kubernetes.protobuf', body: protobuf },
  { method: 'PUT', path: ONE, type: 'application/json', body: json },
  { method: 'PATCH', path: ONE, type: 'application/json-patch+json', body: patch },
  { method: 'PATCH', path: ONE, type: 'application/merge-patch+json', body: merge },
  { method: 'PATCH', path: ONE, type: 'application/strategic-merge-patch+json', body: merge },
  { method: 'PATCH', path: APPLY, type: 'application/apply-patch+yaml', body: Buffer.from(encodeYaml(deployment)) },
  { method: 'PATCH', path: `${APPLY}&${STRICT}`, type: 'application/apply-patch+yaml', body: json },
  { method: 'DELETE', path: `${ONE}?dryRun=All`, type: 'application/json', body: Buffer.from('{"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Foreground","preconditions":{"uid":"x"},"gracePeriodSeconds":0}') },
];

function send({ method, path, type, body }: Sent): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer root', 'content-type': type, 'content-length': body.length };
    const request = httpsRequest({ host: '127.0.0.1', port: server.port, ca: server.pki.caCert, agent, method, path, headers, timeout: ANSWER_MS }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    request.end(body);
  });
}

test('bodies of every kind', async (t) => {
  const writes = fc.constantFrom(...WRITES).chain((write) => mutatedBytes(fc.constant(write.body)).map((body) => ({ ...write, body })));
  await send({ method: 'POST', path: COLLECTION, type: 'application/json', body: json });
  await leavesNothing(() =>
    fc.assert(
      fc.asyncProperty(writes, async (write) => {
        const { code, text } = await send(write);
        assert.deepEqual(faults, []);
        const answer = JSON.parse(text) as { readonly kind: string; readonly code?: number; readonly status?: string; readonly message?: string };
        if (code < 400) return;
        assert.deepEqual([answer.kind, answer.status, answer.code], ['Status', 'Failure', code]);
        assert.ok(answer.message);
      }),
      timeBox((line) => t.diagnostic(line)),
    ),
  );
});

test('queries', async (t) => {
  const query = Buffer.from('labelSelector=a%20in%20(b,c)&fieldSelector=metadata.name%3Dd&limit=5&resourceVersion=0&resourceVersionMatch=NotOlderThan&continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ&timeoutSeconds=3');
  await leavesNothing(() =>
    fc.assert(
      fc.asyncProperty(mutatedBytes(fc.constant(query)), fc.nat({ max: 4 }), async (bytes, skipped) => {
        const parts = bytes.toString('latin1').replace(/[^!-~]/g, '%').split('&');
        const { code, text } = await send({ method: 'GET', path: `${COLLECTION}?${parts.slice(skipped).join('&').replaceAll('#', '%23')}`, type: 'application/json', body: Buffer.alloc(0) });
        const answer = JSON.parse(text) as { readonly kind: string; readonly code?: number };
        assert.deepEqual(faults, []);
        assert.ok(code < 500, text);
        if (code >= 400) assert.deepEqual([answer.kind, answer.code], ['Status', code]);
      }),
      timeBox((line) => t.diagnostic(line)),
    ),
  );
});
