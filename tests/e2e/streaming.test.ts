/**
 * Streams of containers as a current kubectl opens them: over WebSocket, without falling back to SPDY.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startTestCluster, type TestCluster } from './fixture/cluster.ts';
import { WEB_IMAGE_V1 } from './fixture/images.ts';
import { laterKubectl } from './fixture/kubectl-releases.ts';
import { eventually, type Output, run, type RunOptions } from './fixture/run.ts';

let cluster: TestCluster;
let directory: string;
let kubectl: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'navarch-streaming-'));
  cluster = await startTestCluster({ name: 'e2e-streaming' });
  [kubectl] = await Promise.all([laterKubectl(directory), cluster.load(WEB_IMAGE_V1)]);
  await cluster.kubectl(['run', 'single', `--image=${WEB_IMAGE_V1}`, '--port=8080']);
  await cluster.kubectl(['wait', '--for=condition=Ready', 'pod/single', '--timeout=30s']);
});
after(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** Runs a current kubectl that tells what it does; fails when it did not use WebSocket all the way. */
async function overWebSocket(args: readonly string[], options: RunOptions = {}): Promise<Output> {
  const output = await run(kubectl, ['-v=4', ...args], { ...options, env: { ...cluster.env, ...options.env }, timeoutMs: 30_000 });
  assert.match(output.stderr, /v5\.channel\.k8s\.io/);
  assert.doesNotMatch(output.stderr, /fallback/i);
  return output;
}

test('exec: output, exit codes, input that ends, megabytes', async () => {
  assert.equal((await overWebSocket(['exec', 'single', '--', 'echo', 'hi'])).stdout, 'hi\n');
  assert.equal((await overWebSocket(['exec', 'single', '--', 'sh', '-c', 'echo oops >&2; exit 7'])).code, 7);
  assert.equal((await overWebSocket(['exec', '-i', 'single', '--', 'cat'], { stdin: 'from stdin' })).stdout, 'from stdin');
  const text = randomBytes(4 << 20).toString('hex');
  const digest = (value: string): string => createHash('sha256').update(value).digest('hex');
  assert.equal(digest((await overWebSocket(['exec', '-i', 'single', '--', 'cat'], { stdin: text })).stdout), digest(text));
});

test('exec: what cannot run is said once', async () => {
  const { code, stderr } = await overWebSocket(['exec', 'single', '--', 'no-such-program']);
  assert.equal(code, 1);
  assert.match(stderr, /error: Internal error occurred: error executing command in container: .*no-such-program/);
});

test('exec: a terminal', async () => {
  const { stdout } = await run('script', ['-qec', `${kubectl} exec -it single -- sh -c 'test -t 0 && echo terminal'`, '/dev/null'], { env: cluster.env, timeoutMs: 30_000 });
  assert.match(stdout, /terminal/);
});

test('cp there and back', async () => {
  const file = join(directory, 'back');
  await run(kubectl, ['cp', kubectl, 'single:/tmp/kubectl'], { env: cluster.env, timeoutMs: 60_000 });
  await run(kubectl, ['cp', 'single:/tmp/kubectl', file], { env: cluster.env, timeoutMs: 60_000 });
  assert.equal((await run('cmp', [kubectl, file])).code, 0);
});

test('port-forward goes through the tunnel, several connections and again', async () => {
  const child = spawn(kubectl, ['-v=4', 'port-forward', 'pod/single', ':8080'], { env: { ...process.env, ...cluster.env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  try {
    const port = await eventually('forwarding', async () => /127\.0\.0\.1:(\d+) -> 8080/.exec(text)?.[1], 15_000);
    const answers = await Promise.all(Array.from({ length: 8 }, async () => (await fetch(`http://127.0.0.1:${port}/`)).text()));
    assert.deepEqual(new Set(answers), new Set(['single v1\n']));
    assert.match(text, /negotiated protocol: portforward\.k8s\.io/);
    assert.doesNotMatch(text, /fallback/i);
  } finally {
    child.kill();
    await once(child, 'exit');
  }
});
