import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SimClock } from '#base/testing/sim-clock.ts';
import { AuditLog } from './audit-log.ts';

test('a log goes on where it was, and is put aside when it is large', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-audit-'));
  const path = join(directory, 'audit.log');
  const clock = new SimClock();
  const limits = { maxSizeMegabytes: 1, maxBackups: 2, maxAgeDays: 0 };
  const open = (): AuditLog => new AuditLog(path, limits, clock, assert.ifError);
  try {
    for (const line of ['one', 'two']) {
      await using log = open();
      log.write(line);
    }
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n');
    const large = 'x'.repeat(700_000);
    for (let i = 0; i < 4; i++) {
      await using log = open();
      log.write(large + i);
      await clock.advance(1_000);
    }
    const files = readdirSync(directory).toSorted();
    assert.equal(files.length, 3, 'the newest and two before it');
    assert.match(files[0]!, /^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/);
    assert.deepEqual(files.map((name) => readFileSync(join(directory, name), 'utf8').at(-2)), ['1', '2', '3']);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
