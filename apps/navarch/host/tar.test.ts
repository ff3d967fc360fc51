import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { imageArchive } from './image-archive.ts';
import { entriesFromDisk, tarArchive } from './tar.ts';

test('what is written is what tar unpacks', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tar-'));
  try {
    const long = `${'d/'.repeat(80)}name-with-ümlaut`;
    const archive = tarArchive([
      { path: '/bin/run', content: Buffer.from('#!/bin/sh\n'), mode: 0o4755 },
      { path: long, content: Buffer.alloc(1000, 'x') },
      { path: 'link', target: 'y'.repeat(150) },
      { path: 'empty', content: Buffer.alloc(0) },
      { path: 'tmp', directory: true, mode: 0o1777 },
    ]);
    execFileSync('tar', ['-xpf', '-', '-C', directory], { input: archive });
    assert.equal(readFileSync(join(directory, 'bin/run'), 'utf8'), '#!/bin/sh\n');
    assert.equal(readFileSync(join(directory, long)).length, 1000);
    assert.equal(readlinkSync(join(directory, 'link')), 'y'.repeat(150));
    assert.equal(statSync(join(directory, 'tmp')).mode & 0o7777, 0o1777);
    assert.deepEqual(tarArchive(await entriesFromDisk(directory, '.')), archive);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('the same image is the same bytes', () => {
  const layers = [[{ path: 'pause', content: Buffer.from('x'), mode: 0o755 }]];
  const archive = imageArchive({ name: 'example.test/pause:1', layers, entrypoint: ['/pause'] });
  assert.deepEqual(imageArchive({ name: 'example.test/pause:1', layers, entrypoint: ['/pause'] }), archive);
  const names = execFileSync('tar', ['-tf', '-'], { input: archive }).toString().split('\n');
  assert.ok(names.includes('oci-layout') && names.includes('index.json'));
});
