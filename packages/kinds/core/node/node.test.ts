import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated } from '../../testing/objects.ts';
import { createCases, row, updateCases } from '../../testing/tables.ts';
import { nodes } from './kind.ts';

const node = (spec: object = {}, metadata: object = {}): object => ({ kind: 'Node', apiVersion: 'v1', metadata: { name: 'n1', ...metadata }, spec });

createCases(nodes, {
  'dual stack': [node({ podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', 'fd00::/64'] }), []],
  'bad CIDR': [
    node({ podCIDR: '10.244.0.0', podCIDRs: ['10.244.0.0'] }),
    ['spec.podCIDRs[0]: Invalid value: "10.244.0.0": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'],
  ],
  'two CIDRs of one family': [
    node({ podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24', '10.244.1.0/24'] }),
    ['spec.podCIDRs: Invalid value: ["10.244.0.0/24","10.244.1.0/24"]: may specify no more than one CIDR for each IP family'],
  ],
  'taint without key': [
    node({ taints: [{ key: '', effect: 'NoSchedule' }] }),
    [
      'metadata.taints[0].key: Invalid value: "": name part must be non-empty',
      `metadata.taints[0].key: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
  ],
  'bad effect': [
    node({ taints: [{ key: 'a', effect: 'Never' }] }),
    ['metadata.taints[0].effect: Unsupported value: "Never": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"'],
  ],
  'same taint twice': [
    node({
      taints: [
        { key: 'a', value: '1', effect: 'NoSchedule' },
        { key: 'a', value: '2', effect: 'NoSchedule' },
      ],
    }),
    ['metadata.taints[1]: Duplicate value: {"Key":"a","Value":"2","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair'],
  ],
});

updateCases(nodes, node({ podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'], providerID: 'x://1' }), {
  'taint and label': [
    (draft) => {
      draft.metadata!.labels = { zone: 'a' };
      draft.spec!.taints = [{ key: 'a', effect: 'NoSchedule' }];
    },
    [],
  ],
  'pod CIDR': [
    (draft) => {
      draft.spec!.podCIDR = '10.244.9.0/24';
      draft.spec!.podCIDRs = ['10.244.9.0/24'];
    },
    ['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid'],
  ],
  provider: [
    (draft) => void (draft.spec!.providerID = 'x://2'),
    ['spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'],
  ],
});

test('a client that registers its node keeps the status it sends', () => {
  const stored = created(nodes, { ...node(), status: { capacity: { cpu: '2' } } });
  assert.deepEqual(stored.status.capacity, { cpu: '2' });
  assert.deepEqual(updated(nodes, stored, (draft) => void (draft.status = {})).status.capacity, { cpu: '2' });
});

test('columns', () => {
  const labels = { 'node-role.kubernetes.io/control-plane': '', 'node-role.kubernetes.io/worker': '' };
  const object = {
    ...created(nodes, node({ unschedulable: true }, { labels })),
    status: {
      conditions: [{ type: 'Ready', status: 'True' }],
      addresses: [{ type: 'InternalIP', address: '10.0.0.5' }],
      nodeInfo: { kubeletVersion: 'v1.36.0', osImage: 'Debian', kernelVersion: '6.1', containerRuntimeVersion: 'containerd://2.1' },
    },
  };
  assert.deepEqual(row(nodes, object as never), {
    Name: 'n1',
    Status: 'Ready,SchedulingDisabled',
    Roles: 'control-plane,worker',
    Age: '<unknown>',
    Version: 'v1.36.0',
    'Internal-IP': '10.0.0.5',
    'External-IP': '<none>',
    'OS-Image': 'Debian',
    'Kernel-Version': '6.1',
    'Container-Runtime': 'containerd://2.1',
  });
  assert.equal(row(nodes, created(nodes, node()))['Status'], 'Unknown');
});
