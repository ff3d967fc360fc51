/** What does not compile, in cel-go's words; libraries; cost; hostile input. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compile, type Program } from './compile.ts';
import { withVariables } from './environment.ts';
import { KUBERNETES } from './kubernetes.ts';
import { AUTHORIZER, AuthorizerValue } from './library/authorizer.ts';
import { MACROS_WITH_BIND } from './macros.ts';
import { typeText, ANY, DYN, INT, listOf, mapOf, objectOf, STRING } from './types.ts';
import { CelError, CelList, type Value } from './values.ts';

const thing = objectOf('test.Thing', { name: STRING, tags: listOf(STRING) });
const environment = withVariables(KUBERNETES, { x: INT, d: DYN, m: mapOf(STRING, ANY), thing, authorizer: AUTHORIZER }, { macros: MACROS_WITH_BIND });

const OPERAND = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** Expression, column, message. */
const REFUSED: readonly (readonly [string, number, string])[] = [
  ['y == 1', 1, "undeclared reference to 'y' (in container '')"],
  ['foo(1)', 4, "undeclared reference to 'foo' (in container '')"],
  ['x.foo()', 6, "undeclared reference to 'foo' (in container '')"],
  ['thing.nam', 6, "undefined field 'nam'"],
  ['has(thing.nam)', 10, "undefined field 'nam'"],
  ['x.foo', 2, "type 'int' does not support field selection"],
  ['1 + "a"', 3, "found no matching overload for '_+_' applied to '(int, string)'"],
  ['x == 1.0', 3, "found no matching overload for '_==_' applied to '(int, double)'"],
  ['"a".contains(1)', 13, "found no matching overload for 'contains' applied to 'string.(int)'"],
  ['thing.tags.all(t, t)', 15, "found no matching overload for '_&&_' applied to '(bool, string)'"],
  ['!x', 1, "found no matching overload for '!_' applied to '(int)'"],
  ['x ? 1 : 2', 3, "found no matching overload for '_?_:_' applied to '(int, int, int)'"],
  ['x.all(i, i > 0)', 1, "expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"],
  ['[1, "a"]', 5, "expected type 'int' but found 'string'"],
  ['{"a": 1, "b": "c"}', 15, "expected type 'int' but found 'string'"],
  ['has(x)', 5, 'invalid argument to has() macro'],
  ['[1].all(1, true)', 9, 'argument must be a simple name'],
  ['"a".matches("(")', 13, 'invalid matches argument'],
  ['duration("x")', 10, 'invalid duration argument'],
  ['timestamp("x")', 11, 'invalid timestamp argument'],
  ['1 +', 4, `Syntax error: mismatched input '<EOF>' expecting ${OPERAND}`],
  ['', 1, `Syntax error: mismatched input '<EOF>' expecting ${OPERAND}`],
  ['1 +* 2', 4, `Syntax error: extraneous input '*' expecting ${OPERAND}`],
  ['x y', 3, "Syntax error: extraneous input 'y' expecting <EOF>"],
  ['(x', 3, "Syntax error: missing ')' at '<EOF>'"],
  ['thing.', 7, "Syntax error: no viable alternative at input '.'"],
  ['x # 1', 3, "Syntax error: token recognition error at: '#'"],
  ['for', 1, 'reserved identifier: for'],
  ['9223372036854775808', 1, 'invalid int literal'],
  ['x == 1 && z', 11, "undeclared reference to 'z' (in container '')"],
];

test('findings have place and words of cel-go', () => {
  for (const [expression, column, message] of REFUSED) {
    const compiled = compile(expression, environment);
    assert.ok('errors' in compiled, expression);
    const text = `ERROR: <input>:1:${column}: ${message}\n | ${expression}\n | ${'.'.repeat(column - 1)}^`;
    assert.ok(compiled.errors.startsWith(text), `${compiled.errors}\n---\n${text}`);
  }
});

test('findings show their line, in order', () => {
  const compiled = compile('x > 0 &&\n\ta &&\n"é".b', environment);
  assert.ok('errors' in compiled);
  assert.equal(
    compiled.errors,
    "ERROR: <input>:2:2: undeclared reference to 'a' (in container '')\n |  a &&\n | .^\nERROR: <input>:3:4: type 'string' does not support field selection\n | \"é\".b\n | .．.^",
  );
});

