import { createCases, updateCases } from '../../testing/tables.ts';
import { secrets } from './kind.ts';

const secret = (type: string, stringData: object = {}, members: object = {}): object => ({
  kind: 'Secret',
  apiVersion: 'v1',
  metadata: { name: 's', namespace: 'default' },
  type,
  stringData,
  ...members,
});
const CFG = 'kubernetes.io/dockercfg';
const JSON_CFG = 'kubernetes.io/dockerconfigjson';

createCases(secrets, {
  'any type': [secret('example.com/t', { a: '1' }), []],
  'registries as they were': [secret(CFG, { '.dockercfg': '{}' }), []],
  'no registries as they were': [secret(CFG), ['data[.dockercfg]: Required value']],
  'registries as they were that are none': [
    secret(CFG, { '.dockercfg': '[]' }),
    ['data[.dockercfg]: Invalid value: "<secret contents redacted>": json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ],
  registries: [secret(JSON_CFG, { '.dockerconfigjson': '{"auths":{}}' }), []],
  'registries of nothing': [
    secret(JSON_CFG, { '.dockerconfigjson': '' }),
    ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input'],
  ],
  'registries that are a word': [
    secret(JSON_CFG, { '.dockerconfigjson': 'word' }),
    ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character \'w\' looking for beginning of value'],
  ],
  'a user': [secret('kubernetes.io/basic-auth', { username: 'a' }), []],
  'a password': [secret('kubernetes.io/basic-auth', { password: 'a' }), []],
  'a key': [secret('kubernetes.io/ssh-auth', { 'ssh-privatekey': 'k' }), []],
  'no key': [secret('kubernetes.io/ssh-auth', { 'ssh-privatekey': '' }), ['data[ssh-privatekey]: Required value']],
  'a certificate and a key': [secret('kubernetes.io/tls', { 'tls.crt': '', 'tls.key': '' }), []],
  'a certificate alone': [secret('kubernetes.io/tls', { 'tls.crt': 'c' }), ['data[tls.key]: Required value']],
  'a long name of a key': [
    secret('Opaque', { ['a'.repeat(254)]: '' }),
    [
      'data[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]: Invalid value: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": must be no more than 253 characters',
    ],
  ],
});

updateCases(secrets, secret('Opaque', { a: '1' }), {
  'other data, for ever': [(draft) => Object.assign(draft, { data: { b: 'Mg==' }, immutable: true }), []],
  'another type': [
    (draft) => void (draft.type = 'kubernetes.io/tls'),
    ['type: Invalid value: "kubernetes.io/tls": field is immutable', 'data[tls.crt]: Required value', 'data[tls.key]: Required value'],
  ],
});
