/**
 * A disk that is full, and one that is gone: what the commands say, and that the cluster goes on when there is room again.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Output, run } from './fixture/run.ts';
import { systemKubectl } from './fixture/system-kubectl.ts';

const launcher = fileURLToPath(new URL('../../navarch', import.meta.url));
const NAME = 'e2e-full';
const MEGABYTE = Buffer.alloc(1024 * 1024);

test('a full disk refuses writes with a message, and no more once it has room', { skip: process.getuid?.() === 0 ? false : 'mounting a small disk needs root' }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-full-'));
  const disk = join(directory, 'disk');
  const env = { NAVARCH_HOME: join(directory, 'home'), KUBECONFIG: join(directory, 'config'), HOME: directory };
  const navarch = async (...args: string[]): Promise<Output> => run(launcher, args, { env });
  const up = async (): Promise<Output> => navarch('up', '--name', NAME, '--runtime', 'simulated', '--data-dir', join(disk, 'data'));
  const create = async (name: string): Promise<Output> => run(await systemKubectl(), ['create', 'configmap', name, `--from-literal=a=${'x'.repeat(60_000)}`], { env });
  const fill = async (): Promise<void> => {
    // Whole, then what is left of it.
    for (const piece of [MEGABYTE, MEGABYTE.subarray(0, 4096)]) {
      for (let n = 0; n < 5_000; n++) {
        const full = await writeFile(join(disk, 'fill'), piece, { flag: 'a' }).then(
          () => false,
          (error: NodeJS.ErrnoException) => error.code === 'ENOSPC',
        );
        if (full) break;
      }
    }
  };
  await mkdir(disk);
  assert.equal((await run('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', disk])).code, 0);
  try {
    assert.equal((await up()).code, 0);
    await fill();
    const refused = await create('refused');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /no space is left for the store in .*: free some on its disk/);
    assert.equal((await run(await systemKubectl(), ['get', 'configmaps', '-o', 'name'], { env })).stdout, 'configmap/kube-root-ca.crt\n');
    await rm(join(disk, 'fill'));
    assert.equal((await create('accepted')).code, 0);
    await navarch('down', '--name', NAME);
    await fill();
    const { code, stderr } = await up();
    assert.equal(code, 1);
    assert.match(stderr, /navarch: no space is left on the disk.*: free some, or keep the cluster elsewhere with --data-dir/);
    await run('umount', [disk]);
    // Its data is gone with the disk: only a link was left.
    const deleted = await navarch('delete', '--name', NAME);
    assert.equal(deleted.code, 0, deleted.stderr);
    assert.match((await navarch('list')).stdout, /No clusters/);
  } finally {
    await navarch('delete', '--name', NAME);
    await run('umount', [disk]);
    await rm(directory, { recursive: true, force: true });
  }
});
