import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { openMemoryRuntime } from '#cri/testing/memory-runtime.ts';
import { cpuWeight, openCgroups } from './cgroups.ts';
import { tailOffset, type LogOptions, readLog } from './server/log-file.ts';
import { eventually } from './testing/harness.ts';
import { rotateLog } from './upkeep/log-rotation.ts';
import { directoryBytes } from './upkeep/supply.ts';
import { type Payload, writeAtomically } from './volumes/atomic-writer.ts';
import { hostPathPlugin } from './volumes/host-path.ts';
import { containerMounts } from './volumes/mounts.ts';
import { giveToGroup } from './volumes/ownership.ts';

const directory = mkdtempSync(join(tmpdir(), 'kubelet-files-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const signal = new AbortController().signal;
const isRoot = process.getuid?.() === 0;

let serial = 0;
const fresh = (): string => {
  serial += 1;
  const path = join(directory, String(serial));
  mkdirSync(path);
  return path;
};

const payload = (files: Record<string, string>): Payload => new Map(Object.entries(files).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o640 }]));

describe('atomic writer', () => {
  it('shows all files of a version, then all of the next', async () => {
    const root = fresh();
    assert.equal(await writeAtomically(root, payload({ a: '1', 'sub/b': '2' }), {}, { nowMs: 0, tag: '1' }), true);
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), '1');
    assert.equal(readFileSync(join(root, 'sub/b'), 'utf8'), '2');
    assert.equal(statSync(join(root, 'a')).mode & 0o777, 0o640);
    assert.equal(readlinkSync(join(root, 'a')), '..data/a');
    const first = readlinkSync(join(root, '..data'));
    assert.equal(await writeAtomically(root, payload({ a: '1', 'sub/b': '2' }), {}, { nowMs: 1, tag: '2' }), false);
    assert.equal(await writeAtomically(root, payload({ a: 'new', c: '3' }), {}, { nowMs: 2, tag: '3' }), true);
    assert.deepEqual(readdirSync(root).filter((name) => !name.startsWith('..')).sort(), ['a', 'c']);
    assert.notEqual(readlinkSync(join(root, '..data')), first);
    assert.equal(existsSync(join(root, first)), false);
    assert.equal(readFileSync(join(root, 'a'), 'utf8'), 'new');
  });

  it('gives files to the group', { skip: isRoot ? false : 'needs root' }, async () => {
    const root = fresh();
    await writeAtomically(root, new Map([['t', { content: Buffer.from('x'), mode: 0o600, uid: 1000 }]]), { fsGroup: 2000 }, { nowMs: 0, tag: '1' });
    const { uid, gid, mode } = statSync(join(root, 't'));
    assert.deepEqual([uid, gid, mode & 0o777], [1000, 2000, 0o640]);
  });
});

describe('volumes', () => {
  it('checks what hostPath types promise', async () => {
    const root = fresh();
    const setUp = (path: string, type: string) => hostPathPlugin.setUp({ pod: {} as Pod, volume: { name: 'v', hostPath: { path, type: type as 'File' } }, directory: '', memoryDirectory: '' }, signal);
    writeFileSync(join(root, 'file'), '');
    await setUp(join(root, 'file'), 'File');
    await setUp(join(root, 'made'), 'DirectoryOrCreate');
    await setUp(join(root, 'touched'), 'FileOrCreate');
    assert.ok(statSync(join(root, 'made')).isDirectory() && statSync(join(root, 'touched')).isFile());
    await setUp('/dev/null', 'CharDevice');
    await assert.rejects(setUp(join(root, 'file'), 'Directory'), { message: `hostPath type check failed: ${join(root, 'file')} is not a directory` });
    await assert.rejects(setUp(join(root, 'none'), 'Socket'), /is not a socket file/);
    await setUp(join(root, 'none'), '');
  });

  it('gives a volume to a group', { skip: isRoot ? false : 'needs root' }, async () => {
    const root = fresh();
    writeFileSync(join(root, 'f'), '', { mode: 0o600 });
    await giveToGroup(root, 4242, { readOnly: false, onlyOnMismatch: true });
    assert.equal(statSync(join(root, 'f')).gid, 4242);
    assert.equal(statSync(join(root, 'f')).mode & 0o777, 0o660);
    assert.equal(statSync(root).mode & 0o2070, 0o2070);
    chmodSync(join(root, 'f'), 0o600);
    await giveToGroup(root, 4242, { readOnly: false, onlyOnMismatch: true });
    assert.equal(statSync(join(root, 'f')).mode & 0o777, 0o600);
  });

  it('keeps sub-paths inside their volume', async () => {
    const root = fresh();
    const outside = fresh();
    symlinkSync(outside, join(root, 'escape'));
    const volumes = new Map([['v', { path: root, managesOwnership: true }]]);
    const mounts = (mount: object) => containerMounts({ name: 'c', resources: {}, volumeMounts: [{ name: 'v', mountPath: '/m', ...mount }] }, volumes, new Map([['POD', 'p1']]));
    assert.equal((await mounts({}))[0]?.hostPath, root);
    assert.equal((await mounts({ subPath: 'deep/er' }))[0]?.hostPath, join(root, 'deep/er'));
    assert.equal((await mounts({ subPathExpr: 'logs/$(POD)' }))[0]?.hostPath, join(root, 'logs/p1'));
    assert.equal((await mounts({ mountPropagation: 'HostToContainer', readOnly: true }))[0]?.propagation, 'hostToContainer');
    await assert.rejects(mounts({ subPath: 'escape/x' }), /failed to prepare subPath/);
    await assert.rejects(mounts({ subPath: '../x' }), /failed to prepare subPath/);
    await assert.rejects(mounts({ subPathExpr: '$(NONE)' }), /failed to prepare subPath/);
    await assert.rejects(mounts({ name: 'w' }), /cannot find volume "w"/);
  });

  it('measures directories', async () => {
    const root = fresh();
    mkdirSync(join(root, 'a'));
    writeFileSync(join(root, 'a', 'b'), Buffer.alloc(100_000, 1));
    assert.ok((await directoryBytes(root)) >= 100_000);
    assert.equal(await directoryBytes(join(root, 'none')), 0);
  });
});

