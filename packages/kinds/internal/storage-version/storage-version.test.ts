import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { row, statusCases } from '../../testing/tables.ts';
import { storageVersions } from './kind.ts';

const object = { kind: 'StorageVersion', apiVersion: 'internal.apiserver.k8s.io/v1alpha1', metadata: { name: 'apps.deployments' }, spec: {} };
const server = (members: object): object => ({ apiServerID: 'a', encodingVersion: 'apps/v1', decodableVersions: ['apps/v1'], ...members });
const status = (...servers: readonly object[]): object => ({ storageVersions: servers });
const FIRST = 'status.storageVersions[0]';

statusCases(storageVersions, object, {
  'one server': [{}, { ...status(server({})), commonEncodingVersion: 'apps/v1' }, []],
  'two that differ': [{}, status(server({}), server({ apiServerID: 'b', encodingVersion: 'apps/v2', decodableVersions: ['apps/v1', 'apps/v2'] })), []],
  'common but not said': [{}, status(server({})), ['status.commonEncodingVersion: Invalid value: null: the common encoding version is apps/v1']],
  'another than common': [
    {},
    { ...status(server({})), commonEncodingVersion: 'v1' },
    ['status.commonEncodingVersion: Invalid value: "v1": the actual common encoding version is apps/v1'],
  ],
  'common to none': [
    {},
    { commonEncodingVersion: 'v1' },
    ['status.commonEncodingVersion: Invalid value: "v1": should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet'],
  ],
  'not decodable': [
    {},
    { ...status(server({ decodableVersions: ['v1'] })), commonEncodingVersion: 'apps/v1' },
    [`${FIRST}.decodableVersions: Invalid value: ["v1"]: decodableVersions must include encodingVersion apps/v1`],
  ],
  'no versions': [
    {},
    { ...status(server({ encodingVersion: '/', decodableVersions: ['/'] })), commonEncodingVersion: '/' },
    [
      `${FIRST}.encodingVersion: Invalid value: "/": group part: must be non-empty,version part: must be non-empty`,
      `${FIRST}.decodableVersions[0]: Invalid value: "/": group part: must be non-empty,version part: must be non-empty`,
    ],
  ],
  'conditions twice': [
    {},
    { conditions: ['True', 'False'].map((value) => ({ type: 'AllEncodingVersionsEqual', status: value, reason: '', message: '' })) },
    [
      'status[0].reason: Required value: reason cannot be empty',
      'status[0].message: Required value: message cannot be empty',
      'status[1].type: Invalid value: "AllEncodingVersionsEqual": the type of the condition is not unique, it also appears in conditions[0]',
      'status[1].reason: Required value: reason cannot be empty',
      'status[1].message: Required value: message cannot be empty',
    ],
  ],
});

test('names', () => {
  const texts = (name: string): string[] => storageVersions.strategy.validateName!(name, false);
  assert.deepEqual(texts('apps.deployments'), []);
  assert.deepEqual(texts('deployments'), ['name must be in the form of <group>.<resource>']);
  assert.match(texts('A.9b').join(), /^the group segment a lowercase RFC 1123 subdomain .*,the resource segment a DNS-1035 label /);
});

test('columns', () => {
  const stored = { ...created(storageVersions, object), status: { storageVersions: [{ apiServerID: 'a', encodingVersion: 'apps/v1' }], commonEncodingVersion: 'apps/v1' } };
  assert.deepEqual(row(storageVersions, stored as never), { Name: 'apps.deployments', CommonEncodingVersion: 'apps/v1', StorageVersions: 'a=apps/v1', Age: '<unknown>' });
});
