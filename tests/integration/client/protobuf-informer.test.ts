/**
 * A controller's client by hand: protobuf and watch-list, a watch that breaks, and going on from the last bookmark.
 */
import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect } from 'node:http2';
import { test } from 'node:test';
import { openTestServer, type TestServer } from '#apiserver/testing/test-server.ts';
import { configMaps } from '#kinds/core/config-map/kind.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { FrameSplitter, readWatchEvent } from '#machinery/protobuf/envelope.ts';
import { decodeEnvelope, encodeEnvelope } from '#machinery/protobuf/protobuf.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const MAPS = '/api/v1/namespaces/default/configmaps';
const WATCH = `${MAPS}?watch=true&allowWatchBookmarks=true`;

interface Frame {
  readonly type: string;
  readonly object: KubeObject;
}

class ProtobufClient implements Disposable {
  readonly #session: ClientHttp2Session;

  constructor({ port, pki }: TestServer) {
    this.#session = connect(`https://127.0.0.1:${port}`, { ca: pki.caCert });
  }

  [Symbol.dispose](): void {
    this.#session.destroy();
  }

  async write(method: 'POST' | 'PUT' | 'DELETE', path: string, object?: KubeObject): Promise<number> {
    const stream = this.#session.request({ ':method': method, ':path': path, authorization: 'Bearer root', accept: PROTOBUF, 'content-type': PROTOBUF });
    stream.end(object && encodeEnvelope(configMaps.schema, object));
    return new Promise((resolve, reject) => {
      let code = 0;
      stream.on('response', (head) => (code = head[':status'] ?? 0));
      stream.on('error', reject);
      stream.on('end', () => resolve(code)).resume();
    });
  }

  /** The events of a watch; leaving the loop breaks it off without a word. */
  async *watch(path: string): AsyncGenerator<Frame> {
    const stream = this.#session.request({ ':path': path, authorization: 'Bearer root', accept: `${PROTOBUF};stream=watch,${PROTOBUF}` });
    const frames = new FrameSplitter();
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        for (const frame of frames.push(chunk)) {
          const { type, object } = readWatchEvent(frame);
          yield { type, object: decodeEnvelope<KubeObject>(configMaps.schema, object) };
        }
      }
    } finally {
      stream.close();
    }
  }
}

const configMap = (name: string, n = 0): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data: { n: String(n) } }) as KubeObject;
const brief = ({ type, object }: Frame): string => `${type} ${object.metadata.name ?? ''}`.trim();
const isInitialEnd = ({ type, object }: Frame): boolean => type === 'BOOKMARK' && object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true';

test('a protobuf informer misses nothing and sees nothing twice over a broken watch', async () => {
  await using server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
  using client = new ProtobufClient(server);
  for (const name of ['a', 'b', 'c']) assert.equal(await client.write('POST', MAPS, configMap(name)), 201);

  const initial: Frame[] = [];
  for await (const frame of client.watch(`${WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=`)) {
    initial.push(frame);
    if (isInitialEnd(frame)) break;
  }
  assert.deepEqual(initial.map(brief), ['ADDED a', 'ADDED b', 'ADDED c', 'BOOKMARK']);
  const versions = initial.map(({ object }) => Number(object.metadata.resourceVersion));
  assert.ok(Math.max(...versions) === versions.at(-1), 'the bookmark covers what was sent');

  // While nobody watches.
  const expected = ['ADDED d', 'MODIFIED a', 'DELETED b'];
  await client.write('POST', MAPS, configMap('d'));
  await client.write('PUT', `${MAPS}/a`, configMap('a', 1));
  await client.write('DELETE', `${MAPS}/b`);

  // Each watch breaks after one event, and the next goes on where that one was.
  let last = String(versions.at(-1));
  const seen: string[] = [];
  for (let n = 0; n < 20; n++) {
    for await (const frame of client.watch(`${WATCH}&resourceVersion=${last}`)) {
      last = frame.object.metadata.resourceVersion!;
      if (frame.type === 'BOOKMARK') continue;
      seen.push(brief(frame));
      break;
    }
    await client.write('POST', MAPS, configMap(`more-${n}`));
    expected.push(`ADDED more-${n}`);
  }
  for await (const frame of client.watch(`${WATCH}&resourceVersion=${last}`)) {
    if (frame.type !== 'BOOKMARK') seen.push(brief(frame));
    if (seen.length === expected.length) break;
  }
  assert.deepEqual(seen, expected);

  // A watch-list that is not to be older than the last version begins with what is there now.
  const again: string[] = [];
  for await (const frame of client.watch(`${WATCH}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=${last}`)) {
    if (isInitialEnd(frame)) break;
    again.push(brief(frame));
  }
  assert.deepEqual(again.toSorted(), ['a', 'c', 'd', ...Array.from({ length: 20 }, (_, n) => `more-${n}`)].map((name) => `ADDED ${name}`).toSorted());
});
