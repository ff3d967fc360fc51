import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { parseJson } from './json-text.ts';
import { decodeYaml, decodeYamlStream, duplicateYamlKeys, encodeYaml } from './yaml.ts';

const table: readonly (readonly [string, unknown])[] = [
  ['a: yes\nb: off\nc: "yes"', { a: true, b: false, c: 'yes' }],
  ['a: 0644\nb: 0x10\nc: 1_000\nd: 1:30', { a: 420, b: 16, c: 1000, d: '1:30' }],
  ['a: 2026-01-02\nb: 2026-01-02T03:04:05Z', { a: '2026-01-02', b: '2026-01-02T03:04:05Z' }],
  ['1: a\ntrue: b', { 1: 'a', true: 'b' }],
  ['x: &x {a: 1}\nz:\n  <<: *x\n  b: 2', { x: { a: 1 }, z: { a: 1, b: 2 } }],
  ['.: e3\na: .5\nb: 1.\nc: 1e3', { '.': 'e3', a: 0.5, b: 1, c: 1000 }],
  ['y: Y\nno: n', { true: true, false: false }],
  ['a: |\n  x\n  y\nb: >\n  x\n  y\n', { a: 'x\ny\n', b: 'x y\n' }],
  ['a: ~\nb:\n', { a: null, b: null }],
  ['- a\n- 1.5', ['a', 1.5]],
  ['{"a": [1, "b"]}', { a: [1, 'b'] }],
  ['', null],
  ['a: 1\n---\nb: 2', { a: 1 }],
];
for (const [text, wanted] of table) test(`YAML ${JSON.stringify(text)}`, () => assert.deepEqual(decodeYaml(text), wanted));

test('streams, duplicates, limits', () => {
  assert.deepEqual(decodeYamlStream('---\na: 1\n---\n---\nb: 2\n'), [{ a: 1 }, { b: 2 }]);
  assert.deepEqual(duplicateYamlKeys('a: 1\nb:\n  c: 1\n  c: 2\na: 3\n'), [
    'line 4: key "c" already set in map',
    'line 5: key "a" already set in map',
  ]);
  assert.throws(() => decodeYaml('a: [1'), /^Error: error converting YAML to JSON: yaml: line \d+: /);
  assert.throws(() => decodeYaml('a: b: c'), /^Error: error converting YAML to JSON: yaml: line 1: /);
  assert.throws(() => decodeYaml('['.repeat(100_000)), /error converting YAML to JSON/);
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...Array.from('bcdefghi').map((name, i) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[i]}`).join(',')}]`),
  ].join('\n');
  assert.throws(() => decodeYaml(bomb), /error converting YAML to JSON/);
  assert.throws(() => decodeYaml('a: .inf'), /error converting YAML to JSON/);
  assert.equal(JSON.stringify(decodeYaml('__proto__: {a: 1}')), '{"__proto__":{"a":1}}');
});

test('YAML is written as kubectl shows it', () => {
  assert.equal(
    encodeYaml({
      b: ['x', { k: 'v' }],
      a: 'yes',
      c: '1',
      d: null,
      e: {},
      f: [],
      g: 'x: y',
      h: 'line\nline\n',
      i: 'null',
      j: '0644',
      k: '2026-01-02T03:04:05Z',
      l: "it's: so",
      m: 'tab\there',
      n9: ' x',
      n10: 'a line that is folded because of its length at the first space that stands beyond column eighty',
      '.': 1e21,
    }),
    `.: 1e+21
a: "yes"
b:
- x
- k: v
c: "1"
d: null
e: {}
f: []
g: 'x: y'
h: |
  line
  line
i: "null"
j: "0644"
k: "2026-01-02T03:04:05Z"
l: 'it''s: so'
m: "tab\\there"
n9: ' x'
n10: a line that is folded because of its length at the first space that stands beyond
  column eighty
`,
  );
});

test('a member named like a merge is quoted', () => assert.deepEqual(decodeYaml(encodeYaml({ '<<': null, a: 1 })), { '<<': null, a: 1 }));

test('a key too long for its line has an indicator of its own', () => {
  const long = 'k'.repeat(129);
  assert.equal(encodeYaml({ a: { [long]: { b: 1 } } }), `a:\n  ? ${long}\n  : b: 1\n`);
  for (const key of [long, '\ufeff'.repeat(300), `${long}\n`]) {
    for (const value of [1, 'x', { b: [1], c: {} }, [1, [2]], [], null]) assert.deepEqual(decodeYaml(encodeYaml({ list: [{ [key]: value, z: 1 }] })), { list: [{ [key]: value, z: 1 }] });
  }
});

test('JSON values survive YAML', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => assert.deepEqual(decodeYaml(encodeYaml(value)), JSON.parse(JSON.stringify(value)))),
    { numRuns: 500 },
  );
});

test('text that is the whole document is indented', () => {
  assert.equal(encodeYaml('\na'), '|2-\n\n  a\n');
  assert.equal(encodeYaml('---\n'), '|\n  ---\n');
  assert.equal(encodeYaml(' a\nb\n'), '|2\n   a\n  b\n');
});

/** Pieces of text that mean something to YAML, or are hard to write. */
const BREAKS = ['\n', '\n\n', ' ', '  ', '\t', '\r', '\r\n', '\u0085', '\u2028', '\ufeff', '\0', '\x7f'];
const PIECES = [BREAKS, ['😀', 'é', 'a', 'b: c', '#', ' #', '- ', '?', ':', ': '], ['|', '>', "'", '"', '\\', '---', '...', '0', '0x1', '1e3', '~', 'yes', 'null', '%', '@', '`', '{', '}', '[', ']', ',', '&', '*', '!', '<<', '='], ['word '.repeat(20), 'x'.repeat(130)]].flat();

test('values with nasty texts are read back by this reader and by others', () => {
  const nasty = fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join(''));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, nasty, fc.constantFrom(null, true, 1, 1.5, 1e21), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(nasty, tie('value'), { maxKeys: 3 })),
  }));
  fc.assert(
    fc.property(value, (written) => {
      const plain: unknown = JSON.parse(JSON.stringify(written));
      const text = encodeYaml(plain);
      for (const read of [decodeYaml, (one: string) => parse(one) as unknown, (one: string) => parse(one, { version: '1.1', merge: false }) as unknown])
        assert.deepEqual(JSON.parse(JSON.stringify(read(text))), plain);
    }),
    { numRuns: 200 },
  );
});

const faults: readonly (readonly [string, string])[] = [
  ['', 'unexpected end of JSON input'],
  ['{', 'unexpected end of JSON input'],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ['[1 2]', "invalid character '2' after array element"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['nul', 'unexpected end of JSON input'],
  ['nulx', "invalid character 'x' in literal null (expecting 'l')"],
  ['1 2', "invalid character '2' after top-level value"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['-a', "invalid character 'a' in numeric literal"],
  ['1.', 'unexpected end of JSON input'],
  ['apiVersion: v1', "invalid character 'a' looking for beginning of value"],
];
for (const [text, message] of faults) test(`JSON ${JSON.stringify(text)}`, () => assert.throws(() => parseJson(text), { message }));

test('the scanner finds a fault exactly where JSON.parse does', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', '"', '{', ',', 'x', '\\'), (text, at, noise) => {
      const broken = text.slice(0, at % (text.length + 1)) + noise + text.slice((at + 1) % (text.length + 1));
      try {
        JSON.parse(broken);
      } catch {
        assert.throws(() => parseJson(broken), /invalid character|unexpected end of JSON input/);
      }
    }),
    { numRuns: 1000 },
  );
});
