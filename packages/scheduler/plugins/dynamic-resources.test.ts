import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { allocate } from '../dra/allocator.ts';
import { completeSlices, devicesFor } from '../dra/devices.ts';
import type { ResourceSlice } from '#kinds/resource/resource-slice/schema.ts';
import type { ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';
import { aHandle } from '../testing/handle.ts';
import { aNode, aPod } from '../testing/objects.ts';
import { onlyPlugin, outcome, place } from '../testing/place.ts';
import { dynamicResources } from './dynamic-resources.ts';

type Attributes = Record<string, { string?: string; int?: number }>;

function slice(node: string, devices: readonly { name: string; attributes?: Attributes; taints?: unknown }[], pool: { generation?: number; resourceSliceCount?: number } = {}): ResourceSlice {
  return {
    metadata: { name: `slice-${node}` },
    spec: { driver: 'gpu.example.com', nodeName: node, pool: { name: node, generation: 1, resourceSliceCount: 1, ...pool }, devices },
  } as unknown as ResourceSlice;
}

function claim(name: string, devices: unknown, status: unknown = {}): ResourceClaim {
  return { metadata: { name, namespace: 'default', uid: `uid-${name}` }, spec: { devices }, status } as unknown as ResourceClaim;
}

const one = (name: string, over: object = {}): object => ({ name, exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1, ...over } });
const gpu = { metadata: { name: 'gpu' }, spec: {} } as unknown as KubeObject;
const using = (...names: string[]): Pod => aPod('p', { spec: { containers: [], resourceClaims: names.map((name) => ({ name, resourceClaimName: name })) } });
const nodes = [aNode('a'), aNode('b')];
const given = (claims: readonly ResourceClaim[]): ResourceClaim =>
  claim('given', { requests: [one('r')] }, { allocation: { devices: { results: [{ request: 'r', driver: 'gpu.example.com', pool: 'a', device: 'gpu-0' }] }, nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] }] } }, reservedFor: claims.map(() => ({})) });

const cases: { title: string; claims: ResourceClaim[]; slices: ResourceSlice[]; pod: Pod; outcome: string; classes?: KubeObject[] }[] = [
  { title: 'the node with a device', claims: [claim('c', { requests: [one('r')] })], slices: [slice('b', [{ name: 'gpu-0' }])], pod: using('c'), outcome: 'b' },
  { title: 'no device', claims: [claim('c', { requests: [one('r')] })], slices: [], pod: using('c'), outcome: '0/2 nodes are available: 2 cannot allocate all claims.' },
  { title: 'no such claim', claims: [], slices: [], pod: using('c'), outcome: '0/2 nodes are available: resourceclaim "c" not found.' },
  { title: 'no such class', claims: [claim('c', { requests: [one('r')] })], slices: [], pod: using('c'), classes: [], outcome: '0/2 nodes are available: device class gpu does not exist.' },
  { title: 'a device is given once', claims: [claim('c', { requests: [one('r')] }), given([])], slices: [slice('a', [{ name: 'gpu-0' }]), slice('b', [{ name: 'gpu-0' }])], pod: using('c'), outcome: 'b' },
  { title: 'where the claim is allocated', claims: [given([])], slices: [], pod: using('given'), outcome: 'a' },
  {
    title: 'two at once',
    claims: [claim('c', { requests: [one('r', { count: 2 })] })],
    slices: [slice('a', [{ name: 'gpu-0' }]), slice('b', [{ name: 'gpu-0' }, { name: 'gpu-1' }])],
    pod: using('c'),
    outcome: 'b',
  },
  { title: 'an incomplete pool is none', claims: [claim('c', { requests: [one('r')] })], slices: [slice('a', [{ name: 'gpu-0' }], { resourceSliceCount: 2 })], pod: using('c'), outcome: '0/2 nodes are available: 2 cannot allocate all claims.' },
  {
    title: 'a tainted device only with a toleration',
    claims: [claim('c', { requests: [one('r')] })],
    slices: [slice('a', [{ name: 'gpu-0', taints: [{ key: 'broken', effect: 'NoSchedule' }] }]), slice('b', [{ name: 'gpu-0' }])],
    pod: using('c'),
    outcome: 'b',
  },
];

for (const { title, claims, slices, pod, classes = [gpu], outcome: expected } of cases) {
  test(`devices: ${title}`, () => {
    const handle = aHandle({ resourceclaims: claims as unknown as KubeObject[], resourceslices: slices as unknown as KubeObject[], deviceclasses: classes });
    assert.equal(outcome(place({ nodes }, pod, onlyPlugin(dynamicResources(handle)))), expected);
  });
}

/** `claim: request=device …` for the claims on node a. */
function allocated(claims: readonly ResourceClaim[], devices: Parameters<typeof slice>[1], taken: readonly string[] = []): string | undefined {
  const results = allocate(claims, {
    node: 'a',
    devices: devicesFor(nodes[0]!, completeSlices([slice('a', devices)])),
    taken: new Set(taken.map((name) => `gpu.example.com/a/${name}`)),
    classes: () => undefined,
    selects: (expression, { device }) => device.attributes?.['model']?.string === expression,
  });
  return results?.map(({ devices: { results: given = [] } }) => given.map(({ request, device }) => `${request}=${device}`).join(' ')).join(' | ');
}

const model = (name: string): { attributes: Attributes } => ({ attributes: { model: { string: name } } });
const wants = (expression: string): object => ({ selectors: [{ cel: { expression } }] });

test('a later request makes an earlier one take another device', () => {
  const both = claim('c', { requests: [one('any'), one('special', wants('b'))] });
  assert.equal(allocated([both], [{ name: 'x', ...model('b') }, { name: 'y', ...model('a') }]), 'any=y special=x');
});

test('claims of one pod do not share', () => {
  const claims = [claim('c', { requests: [one('r')] }), claim('d', { requests: [one('r')] })];
  assert.equal(allocated(claims, [{ name: 'x' }, { name: 'y' }]), 'r=x | r=y');
  assert.equal(allocated(claims, [{ name: 'x' }]), undefined);
});

test('matchAttribute: all of one kind', () => {
  const same = claim('c', { requests: [one('r', { count: 2 })], constraints: [{ matchAttribute: 'gpu.example.com/model' }] });
  assert.equal(allocated([same], [{ name: 'x', ...model('a') }, { name: 'y', ...model('b') }, { name: 'z', ...model('b') }]), 'r=y r=z');
});

test('all means all', () => {
  const all = claim('c', { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', allocationMode: 'All' } }] });
  assert.equal(allocated([all], [{ name: 'x' }, { name: 'y' }]), 'r=x r=y');
  assert.equal(allocated([all], [{ name: 'x' }, { name: 'y' }], ['y']), undefined);
});

test('firstAvailable takes the best that there is', () => {
  const first = claim('c', { requests: [{ name: 'r', firstAvailable: [{ name: 'big', deviceClassName: 'gpu', count: 1, ...wants('big') }, { name: 'small', deviceClassName: 'gpu', count: 1, ...wants('small') }] }] });
  assert.equal(allocated([first], [{ name: 'x', ...model('small') }]), 'r/small=x');
});

test('administrators look at devices that others have', () => {
  assert.equal(allocated([claim('c', { requests: [one('r', { adminAccess: true })] })], [{ name: 'x' }], ['x']), 'r=x');
});
