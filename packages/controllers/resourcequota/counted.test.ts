import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countedResource } from './counted.ts';

test('names of quotas mean resources', () => {
  for (const [name, resource] of [
    ['pods', 'pods'],
    ['count/pods', 'pods'],
    ['count/deployments.apps', 'deployments.apps'],
    ['count/widgets.example.com', 'widgets.example.com'],
    ['cpu', 'pods'],
    ['limits.memory', 'pods'],
    ['requests.nvidia.com/gpu', 'pods'],
    ['hugepages-2Mi', 'pods'],
    ['requests.storage', 'persistentvolumeclaims'],
    ['gold.storageclass.storage.k8s.io/requests.storage', 'persistentvolumeclaims'],
    ['persistentvolumeclaims', 'persistentvolumeclaims'],
    ['services.nodeports', 'services'],
    ['secrets', 'secrets'],
    ['gpus.deviceclass.resource.k8s.io/devices', undefined],
    ['nonsense', undefined],
  ] as const) {
    assert.equal(countedResource(name), resource, name);
  }
});