function program(expression: string): Program {
  const compiled = compile(expression, environment);
  assert.ok('program' in compiled, 'errors' in compiled ? compiled.errors : '');
  return compiled.program;
}

function shown(value: Value): string {
  if (value instanceof CelList) return `[${[...value].map(shown).join(' ')}]`;
  return value === null || typeof value !== 'object' ? String(value) : value.constructor.name;
}

function evaluated(expression: string): string {
  try {
    return shown(program(expression).evaluate({ x: 1, d: { q: '1Gi', v: 'v1.2' }, m: {}, thing: {} }).value);
  } catch (error) {
    assert.ok(error instanceof CelError, String(error));
    return `error: ${error.message}`;
  }
}

const LIBRARIES: readonly (readonly [string, string])[] = [
  ['[1, 2, 2].isSorted() && !["b", "a"].isSorted() && [].isSorted()', 'true'],
  ['[3, 1, 2].min() + [3, 1, 2].max() + [3, 1, 2].sum()', '10'],
  ['[1.5, 2.0].sum()', '3.5'],
  ['[duration("1s"), duration("2s")].sum() == duration("3s")', 'true'],
  ['[1].filter(i, i > 1).max()', 'error: max called on empty list'],
  ['["a", "b", "a"].indexOf("a") + ["a", "b", "a"].lastIndexOf("a") + ["a"].indexOf("z")', '1'],
  ['"abc 123".find("[0-9]+")', '123'],
  ['"abc".find("[0-9]+")', ''],
  ['"1 22 333".findAll("[0-9]+")', '[1 22 333]'],
  ['"1 22 333".findAll("[0-9]+", 2)', '[1 22]'],
  ['url("https://user@example.com:80/a%20b?x=1&x=2").getHost()', 'example.com:80'],
  ['url("https://[::1]:80/").getHostname() + url("https://[::1]:80/").getPort()', '::180'],
  ['url("https://example.com/path with spaces/").getEscapedPath()', '/path%20with%20spaces/'],
  ['url("https://e.com/?k=a&k=b").getQuery()["k"]', '[a b]'],
  ['isURL("/absolute") && !isURL("relative") && !isURL("")', 'true'],
  ['url("not a url")', 'error: URL parse error during conversion from string: parse "not a url": invalid URI for request'],
  ['isQuantity("1.3Gi") && !isQuantity("1.3GiB")', 'true'],
  ['quantity("50k").add(20).sub(quantity("20")) == quantity("50000")', 'true'],
  ['quantity("2Gi").asInteger()', '2147483648'],
  ['quantity("50.5").asInteger()', 'error: cannot convert value to integer'],
  ['quantity(d.q).compareTo(quantity("1G")) + quantity("-1").sign()', '0'],
  ['quantity("50M").isGreaterThan(quantity("100M")) || quantity("50M").isLessThan(quantity("100M"))', 'true'],
  ['isIP("127.0.0.1") && isIP("::1") && !isIP("::ffff:1.2.3.4") && !isIP("1.2.3")', 'true'],
  ['ip("127.0.0.1").isLoopback() && ip("fe80::1").isLinkLocalUnicast() && ip("192.168.0.1").isGlobalUnicast()', 'true'],
  ['ip.isCanonical("2001:db8::abcd") && !ip.isCanonical("2001:DB8::ABCD")', 'true'],
  ['string(ip("2001:DB8::0")) + string(ip("1.2.3.4").family())', '2001:db8::4'],
  ['cidr("192.168.0.0/24").containsIP("192.168.0.9") && !cidr("192.168.0.0/24").containsIP(ip("192.168.1.9"))', 'true'],
  ['cidr("192.168.0.0/24").containsCIDR("192.168.0.0/25") && cidr("192.168.0.7/24").masked() == cidr("192.168.0.0/24")', 'true'],
  ['cidr("::1/128").prefixLength()', '128'],
  ['cidr("1.2.3.4")', 'error: network address parse error during conversion from string: netip.ParsePrefix("1.2.3.4"): no \'/\''],
  ['format.named("dns1123Label").value().validate("a-b").hasValue()', 'false'],
  ['format.dns1123Label().validate("A").value().size()', '1'],
  ['format.named("other").hasValue()', 'false'],
  ['isSemver("1.2.3-rc.1+b") && !isSemver("1.2") && isSemver("v1.2", true)', 'true'],
  ['semver("1.2.3-rc.2").isLessThan(semver("1.2.3")) && semver("1.2.3-rc.2").isLessThan(semver("1.2.3-rc.10"))', 'true'],
  ['semver("1.10.0").compareTo(semver("1.9.9")) + semver("v01.02", true).minor()', '3'],
  ['semver("1.2")', 'error: No Major.Minor.Patch elements found'],
  ['semver("1.02.3")', 'error: Minor number must not contain leading zeroes "02"'],
  ['sets.contains([1, 2], [2]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])', 'true'],
  ['"tacocat".charAt(3) + "tacocat".substring(4) + "tacocat".substring(0, 4)', 'ocattaco'],
  ['"abc".charAt(4)', 'error: index out of range: 4'],
  ['"abc".substring(2, 1)', 'error: invalid substring range. start: 2, end: 1'],
  ['"hello hello".indexOf("lo", 4) + "hello hello".lastIndexOf("lo")', '18'],
  ['"a,b,c".split(",", 2)', '[a b,c]'],
  ['["x", "y"].join("-") + "TacoCÆt".lowerAscii() + " \\ttrim\\n".trim()', 'x-ytacocÆttrim'],
  ['"hello hello".replace("he", "we", 1) + "ab".replace("", "_")', 'wello hello_a_b_'],
  ['strings.quote("a\\"b\\n")', '"a\\"b\\n"'],
  ['cel.bind(a, x + 1, a * a)', '4'],
  ['cel.bind(a, [1], cel.bind(b, a[0], b + 1))', '2'],
];

