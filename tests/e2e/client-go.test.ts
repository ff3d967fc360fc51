/**
 * A program built on client-go, as operators are: typed clients in JSON and protobuf, informers, apply, leader election, streams.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { WEB_IMAGE_V1 } from './fixture/images.ts';
import { run } from './fixture/run.ts';

const NAME = 'e2e-client-go';
const LAUNCHER = fileURLToPath(new URL('../../navarch', import.meta.url));
const BUILD = fileURLToPath(new URL('client-go/build.ts', import.meta.url));
const BUILD_TIMEOUT_MS = 900_000;
let cluster: TestCluster;
let program: string;

before(async () => {
  const built = await run('flock', [BUILD, process.execPath, BUILD], { timeoutMs: BUILD_TIMEOUT_MS });
  assert.equal(built.code, 0, built.stderr);
  program = built.stdout.trim();
  cluster = await startTestCluster({ name: NAME });
  await cluster.load(WEB_IMAGE_V1);
});
after(() => cluster?.[Symbol.asyncDispose]());

async function cases(...names: readonly string[]): Promise<void> {
  const restart = `'${LAUNCHER}' down --name ${NAME} && '${LAUNCHER}' up --name ${NAME} --egress off`;
  const { code, stdout, stderr } = await run(program, names, { env: { ...cluster.env, IMAGE: WEB_IMAGE_V1, RESTART: restart } });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  assert.deepEqual(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[1]),
    names,
    stdout,
  );
}

test('discovery, typed clients in JSON and protobuf, values, conflicts', () => cases('discovery', 'typed', 'quantities-and-times', 'conflict'));
test('dynamic clients, pages, deletions, scale, tokens', () => cases('dynamic', 'paging', 'delete', 'scale', 'token'));
test('informers from streamed lists and from pages, of whole objects and of metadata; watches that go on', () =>
  cases('informer', 'metadata-informer', 'retry-watcher'));
test('apply configurations: conflicts, extracts, status', () => cases('apply', 'apply-status'));
test('leader election, events of both APIs, evictions', () => cases('leader-election', 'recorder', 'events', 'eviction'));
test('exec and port-forward, over WebSocket and over SPDY', () => cases('exec', 'port-forward'));
test('informers go on after the server was restarted', () => cases('restart'));
