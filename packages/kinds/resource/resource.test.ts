import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../testing/objects.ts';
import { createCases, row, subresourceFindings, updateCases } from '../testing/tables.ts';
import { deviceClasses } from './device-class/kind.ts';
import { resourceClaims } from './resource-claim/kind.ts';
import type { ResourceClaim } from './resource-claim/schema.ts';
import { resourceSlices } from './resource-slice/kind.ts';

const apiVersion = 'resource.k8s.io/v1';
const claim = (devices: object): object => ({
  kind: 'ResourceClaim',
  apiVersion,
  metadata: { name: 'gpu', namespace: 'default' },
  spec: { devices },
});
const wanted = (members: object): object => claim({ requests: [{ name: 'gpu', exactly: { deviceClassName: 'gpu.example.com', ...members } }] });
const slice = (spec: object): object => ({
  kind: 'ResourceSlice',
  apiVersion,
  metadata: { name: 's' },
  spec: {
    driver: 'gpu.example.com',
    nodeName: 'n',
    pool: { name: 'n', generation: 1, resourceSliceCount: 1 },
    devices: [{ name: 'gpu-0' }],
    ...spec,
  },
});

test('defaults', () => {
  const { exactly } = created(resourceClaims, wanted({ tolerations: [{ key: 'a' }] })).spec.devices.requests![0]!;
  assert.deepEqual(exactly, {
    deviceClassName: 'gpu.example.com',
    allocationMode: 'ExactCount',
    count: 1,
    tolerations: [{ key: 'a', operator: 'Equal' }],
  });
});

createCases(resourceClaims, {
  'no class': [wanted({ deviceClassName: '' }), ['spec.devices.requests[0].exactly.deviceClassName: Required value']],
  'all with a count': [
    wanted({ allocationMode: 'All', count: 2 }),
    [`spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`],
  ],
  'bad mode': [
    wanted({ allocationMode: 'Some' }),
    ['spec.devices.requests[0].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"'],
  ],
  'negative count': [wanted({ count: -1 }), ['spec.devices.requests[0].exactly.count: Invalid value: -1: must be greater than zero']],
  'bad toleration': [
    wanted({ tolerations: [{ operator: 'Exists', value: 'x', effect: 'Never' }] }),
    [
      'spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "x": must be empty for operator `Exists`',
      'spec.devices.requests[0].exactly.tolerations[0].effect: Unsupported value: "Never": supported values: "NoExecute", "NoSchedule", "None"',
    ],
  ],
  'selector without expression': [wanted({ selectors: [{}] }), ['spec.devices.requests[0].exactly.selectors[0].cel: Required value']],
  'selectors that compile': [
    wanted({
      selectors: [
        { cel: { expression: 'device.driver == "gpu.example.com" && device.attributes["gpu.example.com"].memory > 40' } },
        { cel: { expression: 'cel.bind(gpu, device.capacity["gpu.example.com"], gpu.memory.isGreaterThan(quantity("40Gi")))' } },
        { cel: { expression: 'device.attributes["gpu.example.com"].healthy' } },
        { cel: { expression: 'device.allowMultipleAllocations' } },
      ],
    }),
    [],
  ],
  'selectors that do not': [
    wanted({ selectors: [{ cel: { expression: 'noSuchVar' } }, { cel: { expression: '1 + 1' } }, { cel: { expression: '' } }, { cel: { expression: 'x'.repeat(10_241) } }] }),
    [
      `spec.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value: "noSuchVar": compilation failed: ERROR: <input>:1:1: undeclared reference to 'noSuchVar' (in container '')\n | noSuchVar\n | ^`,
      'spec.devices.requests[0].exactly.selectors[1].cel.expression: Invalid value: "1 + 1": must evaluate to bool or the unknown type, not int',
      `spec.devices.requests[0].exactly.selectors[2].cel.expression: Invalid value: "": compilation failed: ERROR: <input>:1:1: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | \n | ^`,
      'spec.devices.requests[0].exactly.selectors[3].cel.expression: Too long: may not be more than 10240 bytes',
    ],
  ],
  'request of nothing': [
    claim({ requests: [{ name: 'a' }] }),
    ['spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required'],
  ],
  'same request twice': [
    claim({ requests: ['a', 'a'].map((name) => ({ name, exactly: { deviceClassName: 'c' } })) }),
    ['spec.devices.requests[1]: Duplicate value: "a"'],
  ],
  alternatives: [
    claim({
      requests: [{ name: 'a', firstAvailable: [{ name: 'big', deviceClassName: 'c' }] }],
      constraints: [{ requests: ['a/big'], matchAttribute: 'example.com/numa' }],
    }),
    [],
  ],
  'constraint on nothing': [
    claim({ requests: [{ name: 'a', exactly: { deviceClassName: 'c' } }], constraints: [{ requests: ['b'], matchAttribute: 'numa' }] }),
    [
      `spec.devices.constraints[0].requests[0]: Invalid value: "b": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'`,
      'spec.devices.constraints[0].matchAttribute: Invalid value: "numa": a fully qualified name must be a domain and a name separated by a slash',
    ],
  ],
  'configuration of no driver': [
    claim({ requests: [{ name: 'a', exactly: { deviceClassName: 'c' } }], config: [{ opaque: { driver: 'x', parameters: [] } }, {}] }),
    [
      'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
      'spec.devices.config[1].opaque: Required value',
    ],
  ],
});

