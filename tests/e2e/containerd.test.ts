/** The runtime contract on a real containerd. */
import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { systemClock } from '#base/clock.ts';
import { describeContainerRuntime } from '#cri/conformance.ts';
import { openContainerd } from '#runtimes/containerd/containerd.ts';
import { BUSYBOX, cannotRunContainers, inNamespaces, insideNamespaces, openNodeFixture } from './node-fixture.ts';

if (inNamespaces()) {
  const stack = new AsyncDisposableStack();
  after(() => stack.disposeAsync());
  describeContainerRuntime('containerd', async () => {
    const node = stack.use(await openNodeFixture());
    const runtime = stack.use(openContainerd({ socketPath: node.socketPath, clock: systemClock }));
    return { runtime, image: BUSYBOX, cgroupParent: node.cgroupRoot };
  });
} else {
  it('containerd passes the runtime conformance suite', { skip: cannotRunContainers() ?? false }, async () => {
    assert.equal(await insideNamespaces(import.meta.filename), 0);
  });
}
