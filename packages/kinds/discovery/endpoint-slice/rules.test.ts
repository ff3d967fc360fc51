import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated } from '../../testing/objects.ts';
import { createCases, updateCases, warningCases } from '../../testing/tables.ts';
import { endpointSlices } from './kind.ts';

const slice = (members: object): object => ({
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  metadata: { name: 'web-x', namespace: 'default' },
  addressType: 'IPv4',
  endpoints: [],
  ports: [],
  ...members,
});
const endpoint = (members: object): object => slice({ endpoints: [{ addresses: ['10.0.0.1'], ...members }] });
const ofType = (addressType: string, ...addresses: readonly string[]): object => slice({ addressType, endpoints: [{ addresses }] });
const many = <T>(count: number, item: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => item(index));
const ADDRESS = 'endpoints[0].addresses[0]';
const zone = (index: number): object => ({ name: `zone-${index}` });

createCases(endpointSlices, {
  IPv6: [ofType('IPv6', '2001:db8::1'), []],
  names: [ofType('FQDN', 'web.example.com', 'web.example.com.'), []],
  'a name of one part': [ofType('FQDN', 'web'), [`${ADDRESS}: Invalid value: "web": should be a domain with at least two segments separated by dots`]],
  'no name': [ofType('FQDN', ''), [`${ADDRESS}: Required value`]],
  'link-local': [ofType('IPv4', '169.254.1.1'), [`${ADDRESS}: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)`]],
  multicast: [ofType('IPv4', '224.0.0.1'), [`${ADDRESS}: Invalid value: "224.0.0.1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)`]],
  unspecified: [ofType('IPv6', '::'), [`${ADDRESS}: Invalid value: "::": may not be unspecified (::)`]],
  'too many endpoints': [slice({ endpoints: many(1001, () => ({ addresses: [] })) }), ['endpoints: Too many: 1001: must have at most 1000 items']],
  'too many addresses': [ofType('IPv4', ...many(101, () => '10.0.0.1')), ['endpoints[0].addresses: Too many: 101: must have at most 100 items']],
  'node and host': [
    endpoint({ nodeName: 'A', hostname: 'a.b' }),
    [
      `endpoints[0].nodeName: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      'endpoints[0].hostname: Invalid value: "a.b": must not contain dots',
    ],
  ],
  hints: [endpoint({ hints: { forZones: [zone(0)], forNodes: [{ name: 'n' }] } }), []],
  'hint twice': [endpoint({ hints: { forZones: [zone(0), zone(0)], forNodes: [{ name: 'n' }, { name: 'n' }] } }), [
    'endpoints[0].hints.forZones[1].name: Duplicate value: "zone-0"',
    'endpoints[0].hints.forNodes[1].name: Duplicate value: "n"',
  ]],
  'too many hints': [endpoint({ hints: { forZones: many(9, zone) } }), ['endpoints[0].hints.forZones: Too many: 9: must have at most 8 items']],
  'too many ports': [slice({ ports: many(20_001, (index) => ({ name: `p${index}` })) }), ['ports: Too many: 20001: must have at most 20000 items']],
  'any port': [slice({ ports: [{ name: 'all' }] }), []],
  'application protocol': [
    slice({ ports: [{ port: 80, appProtocol: 'a b' }] }),
    [
      `ports[0].appProtocol: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
    ],
  ],
});

updateCases(endpointSlices, endpoint({}), {
  'what an update brings is judged too': [(draft) => void (draft.ports = [{ name: '', port: 0, protocol: 'TCP' }]), ['ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive']],
});

warningCases(endpointSlices, {
  names: [ofType('FQDN', 'web.example.com'), ['spec.addressType: FQDN endpoints are deprecated']],
  spelling: [ofType('IPv6', '2001:DB8::1'), ['endpoints[0].addresses[0]: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")']],
});

test('topology is not taken, but stays', () => {
  const topology = { deprecatedTopology: { zone: 'a' } };
  const stored = created(endpointSlices, endpoint(topology));
  assert.equal(stored.endpoints[0]!.deprecatedTopology, undefined);
  const old = { ...stored, endpoints: [{ ...stored.endpoints[0]!, ...topology }] };
  assert.deepEqual(updated(endpointSlices, old, (draft) => void (draft.ports = [])).endpoints, old.endpoints);
  const changed = updated(endpointSlices, old, (draft) => void draft.endpoints![0]!.addresses!.push('10.0.0.2'));
  assert.equal(changed.endpoints[0]!.deprecatedTopology, undefined);
});
