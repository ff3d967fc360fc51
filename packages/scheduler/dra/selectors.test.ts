/** What pods are told of selectors that fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeviceClass } from '#kinds/resource/device-class/schema.ts';
import type { ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';
import type { DeviceSelector } from '#kinds/resource/shared.ts';
import { allocate, type Supply } from './allocator.ts';
import { deviceSelectors } from './selectors.ts';

const selectors = (...expressions: string[]): DeviceSelector[] => expressions.map((expression) => ({ cel: { expression } }));

function allocated(ofClass: string[], ofClaim: string[]): string {
  const gpu = { metadata: { name: 'gpu' }, spec: { selectors: selectors(...ofClass) } } as unknown as DeviceClass;
  const claim = {
    metadata: { name: 'c', namespace: 'n' },
    spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', count: 1, selectors: selectors(...ofClaim) } }] } },
    status: {},
  } as unknown as ResourceClaim;
  const devices: Supply['devices'] = ['a100', 'h100'].map((model, index) => ({
    id: `gpu.example.com/p/d${index}`,
    driver: 'gpu.example.com',
    pool: 'p',
    reach: 'node',
    device: { name: `d${index}`, attributes: { model: { string: model } } },
  }));
  try {
    const results = allocate([claim], { node: 'a', devices, taken: new Set(), classes: () => gpu, selects: deviceSelectors() });
    return results?.[0]?.devices.results?.map(({ device }) => device).join(' ') ?? 'none';
  } catch (error) {
    return (error as Error).message;
  }
}

test('expressions of the class and of the claim decide', () => {
  const model = (name: string): string => `device.attributes["gpu.example.com"].model == "${name}"`;
  assert.equal(allocated(['device.driver == "gpu.example.com"'], [model('h100')]), 'd1');
  assert.equal(allocated([model('a100')], [model('h100')]), 'none');
  assert.equal(allocated(['true', 'device.driver.size()'], []), 'class gpu: selector #1: CEL compile error: must evaluate to bool or the unknown type, not int');
  assert.equal(allocated([], ['device.attributes["gpu.example.com"].none == 1']), 'claim n/c: selector #0: CEL runtime error: no such key: none');
});
