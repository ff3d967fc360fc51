import { createCases, updateCases } from '../../testing/tables.ts';
import { configMaps } from './kind.ts';

const configMap = (members: object): object => ({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'c', namespace: 'default' }, ...members });

createCases(configMaps, {
  data: [configMap({ data: { 'a.b-c_d': '1' }, binaryData: { e: 'AAA=' } }), []],
  'bad key': [
    configMap({ data: { 'a/b': '1' } }),
    [
      `data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
    ],
  ],
  'key in both': [
    configMap({ data: { a: '1' }, binaryData: { a: 'AAA=' } }),
    ['data[a]: Invalid value: "a": duplicate of key present in binaryData'],
  ],
  'too large': [configMap({ data: { a: 'x'.repeat(1024 * 1024 + 1) } }), [': Too long: may not be more than 1048576 bytes']],
});

updateCases(configMaps, configMap({ immutable: true, data: { a: '1' } }), {
  'immutable data': [(draft) => void (draft.data = { a: '2' }), ['data: Forbidden: field is immutable when `immutable` is set']],
  'no longer immutable': [(draft) => void (draft.immutable = false), ['immutable: Forbidden: field is immutable when `immutable` is set']],
});