test('libraries', () => {
  for (const [expression, expected] of LIBRARIES) assert.equal(evaluated(expression), expected, expression);
  assert.equal(evaluated('"%s %d %.2f %x".format([dyn("a"), dyn(3), dyn(1.125), dyn(255)])'), 'a 3 1.13 ff');
  assert.equal(evaluated('"%s".format([{"b": [1], "a": [2]}])'), '{a: [2], b: [1]}');
  assert.equal(evaluated('"%d".format(["a"])'), 'error: error during formatting: decimal clause can only be used on integers, was given string');
});

test('the authorizer is asked', () => {
  const asked: unknown[] = [];
  const authorizer = new AuthorizerValue(AUTHORIZER, (question) => {
    asked.push(question);
    return { allowed: question.verb === 'get', reason: 'because' };
  });
  const { value, cost } = program("authorizer.group('apps').resource('deployments').subresource('scale').namespace('a').name('b').check('get').allowed()").evaluate({ authorizer });
  assert.equal(value, true);
  assert.ok(cost > 350_000);
  assert.equal(program("authorizer.serviceAccount('n', 's').path('/healthz').check('post').reason()").evaluate({ authorizer }).value, 'because');
  assert.deepEqual(asked, [
    { group: 'apps', resource: 'deployments', subresource: 'scale', namespace: 'a', name: 'b', verb: 'get' },
    { serviceAccount: { namespace: 'n', name: 's' }, path: '/healthz', verb: 'post' },
  ]);
});

test('types of results', () => {
  const types: readonly (readonly [string, string])[] = [
    ['x', 'int'],
    ['d.a', 'dyn'],
    ['m.k', 'any'],
    ['[]', 'list(dyn)'],
    ['[1].map(i, string(i))', 'list(string)'],
    ['{"a": [1]}', 'map(string, list(int))'],
    ['thing', 'test.Thing'],
    ['d.?a', 'optional_type(dyn)'],
    ['quantity("1")', 'kubernetes.Quantity'],
    ['true ? d : 1', 'dyn'],
  ];
  for (const [expression, type] of types) assert.equal(typeText(program(expression).type), type, expression);
});

test('an evaluation ends when it has cost too much', () => {
  const long = program('[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(e, a + b + c + e > 0))))');
  assert.ok(long.evaluate({}).value);
  const limited = { name: 'Error', message: 'operation cancelled: actual cost limit exceeded' };
  assert.throws(() => long.evaluate({}, { costBudget: 10_000 }), limited);
  assert.throws(() => program('x > 0 || true').evaluate({ x: 1 }, { costBudget: 0 }), limited);
});

