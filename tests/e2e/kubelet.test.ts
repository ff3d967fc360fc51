/** The kubelet on a real containerd. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { createLogger, jsonSink } from '#base/log.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import { type Harness, openHarness } from '#kubelet/testing/harness.ts';
import { openContainerd } from '#runtimes/containerd/containerd.ts';
import { BUSYBOX, cannotRunContainers, inNamespaces, insideNamespaces, type NodeFixture, openNodeFixture } from './node-fixture.ts';

if (inNamespaces()) {
  const stack = new AsyncDisposableStack();
  let fixture: NodeFixture;
  let node: Harness<ContainerRuntime>;
  before(async () => {
    fixture = stack.use(await openNodeFixture());
    const runtime = openContainerd({ socketPath: fixture.socketPath, clock: systemClock });
    const log = createLogger(jsonSink((line) => process.stderr.write(line), () => systemClock.now()), 'info');
    node = stack.use(await openHarness({ runtime, directory: `${fixture.directory}/kubelet`, cgroupRoot: fixture.cgroupRoot, secretsInMemory: true, log }));
  });
  after(() => stack.disposeAsync());

  describe('kubelet on containerd', () => {
    it('runs a pod and ends it', async () => {
      for (const name of ['a', 'b', 'c', 'd']) {
        const startMs = systemClock.monotonicMs();
        await node.createPod(name, { containers: [{ name: 'main', image: BUSYBOX, command: ['sh', '-c', 'trap exit TERM; sleep 5000 & wait'] }] });
        const pod = await node.podBecomes(name, 'running', ({ status }) => status.phase === 'Running');
        console.log('running after', systemClock.monotonicMs() - startMs, pod.status.podIP);
        assert.match(pod.status.podIP ?? '', /^10\.244\.1\./);
      }
      for (const name of ['a', 'b', 'c', 'd']) {
        const startMs = systemClock.monotonicMs();
        await node.deletePod(name, 5);
        await node.podVanishes(name);
        console.log('gone after', systemClock.monotonicMs() - startMs);
      }
    });
  });
} else {
  it('the kubelet runs pods on containerd', { skip: cannotRunContainers() ?? false }, async () => {
    assert.equal(await insideNamespaces(import.meta.filename), 0);
  });
}
