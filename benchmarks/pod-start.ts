/**
 * Pod start: from the creation of the object to the watch event that shows it Running, against the runtime's own time for the same pod.
 *
 * Run as root: `unshare --net --mount --propagation private sh -c 'mount --make-rshared /; ip link set lo up; exec node benchmarks/pod-start.ts'`.
 */
import { mkdirSync } from 'node:fs';
import { systemClock } from '#base/clock.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { openHarness } from '#kubelet/testing/harness.ts';
import { openContainerd } from '#runtimes/containerd/containerd.ts';
import { BUSYBOX, openNodeFixture } from '#tests/e2e/node-fixture.ts';

const ROUNDS = 20;
const signal = AbortSignal.timeout(300_000);

const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;

await using fixture = await openNodeFixture();
const runtime = openContainerd({ socketPath: fixture.socketPath, clock: systemClock });
const container = { name: 'main', image: BUSYBOX, command: ['sleep', '5000'] };

const floor: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const config = { metadata: { name: `raw-${round}`, namespace: 'raw', uid: `raw-${round}`, attempt: 0 }, logDirectory: `${fixture.directory}/logs`, linux: { cgroupParent: `${fixture.cgroupRoot}/raw` } };
  mkdirSync(`${fixture.directory}/logs/main`, { recursive: true });
  const startMs = systemClock.monotonicMs();
  const sandbox = await runtime.runSandbox(config, '', signal);
  const id = await runtime.createContainer(sandbox, { metadata: { name: 'main', attempt: 0 }, image: BUSYBOX, command: container.command, logPath: 'main/0.log' }, config, signal);
  await runtime.startContainer(id, signal);
  floor.push(systemClock.monotonicMs() - startMs);
  await runtime.stopSandbox(sandbox, signal);
  await runtime.removeSandbox(sandbox, signal);
}

const times: number[] = [];
{
  await using node = await openHarness({ runtime, directory: `${fixture.directory}/kubelet`, cgroupRoot: fixture.cgroupRoot, secretsInMemory: true });
  for (let round = 0; round < ROUNDS; round += 1) {
    const name = `pod-${round}`;
    const stop = new AbortController();
    const running = (async () => {
      for await (const events of node.client.of(pods).namespace('default').watch({}, AbortSignal.any([signal, stop.signal]))) {
        for (const event of events) if (event.type !== 'ERROR' && event.object.metadata.name === name && event.object.status?.phase === 'Running') return systemClock.monotonicMs();
      }
      return 0;
    })();
    await systemClock.sleep(20);
    const startMs = systemClock.monotonicMs();
    await node.createPod(name, { containers: [container], terminationGracePeriodSeconds: 0 });
    times.push((await running) - startMs);
    stop.abort();
    await node.deletePod(name, 0);
    await node.podVanishes(name);
    await systemClock.sleep(200);
  }
}

console.log(JSON.stringify({ rounds: ROUNDS, runtimeMs: median(floor), podMs: median(times), beyondRuntimeMs: median(times) - median(floor) }));