test('work is charged for before it is done', () => {
  const doubled = (depth: number, start: string, use: string): string =>
    Array.from({ length: depth }).reduceRight<string>((body, _, i) => `cel.bind(a${i + 1}, a${i} + a${i}, ${body})`, use.replaceAll('LAST', `a${depth}`)).replace(/^/, `cel.bind(a0, ${start}, `) + ')';
  const limited = { message: 'operation cancelled: actual cost limit exceeded' };
  assert.equal(program(doubled(40, '[1]', 'LAST.size()')).evaluate({}).value, 2n ** 40n);
  for (const use of ['LAST == LAST + []', '2 in LAST', '[LAST, LAST] == [LAST, LAST]', 'LAST.indexOf(2) > 0', 'sets.contains(LAST, LAST)', 'LAST.all(x, x == 1)', 'LAST.sum() > 0', '"%s".format([LAST]) == ""'])
    assert.throws(() => program(doubled(40, '[1]', use)).evaluate({}), limited, use);
  assert.throws(() => program(doubled(40, '["aaaaaaaaaaaaaaaa"]', 'LAST.join(",") == ""')).evaluate({}), limited);
  assert.throws(() => program(doubled(18, '"aaaaaaaaaaaaaaaa"', 'LAST.replace("a", LAST) == ""')).evaluate({}), limited);
  assert.throws(() => program(doubled(30, '"aaaaaaaaaaaaaaaa"', 'LAST == ""')).evaluate({}), limited);
});

test('costs are those of cel-go', () => {
  const costs: readonly (readonly [string, number])[] = [
    ['1 + 1', 1],
    ['x + 1', 2],
    ['d.q', 2],
    ['has(d.q)', 1],
    ['[1, 2]', 10],
    ['{"a": 1}', 30],
    ['x > 0 && x < 9', 4],
    [`"${'a'.repeat(100)}" == "${'a'.repeat(100)}"`, 10],
    [`"${'a'.repeat(100)}".startsWith("${'a'.repeat(20)}")`, 2],
  ];
  for (const [expression, cost] of costs) assert.equal(program(expression).evaluate({ x: 1, d: { q: 1 } }).cost, cost, expression);
});

test('deep and long expressions are refused in words', () => {
  for (const expression of ['('.repeat(5000), '['.repeat(5000), `${'!'.repeat(90_000)}true`, '-'.repeat(5000), `x${'.a'.repeat(20_000)}`, 'x'.repeat(100_001), `${'1+'.repeat(20_000)}1`, '[1].all(i, '.repeat(300)]) {
    const compiled = compile(expression, environment);
    if ('program' in compiled) continue;
    assert.match(compiled.errors, /^ERROR: <input>:1:\d+: /);
  }
});

test('whatever the text: a program or findings, and programs end with a value or a CelError', () => {
  const word = fc.constantFrom('x', 'd', 'm', 'thing', '.', '(', ')', '[', ']', '{', '}', '?', ':', ',', '+', '-', '&&', '||', '==', '<', ' in ', '"a"', "b'x'", '1', '2u', '1.5', 'null', 'true', '.all(i, ', '.map(j, ', 'has(', 'cel.bind(z, ', 'size(', '.name', '.?q', '[?1]', 'é', '`', "'", '\\', '%', 'for');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 14 }), (words) => {
      const compiled = compile(words.join(''), environment);
      if ('errors' in compiled) return compiled.errors.startsWith('ERROR: ');
      try {
        compiled.program.evaluate({ x: 1, d: { q: [1] }, m: {}, thing: { name: 'a' } }, { costBudget: 10_000 });
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
      }
      return true;
    }),
    { numRuns: 2000 },
  );
});

test('sums of ints are exact or fail', () => {
  const any64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const sum = program('d.a + d.b');
  fc.assert(
    fc.property(any64, any64, (a, b) => {
      const exact = a + b;
      if (exact >= -(2n ** 63n) && exact < 2n ** 63n) return sum.evaluate({ d: { a, b } }).value === exact;
      assert.throws(() => sum.evaluate({ d: { a, b } }), { message: 'integer overflow' });
      return true;
    }),
  );
});
