import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conntrackArguments, staleFlows } from './conntrack.ts';
import { rulesOf } from './rules.ts';
import { service, slice } from './testing/objects.ts';

const rule = (protocol: 'TCP' | 'UDP', endpoints: string[]) =>
  rulesOf(service('dns', { type: 'NodePort', ports: [{ port: 53, protocol, nodePort: 30053 }] }), [slice('dns', endpoints, { protocol })], {
    family: 'IPv4',
    nodeName: 'n1',
    zone: undefined,
  })[0];

test('a UDP backend that left takes its flows along, at every way to it', () => {
  assert.deepEqual(staleFlows(rule('UDP', ['10.1.0.1', '10.1.0.2']), rule('UDP', ['10.1.0.2'])), [
    { address: '10.96.0.50', port: 53, backend: '10.1.0.1' },
    { address: undefined, port: 30053, backend: '10.1.0.1' },
  ]);
  assert.equal(staleFlows(rule('UDP', ['10.1.0.1']), undefined).length, 2);
});

test('a UDP service that gets its first backend lets go of refused flows', () => {
  assert.deepEqual(staleFlows(rule('UDP', []), rule('UDP', ['10.1.0.1']))[0], { address: '10.96.0.50', port: 53, backend: undefined });
});

test('TCP connections are never cut', () => {
  assert.deepEqual(staleFlows(rule('TCP', ['10.1.0.1']), undefined), []);
});

test('the arguments of the tool', () => {
  assert.equal(
    conntrackArguments({ address: '10.96.0.50', port: 53, backend: '10.1.0.1' }).join(' '),
    '-D -f ipv4 -p udp --orig-dst 10.96.0.50 --dport 53 --reply-src 10.1.0.1',
  );
  assert.equal(
    conntrackArguments({ address: undefined, port: 30053, backend: 'fd00::1' }).join(' '),
    '-D -f ipv6 -p udp --dport 30053 --reply-src fd00::1',
  );
});