updateCases(resourceClaims, wanted({}), {
  labels: [(draft) => void (draft.metadata!.labels = { a: 'b' }), []],
  spec: [(draft) => void (draft.spec!.devices = {}), ['spec: Invalid value: {"devices":{}}: field is immutable']],
});

test('status: only allocated devices of a claim are reserved and reported', () => {
  const stored = created(resourceClaims, wanted({}));
  const sent = (status: object): ResourceClaim => ({ ...stored, status }) as ResourceClaim;
  const consumer = { resource: 'pods', name: 'p', uid: 'u' };
  const allocation = { devices: { results: [{ request: 'gpu', driver: 'gpu.example.com', pool: 'n', device: 'gpu-0' }] } };
  const findings = (status: object, before = stored): string[] => subresourceFindings(resourceClaims, 'status', before, sent(status));
  assert.deepEqual(findings({ allocation, reservedFor: [consumer] }), []);
  assert.deepEqual(findings({ reservedFor: [consumer] }), ['status.reservedFor: Forbidden: may not be specified when `allocated` is not set']);
  const device = { driver: 'gpu.example.com', pool: 'n', device: 'gpu-1', conditions: [] };
  assert.deepEqual(findings({ allocation, devices: [device] }), [
    'status.devices[0]: Invalid value: "gpu.example.com/n/gpu-1": must be an allocated device in the claim',
  ]);
  const elsewhere = { devices: { results: [{ ...allocation.devices.results[0], device: 'gpu-1' }] } };
  assert.match(findings({ allocation: elsewhere }, sent({ allocation }))[0]!, /^status.allocation: Invalid value: .*: field is immutable$/);
});

createCases(resourceSlices, {
  nowhere: [
    slice({ nodeName: undefined }),
    ['spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'],
  ],
  'in two places': [
    slice({ allNodes: true }),
    [
      'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set',
    ],
  ],
  'bad pool': [
    slice({ pool: { name: '', generation: -1, resourceSliceCount: 0 } }),
    [
      'spec.pool.name: Required value',
      'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
      'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero',
    ],
  ],
  'same device twice': [slice({ devices: [{ name: 'a' }, { name: 'a' }] }), ['spec.devices[1]: Duplicate value: "a"']],
  'attribute of two values': [
    slice({ devices: [{ name: 'a', attributes: { 'x/y/z': { int: 1 }, model: { string: 'a', bool: true }, firmware: { version: '1' } } }] }),
    [
      'spec.devices[0].attributes[firmware].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
      'spec.devices[0].attributes[model]: Invalid value: {"bool":true,"string":"a"}: exactly one value must be specified',
      'spec.devices[0].attributes[x/y/z]: Invalid value: "x/y/z": must not contain more than one slash',
    ],
  ],
  'device with a place of its own': [
    slice({ devices: [{ name: 'a', nodeName: 'n' }] }),
    [
      'spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
    ],
  ],
  'bad taint': [slice({ devices: [{ name: 'a', taints: [{ key: 'a', effect: '' }] }] }), ['spec.devices[0].taints[0].effect: Required value']],
  'half of the binding conditions': [
    slice({ devices: [{ name: 'a', bindingConditions: ['ready'] }] }),
    ['spec.devices[0].bindingFailureConditions: Invalid value: []: bindingFailureConditions are required to use bindingConditions'],
  ],
});

updateCases(resourceSlices, slice({}), {
  devices: [(draft) => void (draft.spec!.devices = [{ name: 'gpu-1' }]), []],
  node: [(draft) => void (draft.spec!.nodeName = 'm'), ['spec.nodeName: Invalid value: "m": field is immutable']],
  pool: [(draft) => void (draft.spec!.pool!.name = 'm'), ['spec.pool.name: Invalid value: "m": field is immutable']],
});

createCases(deviceClasses, {
  'bad extended resource': [
    { kind: 'DeviceClass', apiVersion, metadata: { name: 'c' }, spec: { extendedResourceName: 'cpu' } },
    ['spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name'],
  ],
});

test('columns', () => {
  const stored = created(resourceClaims, wanted({}));
  const state = (status: object, metadata: object = {}): unknown =>
    row(resourceClaims, { ...stored, metadata: { ...stored.metadata, ...metadata }, status } as ResourceClaim)['State'];
  assert.equal(state({}), 'pending');
  assert.equal(state({ allocation: { devices: {} }, reservedFor: [{}] }), 'allocated,reserved');
  assert.equal(state({ allocation: { devices: {} } }, { deletionTimestamp: '2026-01-02T03:04:05Z' }), 'deleted,allocated');
  assert.deepEqual(row(resourceSlices, created(resourceSlices, slice({}))), {
    Name: 's',
    Node: 'n',
    Driver: 'gpu.example.com',
    Pool: 'n',
    Age: '<unknown>',
  });
});
