import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCidr, parseCidr } from '#network/cidr.ts';
import { indexOfSubnet, subnetAt, subnetCandidates } from './subnet.ts';

const ranges = (...texts: string[]) => texts.map((text) => parseCidr(text)!);

test('subnets are numbered', () => {
  assert.equal(formatCidr(subnetAt(0)), '10.89.0.0/24');
  assert.equal(formatCidr(subnetAt(255)), '10.89.255.0/24');
  assert.equal(indexOfSubnet(subnetAt(77)), 77);
});

test('a used subnet is never a candidate; the remembered one comes first', () => {
  const candidates = subnetCandidates(ranges('0.0.0.0/0', '192.168.0.0/16', '10.89.0.0/24', '10.89.1.128/25'), parseCidr('10.89.9.0/24'));
  assert.deepEqual(candidates.slice(0, 3), [9, 2, 3]);
  assert.equal(candidates.length, 254);
});

test('what lies in a wider range of the machine comes last', () => {
  const candidates = subnetCandidates(ranges('10.89.0.0/17'), undefined);
  assert.equal(candidates[0], 128);
  assert.equal(candidates.length, 256);
  assert.deepEqual(subnetCandidates(ranges('10.0.0.0/8'), undefined)[0], 0);
});
