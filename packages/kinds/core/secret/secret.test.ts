import assert from 'node:assert/strict';
import test from 'node:test';
import { created, updated } from '../../testing/objects.ts';
import { createCases, updateCases } from '../../testing/tables.ts';
import { secrets } from './kind.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const secret = (members: object, metadata: object = {}): object => ({
  kind: 'Secret',
  apiVersion: 'v1',
  metadata: { name: 's', namespace: 'default', ...metadata },
  ...members,
});

test('string data is merged into the data', () => {
  const object = created(secrets, secret({ data: { a: base64('1'), b: base64('2') }, stringData: { b: '3' } }));
  assert.deepEqual(object.data, { a: base64('1'), b: base64('3') });
  assert.equal(object.stringData, undefined);
  assert.equal(object.type, 'Opaque');
});

test('an update without a type keeps it', () => {
  const stored = created(secrets, secret({ type: 'example.com/t' }));
  assert.equal(updated(secrets, stored, (draft) => void (draft.data = {})).type, 'example.com/t');
});

createCases(secrets, {
  'bad key': [
    secret({ stringData: { 'a b': '' } }),
    [
      `data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
    ],
  ],
  'dot key': [secret({ stringData: { '..': '' } }), [`data[..]: Invalid value: "..": must not be '..'`]],
  'token without account': [
    secret({ type: 'kubernetes.io/service-account-token' }),
    ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  ],
  token: [secret({ type: 'kubernetes.io/service-account-token' }, { annotations: { 'kubernetes.io/service-account.name': 'a' } }), []],
  'docker config without key': [secret({ type: 'kubernetes.io/dockerconfigjson' }), ['data[.dockerconfigjson]: Required value']],
  'docker config that is no JSON': [
    secret({ type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': '{' } }),
    ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input'],
  ],
  'basic authentication': [secret({ type: 'kubernetes.io/basic-auth' }), ['data[username]: Required value', 'data[password]: Required value']],
  TLS: [secret({ type: 'kubernetes.io/tls' }), ['data[tls.crt]: Required value', 'data[tls.key]: Required value']],
  'too large': [secret({ stringData: { a: 'x'.repeat(1024 * 1024 + 1) } }), ['data: Too long: may not be more than 1048576 bytes']],
});

updateCases(secrets, secret({ immutable: true, stringData: { a: '1' } }), {
  type: [(draft) => void (draft.type = 'example.com/t'), ['type: Invalid value: "example.com/t": field is immutable']],
  'immutable data': [(draft) => void (draft.data = { a: base64('2') }), ['data: Forbidden: field is immutable when `immutable` is set']],
  'no longer immutable': [(draft) => void delete draft.immutable, ['immutable: Forbidden: field is immutable when `immutable` is set']],
});
