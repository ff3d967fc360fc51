import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileFieldSelector, escapeFieldValue, fieldSelectorText, parseFieldSelector } from './field-selectors.ts';
import { compileLabelSelector, everything, matchLabels, nothing, parseLabelSelector, validateLabelSelector } from './selectors.ts';
import { isReason } from './status.ts';

const matching: readonly (readonly [string, Record<string, string>, boolean])[] = [
  ['', {}, true],
  ['a', { a: '' }, true],
  ['a', {}, false],
  ['!a', {}, true],
  ['! a', { a: '1' }, false],
  ['a=b', { a: 'b' }, true],
  ['a==b', { a: 'b' }, true],
  ['a = b , c', { a: 'b', c: 'd' }, true],
  ['a!=b', {}, true],
  ['a!=b', { a: 'b' }, false],
  ['a=', { a: '' }, true],
  ['a in (b,c)', { a: 'c' }, true],
  ['a in (b,c)', {}, false],
  ['a in (,)', { a: '' }, true],
  ['a notin (b, c)', {}, true],
  ['a notin (b, c)', { a: 'b' }, false],
  ['in in (in, notin)', { in: 'notin' }, true],
  ['a>3', { a: '4' }, true],
  ['a<3', { a: '4' }, false],
  ['a>3', { a: 'x' }, false],
  ['x/y=z', { 'x/y': 'z' }, true],
  ['constructor', {}, false],
];
for (const [text, labels, wanted] of matching) {
  test(`${JSON.stringify(text)} on ${JSON.stringify(labels)}`, () => assert.equal(parseLabelSelector(text).matches(labels), wanted));
}

const bad: readonly (readonly [string, string])[] = [
  ['a=b=c', "found '=', expected: ',' or 'end of string'"],
  ['=a', "found '=', expected: !, identifier, or 'end of string'"],
  ['a,', "found '', expected: identifier after ','"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['a in b', "unable to parse requirement: found 'b' expected: '('"],
  ['a in ()', "unable to parse requirement: values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty"],
  ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
  ['a>x', "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
  [
    'a=-b',
    "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  ],
];
for (const [text, message] of bad) test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => parseLabelSelector(text), { message }));

test('a bad key is refused under the path upstream gives', () =>
  assert.throws(() => parseLabelSelector('-a=b'), /^Error: unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of/));

test('LabelSelector objects', () => {
  const one = compileLabelSelector({
    matchLabels: { app: 'x' },
    matchExpressions: [
      { key: 'tier', operator: 'NotIn', values: ['db'] },
      { key: 'gone', operator: 'DoesNotExist' },
    ],
  });
  assert.equal(one.matches({ app: 'x' }), true);
  assert.equal(one.matches({ app: 'x', tier: 'db' }), false);
  assert.equal(String(one), 'app=x,!gone,tier notin (db)');
  assert.equal(compileLabelSelector(undefined), nothing);
  assert.equal(compileLabelSelector({}).everything, true);
  assert.equal(nothing.matches({}), false);
  assert.equal(everything.matches(undefined), true);
  assert.equal(matchLabels({ a: 'b' }).matches({ a: 'b', c: 'd' }), true);
  assert.throws(() => compileLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Nope' }] }), {
    message: '"Nope" is not a valid label selector operator',
  });
  assert.deepEqual(
    validateLabelSelector(
      {
        matchExpressions: [
          { key: 'a', operator: 'In' },
          { key: 'b', operator: 'Exists', values: ['x'] },
          { key: 'c', operator: 'Q' },
        ],
      },
      'spec.selector',
    ).map((e) => `${e.field}: ${e.message}`),
    [
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      "spec.selector.matchExpressions[1].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      'spec.selector.matchExpressions[2].operator: Invalid value: "Q": not a valid selector operator',
    ],
  );
});

const word = fc.stringMatching(/^[a-z0-9]([a-z0-9_.-]{0,5}[a-z0-9])?$/);
const requirement = fc.oneof(
  word,
  word.map((key) => `!${key}`),
  fc.tuple(word, fc.constantFrom('=', '==', '!='), word).map((parts) => parts.join('')),
  fc.tuple(word, fc.constantFrom('in', 'notin'), fc.array(word, { minLength: 1 })).map(([key, op, values]) => `${key} ${op} (${values.join(', ')})`),
);

test('a selector survives its own text, and any text is parsed or refused', () => {
  fc.assert(
    fc.property(fc.array(requirement), fc.dictionary(word, word), (parts, labels) => {
      const one = parseLabelSelector(parts.join(','));
      const again = parseLabelSelector(String(one));
      assert.equal(String(again), String(one));
      assert.equal(again.matches(labels), one.matches(labels));
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseLabelSelector(text);
      } catch (error) {
        assert.match((error as Error).message, /found|unable to parse requirement/);
      }
    }),
  );
});

const kind = { selectableFields: { 'status.phase': (object: { readonly phase?: string }) => object.phase ?? '' } } as const;

test('field selectors', () => {
  assert.deepEqual(parseFieldSelector('a=1,b==2,c!=3,,d=x\\,y\\=z\\\\'), [
    { field: 'a', operator: '=', value: '1' },
    { field: 'b', operator: '=', value: '2' },
    { field: 'c', operator: '!=', value: '3' },
    { field: 'd', operator: '=', value: 'x,y=z\\' },
  ]);
  assert.throws(() => parseFieldSelector('a'), { message: "invalid selector: 'a'; can't understand 'a'" });
  assert.throws(() => parseFieldSelector('a=b=c'), { message: 'invalid field selector: unescaped character in value: 61' });
  assert.throws(() => parseFieldSelector('a=b\\c'), { message: 'invalid field selector: invalid escape sequence: \\c' });
  const matcher = compileFieldSelector(kind as never, 'status.phase!=Running,metadata.name=x');
  assert.equal(matcher.name, 'x');
  assert.equal(matcher.matches({ kind: '', apiVersion: '', metadata: { name: 'x' }, phase: 'Pending' } as never), true);
  assert.equal(matcher.matches({ kind: '', apiVersion: '', metadata: { name: 'x' }, phase: 'Running' } as never), false);
  assert.throws(
    () => compileFieldSelector(kind as never, 'spec.x=1'),
    (error) => isReason(error, 'BadRequest') && error.message === 'field label not supported: spec.x',
  );
  assert.throws(() => compileFieldSelector({ selectableFields: {} }, 'spec.x=1'), {
    message: '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
  });
});

test('field values survive escaping', () => {
  fc.assert(
    fc.property(fc.string(), (value) => assert.deepEqual(parseFieldSelector(`a=${escapeFieldValue(value)}`), [{ field: 'a', operator: '=', value }])),
  );
  assert.equal(fieldSelectorText([{ field: 'a', operator: '!=', value: 'x,y' }]), 'a!=x\\,y');
});
