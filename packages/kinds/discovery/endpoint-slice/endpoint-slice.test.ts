import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { createCases, row, updateCases } from '../../testing/tables.ts';
import { endpointSlices } from './kind.ts';

const slice = (members: object): object => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: { name: 'web-x', namespace: 'default' },
  addressType: 'IPv4',
  endpoints: [{ addresses: ['10.0.0.1'] }],
  ports: [{ port: 80 }],
  ...members,
});

createCases(endpointSlices, {
  'no address type': [slice({ addressType: '' }), ['addressType: Required value']],
  'bad address type': [slice({ addressType: 'MAC' }), ['addressType: Unsupported value: "MAC": supported values: "FQDN", "IPv4", "IPv6"']],
  'address of the other family': [
    slice({ addressType: 'IPv6' }),
    ['endpoints[0].addresses[0]: Invalid value: "10.0.0.1": must be a valid IPv6 address'],
  ],
  'bad address': [
    slice({ endpoints: [{ addresses: ['10.0.0'] }] }),
    [
      'endpoints[0].addresses[0]: Invalid value: "10.0.0": must be a valid IPv4 address',
      'endpoints[0].addresses[0]: Invalid value: "10.0.0": must be a valid IP address',
    ],
  ],
  'no address': [slice({ endpoints: [{ addresses: [] }] }), ['endpoints[0].addresses: Required value: must contain at least 1 address']],
  loopback: [
    slice({ endpoints: [{ addresses: ['127.0.0.1'] }] }),
    ['endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ],
  'same port name twice': [
    slice({
      ports: [
        { name: 'a', port: 80 },
        { name: 'a', port: 81 },
      ],
    }),
    ['ports[1].name: Duplicate value: "a"'],
  ],
  'bad port name': [
    slice({ ports: [{ name: 'A_b', port: 80 }] }),
    [
      `ports[0].name: Invalid value: "A_b": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
  'bad port': [slice({ ports: [{ port: 0 }] }), ['ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive']],
  'bad protocol': [
    slice({ ports: [{ port: 80, protocol: 'ICMP' }] }),
    ['ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
  ],
});

updateCases(endpointSlices, slice({}), {
  endpoints: [(draft) => void (draft.endpoints = []), []],
  'address type': [
    (draft) => {
      draft.addressType = 'IPv6';
      draft.endpoints = [{ addresses: ['fd00::1'] }];
    },
    ['addressType: Invalid value: "IPv6": field is immutable'],
  ],
});

test('defaults and columns', () => {
  const object = created(endpointSlices, slice({ endpoints: ['1', '2', '3', '4'].map((digit) => ({ addresses: [`10.0.0.${digit}`] })) }));
  assert.deepEqual(object.ports, [{ name: '', protocol: 'TCP', port: 80 }]);
  assert.deepEqual(row(endpointSlices, object), {
    Name: 'web-x',
    AddressType: 'IPv4',
    Ports: '80',
    Endpoints: '10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...',
    Age: '<unknown>',
  });
  assert.equal(row(endpointSlices, created(endpointSlices, slice({ ports: [], endpoints: [] })))['Endpoints'], '<unset>');
});
