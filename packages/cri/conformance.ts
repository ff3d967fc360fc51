/**
 * What every `ContainerRuntime` must do, as tests: run it with a runtime that has the image and can run `sh -c` with echo, sleep and exit.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type Clock, systemClock } from '#base/clock.ts';
import { isReason } from '#machinery/status.ts';
import type { ContainerConfig, SandboxConfig } from './config.ts';
import type { ContainerRuntime, RuntimeEvent } from './runtime.ts';

/** The runtime under test. */
export interface ConformanceSubject {
  readonly runtime: ContainerRuntime;
  /** An image that is present. */
  readonly image: string;
  readonly cgroupParent?: string;
}

const { signal } = new AbortController();

/** Waits until `check` answers something. @throws Error after ten seconds. */
async function eventually<T>(what: string, check: () => Promise<T | undefined | false>, clock: Clock = systemClock): Promise<T> {
  const deadlineMs = clock.monotonicMs() + 10_000;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (clock.monotonicMs() > deadlineMs) throw new Error(`waited too long for ${what}`);
    await clock.sleep(5);
  }
}

/** Registers the tests under `name`; `subject` is called once, when the first test runs. */
export function describeContainerRuntime(name: string, subject: () => Promise<ConformanceSubject>): void {
  let opened: Promise<ConformanceSubject> | undefined;
  const use = (): Promise<ConformanceSubject> => (opened ??= subject());
  let serial = 0;
  const sandboxConfig = (logDirectory: string, cgroupParent?: string): SandboxConfig => {
    serial += 1;
    return {
      metadata: { name: `pod-${serial}`, uid: `00000000-0000-4000-8000-${String(serial).padStart(12, '0')}`, namespace: 'default', attempt: 0 },
      hostname: `pod-${serial}`,
      logDirectory,
      labels: { suite: 'conformance', serial: String(serial) },
      annotations: { note: 'kept' },
      linux: cgroupParent ? { cgroupParent } : {},
    };
  };
  const inSandbox = async (body: (subject: ConformanceSubject, sandboxId: string, config: SandboxConfig) => Promise<void>): Promise<void> => {
    const used = await use();
    const logDirectory = mkdtempSync(join(tmpdir(), 'cri-logs-'));
    const config = sandboxConfig(logDirectory, used.cgroupParent);
    const id = await used.runtime.runSandbox(config, '', signal);
    try {
      await body(used, id, config);
    } finally {
      await used.runtime.stopSandbox(id, signal);
      await used.runtime.removeSandbox(id, signal);
      rmSync(logDirectory, { recursive: true, force: true });
    }
  };
  const containerConfig = (image: string, script: string, name = 'main'): ContainerConfig => ({
    metadata: { name, attempt: 0 },
    image,
    command: ['sh', '-c', script],
    labels: { suite: 'conformance', container: name },
    annotations: { hash: '1' },
    logPath: `${name}_0.log`,
    linux: { resources: { cpuShares: 2 } },
  });
  const exited = ({ runtime }: ConformanceSubject, id: string) =>
    eventually(`container ${id} to exit`, async () => {
      const status = await runtime.containerStatus(id, signal);
      return status.state === 'exited' && status;
    });

  describe(`container runtime: ${name}`, () => {
    it('says who it is and that it is ready', async () => {
      const { runtime } = await use();
      assert.notEqual((await runtime.version(signal)).runtimeName, '');
      const { conditions } = await runtime.status(signal);
      assert.deepEqual(Object.fromEntries(conditions.map(({ type, status }) => [type, status])), { NetworkReady: true, RuntimeReady: true });
    });

    it('runs, lists, stops and removes sandboxes', () =>
      inSandbox(async ({ runtime }, id, config) => {
        const status = await runtime.sandboxStatus(id, signal);
        assert.equal(status.state, 'ready');
        assert.deepEqual(status.metadata, config.metadata);
        assert.deepEqual(status.annotations, config.annotations);
        assert.equal(status.ips.length, 1);
        const listed = await runtime.listSandboxes({ labels: config.labels! }, signal);
        assert.deepEqual(listed.map((one) => one.id), [id]);
        await runtime.stopSandbox(id, signal);
        await runtime.stopSandbox(id, signal);
        assert.equal((await runtime.sandboxStatus(id, signal)).state, 'notReady');
        assert.deepEqual(await runtime.listSandboxes({ labels: config.labels!, state: 'ready' }, signal), []);
        await runtime.removeSandbox(id, signal);
        await runtime.removeSandbox(id, signal);
        await assert.rejects(runtime.sandboxStatus(id, signal), (error) => isReason(error, 'NotFound'));
      }));

    it('runs a container to its end and keeps its exit code and log', () =>
      inSandbox(async (used, sandboxId, sandbox) => {
        const { runtime, image } = used;
        const id = await runtime.createContainer(sandboxId, containerConfig(image, 'echo hello; echo oops >&2; exit 3'), sandbox, signal);
        assert.equal((await runtime.containerStatus(id, signal)).state, 'created');
        await runtime.startContainer(id, signal);
        const status = await exited(used, id);
        assert.equal(status.exitCode, 3);
        assert.equal(status.reason, 'Error');
        assert.deepEqual(status.metadata, { name: 'main', attempt: 0 });
        // A runtime notes the start when it has heard of it, which may be after the end of so short a process.
        assert.ok(status.startedAtMs > 0 && status.finishedAtMs > 0);
        const lines = readFileSync(status.logPath, 'utf8').trim().split('\n');
        assert.deepEqual(lines.map((line) => line.split(' ').slice(1).join(' ')).sort(), ['stderr F oops', 'stdout F hello']);
        const [listed] = await runtime.listContainers({ sandboxId }, signal);
        assert.equal(listed?.id, id);
        assert.equal(listed.state, 'exited');
        assert.deepEqual(listed.annotations, { hash: '1' });
        await runtime.removeContainer(id, signal);
        await runtime.removeContainer(id, signal);
        await assert.rejects(runtime.containerStatus(id, signal), (error) => isReason(error, 'NotFound'));
      }));

    it('stops a running container', () =>
      inSandbox(async (used, sandboxId, sandbox) => {
        const { runtime, image } = used;
        const id = await runtime.createContainer(sandboxId, containerConfig(image, 'exec sleep 5000'), sandbox, signal);
        await runtime.startContainer(id, signal);
        assert.equal((await runtime.containerStatus(id, signal)).state, 'running');
        await runtime.stopContainer(id, 0, signal);
        assert.equal((await runtime.containerStatus(id, signal)).state, 'exited');
        await runtime.stopContainer(id, 0, signal);
      }));

    it('runs commands inside a container', () =>
      inSandbox(async ({ runtime, image }, sandboxId, sandbox) => {
        const id = await runtime.createContainer(sandboxId, containerConfig(image, 'sleep 5000'), sandbox, signal);
        await runtime.startContainer(id, signal);
        const result = await runtime.execSync(id, ['sh', '-c', 'echo out; echo err >&2; exit 7'], 5000, signal);
        assert.equal(Buffer.from(result.stdout).toString(), 'out\n');
        assert.equal(Buffer.from(result.stderr).toString(), 'err\n');
        assert.equal(result.exitCode, 7);
        await assert.rejects(runtime.execSync(id, ['sleep', '50'], 1000, signal), (error) => isReason(error, 'Timeout'));
        assert.match(await runtime.exec({ containerId: id, command: ['sh'], tty: false, stdin: true, stdout: true, stderr: true }, signal), /^https?:\/\//);
        assert.match(await runtime.attach({ containerId: id, tty: false, stdin: false, stdout: true, stderr: true }, signal), /^https?:\/\//);
        assert.match(await runtime.portForward(sandboxId, [80], signal), /^https?:\/\//);
      }));

    it('opens the log anew after it was renamed', () =>
      inSandbox(async (used, sandboxId, sandbox) => {
        const { runtime, image } = used;
        const id = await runtime.createContainer(sandboxId, containerConfig(image, 'echo first; sleep 1; echo second'), sandbox, signal);
        await runtime.startContainer(id, signal);
        const { logPath } = await runtime.containerStatus(id, signal);
        await eventually('the first line', async () => read(logPath).includes('first'));
        renameSync(logPath, `${logPath}.1`);
        await runtime.reopenContainerLog(id, signal);
        await exited(used, id);
        assert.ok(read(`${logPath}.1`).includes('first'));
        await eventually('the second line', async () => read(logPath).includes('second'));
      }));

    it('reports what happens to containers', () =>
      inSandbox(async (used, sandboxId, sandbox) => {
        const { runtime, image } = used;
        const seen: RuntimeEvent[] = [];
        const stop = new AbortController();
        const following = (async () => {
          try {
            for await (const events of runtime.events(stop.signal)) seen.push(...events);
          } catch (error) {
            if (!stop.signal.aborted) throw error;
          }
        })();
        const id = await runtime.createContainer(sandboxId, containerConfig(image, 'sleep 1; exit 5'), sandbox, signal);
        await runtime.startContainer(id, signal);
        await exited(used, id);
        await eventually('the exit event', async () => seen.some((event) => event.type === 'exited' && event.containerId === id));
        stop.abort();
        await following;
      }));

    it('lists usage and images', () =>
      inSandbox(async ({ runtime, image }, sandboxId, sandbox) => {
        const id = await runtime.createContainer(sandboxId, containerConfig(image, 'sleep 5000'), sandbox, signal);
        await runtime.startContainer(id, signal);
        const [stats] = await runtime.containerStats({ sandboxId }, signal);
        assert.equal(stats?.containerId, id);
        assert.ok((stats.memory?.workingSetBytes ?? -1) >= 0);
        const found = await runtime.imageStatus(image, signal);
        assert.ok(found?.id);
        assert.ok((await runtime.listImages(signal)).some((one) => one.id === found.id));
        assert.equal(await runtime.imageStatus('example.invalid/none:1', signal), undefined);
        assert.ok((await runtime.imageFilesystems(signal)).length > 0);
      }));

    it('refuses what does not exist', async () => {
      const { runtime } = await use();
      await assert.rejects(runtime.startContainer('none', signal), (error) => isReason(error, 'NotFound'));
      await runtime.stopContainer('none', 0, signal);
      await runtime.removeContainer('none', signal);
      await runtime.removeImage('example.invalid/none:1', signal);
    });
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