const line = (second: number, text: string, stream = 'stdout', tag = 'F'): string => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z ${stream} ${tag} ${text}\n`;

async function text(path: string, options: Partial<LogOptions>, running: () => boolean = () => false): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readLog(path, { follow: false, timestamps: false, ...options }, { clock: systemClock, running: async () => running() }, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('container logs', () => {
  const make = (): string => {
    const path = join(fresh(), '0.log');
    writeFileSync(path, line(1, 'one') + line(2, 'err', 'stderr') + line(3, 'lo', 'stdout', 'P') + line(3, 'ng') + line(4, 'four'));
    return path;
  };
  for (const [name, options, wanted] of [
    ['whole', {}, 'one\nerr\nlong\nfour\n'],
    ['the last two lines', { tailLines: 2 }, 'ng\nfour\n'],
    ['no lines', { tailLines: 0 }, ''],
    ['more lines than there are', { tailLines: 100 }, 'one\nerr\nlong\nfour\n'],
    ['with times', { tailLines: 1, timestamps: true }, '2026-01-01T00:00:04.000000000Z four\n'],
    ['since a time', { sinceTime: '2026-01-01T00:00:03Z' }, 'long\nfour\n'],
    ['some bytes', { limitBytes: 6 }, 'one\ner'],
    ['one stream', { stream: 'Stderr' }, 'err\n'],
  ] as const) {
    it(name, async () => assert.equal(await text(make(), options), wanted));
  }

  it('of a container that never wrote', async () => assert.equal(await text(join(directory, 'none.log'), {}), ''));

  it('followed over a rotation to the end', async () => {
    const path = make();
    let running = true;
    const reading = readLog(path, { follow: true, timestamps: false, tailLines: 1 }, { clock: systemClock, running: async () => running }, signal)[Symbol.asyncIterator]();
    const next = async (): Promise<string> => String((await reading.next()).value);
    assert.equal(await next(), 'four\n');
    appendFileSync(path, line(5, 'five'));
    assert.equal(await next(), 'five\n');
    renameSync(path, `${path}.1`);
    writeFileSync(path, line(6, 'six'));
    assert.equal(await next(), 'six\n');
    running = false;
    appendFileSync(path, line(7, 'seven'));
    assert.equal(await next(), 'seven\n');
    assert.equal((await reading.next()).done, true);
  });

  it('finds line starts across chunks', async () => {
    const path = join(fresh(), 'big.log');
    writeFileSync(path, Array.from({ length: 5000 }, (_, at) => line(at % 60, `line ${at} ${'x'.repeat(40)}`)).join(''));
    await using file = await open(path);
    const offset = await tailOffset(file, 4321);
    assert.match(readFileSync(path).subarray(offset).toString(), /^\S+ stdout F line 679 /);
  });

  it('are rotated, compressed and removed', async () => {
    const path = join(fresh(), '0.log');
    const runtime = openMemoryRuntime(systemClock);
    Object.defineProperty(runtime, 'reopenContainerLog', { value: () => Promise.resolve() });
    const limits = { maxBytes: 10, maxFiles: 3 };
    for (let turn = 0; turn < 5; turn += 1) {
      writeFileSync(path, line(turn, 'text'));
      assert.equal(await rotateLog({ containerId: 'c', path }, limits, { ...runtime, reopenContainerLog: () => Promise.resolve() }, turn * 1000, signal), true);
    }
    writeFileSync(path, 'x');
    assert.equal(await rotateLog({ containerId: 'c', path }, limits, runtime, 9000, signal), false);
    assert.deepEqual(readdirSync(join(path, '..')).sort(), ['0.log', '0.log.19700101-000003.gz', '0.log.19700101-000004']);
  });
});

describe('cgroups', () => {
  const pod = (uid: string, requests: Record<string, string>, limits: Record<string, string> = {}): Pod => ({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { uid },
    spec: { containers: [{ name: 'c', resources: { requests, limits } }] },
    status: {},
  });
  const read = (path: string): string => readFileSync(path, 'utf8');

  it('version 1: limits per controller', async () => {
    const mount = fresh();
    for (const name of ['cpu', 'memory', 'pids']) mkdirSync(join(mount, name));
    const cgroups = await openCgroups('/node', systemClock, silentLogger, mount);
    assert.equal(cgroups.version, 1);
    await cgroups.open();
    const path = await cgroups.create(pod('u1', { cpu: '250m' }, { cpu: '500m', memory: '64Mi' }));
    assert.equal(path, '/node/kubepods/burstable/podu1');
    assert.equal(read(join(mount, 'cpu', path, 'cpu.shares')), '256');
    assert.equal(read(join(mount, 'cpu', path, 'cpu.cfs_quota_us')), '50000');
    assert.equal(read(join(mount, 'memory', path, 'memory.limit_in_bytes')), String(64 << 20));
    assert.deepEqual([...(await cgroups.list())], [['u1', path]]);
    assert.equal(await cgroups.create(pod('u2', {})), '/node/kubepods/besteffort/podu2');
    assert.equal(await cgroups.create(pod('u3', {}, { cpu: '1', memory: '1Gi' })), '/node/kubepods/burstable/podu3');
    assert.equal(await cgroups.create(pod('u4', { cpu: '1', memory: '1Gi' }, { cpu: '1', memory: '1Gi' })), '/node/kubepods/podu4');
    await cgroups.balance([pod('u1', { cpu: '250m' }), pod('u5', { cpu: '1' })]);
    assert.equal(read(join(mount, 'cpu/node/kubepods/burstable/cpu.shares')), '1280');
  });

  it('version 2: one hierarchy, controllers passed on', async () => {
    const mount = fresh();
    for (const path of ['', 'kubepods', 'kubepods/burstable', 'kubepods/burstable/podu1', 'kubepods/besteffort']) {
      mkdirSync(join(mount, path), { recursive: true });
      writeFileSync(join(mount, path, 'cgroup.controllers'), 'cpuset cpu io memory pids misc\n');
      writeFileSync(join(mount, path, 'cgroup.subtree_control'), path === '' ? 'cpu memory\n' : '');
    }
    const cgroups = await openCgroups('/', systemClock, silentLogger, mount);
    assert.equal(cgroups.version, 2);
    await cgroups.open();
    const path = await cgroups.create(pod('u1', { cpu: '1' }, { cpu: '2', memory: '1Gi' }));
    assert.equal(read(join(mount, path, 'cpu.max')), '200000 100000');
    assert.equal(read(join(mount, path, 'memory.max')), String(1 << 30));
    assert.equal(read(join(mount, path, 'cpu.weight')), '39');
    assert.match(read(join(mount, 'cgroup.subtree_control')), /\+pids/);
    assert.equal(read(join(mount, 'kubepods/burstable/cgroup.subtree_control')), '+cpuset +cpu +io +memory +pids');
  });

  it('turns shares into weights', () => assert.deepEqual([2, 1024, 262_144].map(cpuWeight), [1, 39, 10_000]));

  it('removes what is below, and is content when nothing is there', async () => {
    const mount = fresh();
    for (const name of ['cpu/node/kubepods/podx/child', 'memory/node/kubepods/podx', 'pids']) mkdirSync(join(mount, name), { recursive: true });
    const cgroups = await openCgroups('/node', systemClock, silentLogger, mount);
    await cgroups.remove('/node/kubepods/podx', signal);
    assert.equal(existsSync(join(mount, 'cpu/node/kubepods/podx')), false);
    await cgroups.remove('/node/kubepods/podx', signal);
    await eventually(() => 'nothing', () => true);
  });
});
