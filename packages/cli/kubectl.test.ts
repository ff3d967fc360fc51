import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { runKubectl } from './kubectl.ts';

/** What a command prints and how it ends on a machine without a kubeconfig. */
async function alone(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const code = await runKubectl(args, { stdin, stdout, stderr, env: { HOME: '/nonexistent' }, clock: systemClock, signal: new AbortController().signal } as unknown as Parameters<typeof runKubectl>[1]);
  stdout.end();
  stderr.end();
  const [out, err] = await printed;
  return { code, stdout: out, stderr: err };
}

test('its own version needs no server; the server’s does', async () => {
  assert.deepEqual(await alone('version', '--client'), { code: 0, stdout: 'Client Version: v1.36.0\n', stderr: '' });
  assert.deepEqual(await alone('version'), {
    code: 1,
    stdout: 'Client Version: v1.36.0\n',
    stderr: 'The connection to the server localhost:8080 was refused - did you specify the right host or port?\n',
  });
});
