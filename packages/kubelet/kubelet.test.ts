import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IMAGE, openHarness } from './testing/harness.ts';

const sleeper = { name: 'main', image: IMAGE, command: ['sleep', '5000'] };

describe('kubelet', () => {
  it('registers its node and reports it ready', async () => {
    await using node = await openHarness();
    const pod = await node.createPod('web', { containers: [sleeper] });
    assert.equal(pod.metadata.name, 'web');
    const running = await node.podBecomes('web', 'running', ({ status }) => status.phase === 'Running');
    console.log(JSON.stringify(running.status, undefined, 1));
    await node.deletePod('web', 1);
    await node.podVanishes('web');
    console.log(await node.eventTexts());
  });
});
