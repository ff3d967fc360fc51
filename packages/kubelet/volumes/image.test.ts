import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { IMAGE, openHarness } from '../testing/harness.ts';
import { cannotMountImages } from './image.ts';

test('which runtimes mount images', () => {
  const rows: [string, string, boolean][] = [
    ['containerd', '1.6.20~ds1', true],
    ['containerd', 'v2.0.5', true],
    ['containerd', 'v2.1.0', false],
    ['containerd', '3.0.0', false],
    ['cri-o', '1.31.0', false],
  ];
  for (const [name, version, expected] of rows) assert.equal(cannotMountImages(name, version), expected, `${name} ${version}`);
});

test('a container gets the image, or a directory of it, read-only', async () => {
  await using node = await openHarness();
  const volumeMounts = [
    { name: 'tools', mountPath: '/tools' },
    { name: 'tools', mountPath: '/bin2', subPath: 'bin' },
  ];
  await node.createPod('web', {
    containers: [{ name: 'main', image: IMAGE, command: ['sleep', '5000'], volumeMounts }],
    volumes: [{ name: 'tools', image: { reference: IMAGE } }],
  });
  await node.podBecomes('web', 'running', (pod: Pod) => pod.status.phase === 'Running');
  const [container] = await node.runtime.listContainers({}, new AbortController().signal);
  const mounts = node.runtime.configOf(container!.id).mounts?.filter(({ image }) => image) ?? [];
  assert.deepEqual(
    mounts.map(({ containerPath, imageSubPath, readonly }) => [containerPath, imageSubPath, readonly]),
    [
      ['/tools', undefined, true],
      ['/bin2', 'bin', true],
    ],
  );
});
