/** Which devices an expression means. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileDeviceSelector, deviceMatches } from './device-selector.ts';
import type { Device } from './resource-slice/schema.ts';

const device: Device = {
  name: 'gpu-1',
  attributes: {
    model: { string: 'a100' },
    'other.example.com/slot': { int: 3 },
    'gpu.example.com/healthy': { bool: true },
    driverVersion: { version: '1.10.2' },
    broken: { version: '1' },
    links: { ints: [1, 2] },
  },
  capacity: { memory: { value: '80Gi' }, 'other.example.com/lanes': { value: '16' } },
  allowMultipleAllocations: true,
};

function verdict(expression: string): string {
  const compiled = compileDeviceSelector(expression);
  if ('error' in compiled) return compiled.error;
  try {
    return String(deviceMatches(compiled.program, { driver: 'gpu.example.com', device }));
  } catch (error) {
    return `error: ${(error as Error).message}`;
  }
}

const CASES: Readonly<Record<string, string>> = {
  'device.driver == "gpu.example.com"': 'true',
  'device.driver == "nic.example.com"': 'false',
  'device.attributes["gpu.example.com"].model == "a100"': 'true',
  'device.attributes["gpu.example.com"].healthy': 'true',
  'device.attributes["other.example.com"].slot in [1, 3]': 'true',
  'device.attributes["other.example.com"].slot + 1 == 4': 'true',
  'device.attributes["gpu.example.com"].slot == 3': 'error: no such key: slot',
  'device.attributes["none.example.com"].slot == 3': 'error: no such key: slot',
  '"slot" in device.attributes["other.example.com"] && !("model" in device.attributes["other.example.com"])': 'true',
  'has(device.attributes["none.example.com"].slot)': 'false',
  '"gpu.example.com" in device.attributes && !("none.example.com" in device.attributes)': 'true',
  'device.attributes["gpu.example.com"].?slot.orValue(7) == 7': 'true',
  'device.attributes["gpu.example.com"].driverVersion.isGreaterThan(semver("1.9.0"))': 'true',
  'device.attributes["gpu.example.com"].driverVersion.compareTo(semver("1.10.2")) == 0': 'true',
  'device.attributes["gpu.example.com"].broken == semver("1.0.0")': 'error: attribute broken: parse semantic version: No Major.Minor.Patch elements found',
  'device.attributes["gpu.example.com"].links.sum() == 3': 'true',
  'device.attributes["gpu.example.com"].all(id, id != "slot")': 'true',
  'device.capacity["gpu.example.com"].memory.compareTo(quantity("80Gi")) == 0': 'true',
  'device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("81Gi"))': 'false',
  'device.capacity["other.example.com"].lanes.asInteger() == 16': 'true',
  'device.capacity["other.example.com"].memory == quantity("1")': 'error: no such key: memory',
  'device.allowMultipleAllocations': 'true',
  'cel.bind(gpu, device.attributes["gpu.example.com"], gpu.model == "a100" && gpu.healthy)': 'true',
  'device.attributes["gpu.example.com"].model': 'error: CEL result could not be converted to bool: no such overload',
  'device.name': "compilation failed: ERROR: <input>:1:7: undefined field 'name'\n | device.name\n | ......^",
  'dyn(true)': 'must evaluate to bool or the unknown type, not dyn',
  'device.driver': 'must evaluate to bool or the unknown type, not string',
};

test('selectors of devices', () => {
  for (const [expression, expected] of Object.entries(CASES)) assert.equal(verdict(expression), expected, expression);
});

test('an expression that costs too much ends', () => {
  const list = `[${Array.from({ length: 60 }, (_, i) => i).join(',')}]`;
  assert.equal(verdict(`${list}.all(a, ${list}.all(b, ${list}.all(c, a + b + c >= 0)))`), 'error: operation cancelled: actual cost limit exceeded');
});
