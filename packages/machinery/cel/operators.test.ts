/** What expressions evaluate to, and how they fail, as tables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from './compile.ts';
import { withVariables } from './environment.ts';
import { KUBERNETES } from './kubernetes.ts';
import { ANY, BOOL, DYN, INT, listOf, mapOf, objectOf, STRING } from './types.ts';
import { CelError } from './values.ts';

const thing = objectOf('test.Thing', { name: STRING, count: INT, tags: listOf(STRING), namespace: { type: STRING, json: 'ns' } });
const environment = withVariables(KUBERNETES, { x: INT, d: DYN, m: mapOf(STRING, ANY), thing, yes: BOOL });
const bindings = { x: 7, d: { a: [1, 2], s: 'q', n: null, f: 1.5 }, m: { k: 'v' }, thing: { name: 'n', tags: ['a'], ns: 'ns' }, yes: true };

/** The text of the value, or `error: …`; what does not compile fails the test. */
function result(expression: string): string {
  const compiled = compile(`string(${expression})`, environment);
  assert.ok('program' in compiled, 'errors' in compiled ? compiled.errors : '');
  try {
    return compiled.program.evaluate(bindings).value as string;
  } catch (error) {
    assert.ok(error instanceof CelError, String(error));
    return `error: ${error.message}`;
  }
}

const TABLES: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'arithmetic of ints': [
    ['1 + 2 * 3', '7'],
    ['-7 / 2', '-3'],
    ['-7 % 3', '-1'],
    ['7 - -1', '8'],
    ['--x', '7'],
    ['0x1F', '31'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775807 + 1', 'error: integer overflow'],
    ['-9223372036854775808 - 1', 'error: integer overflow'],
    ['-9223372036854775808 / -1', 'error: integer overflow'],
    ['-(-9223372036854775808)', 'error: integer overflow'],
    ['4611686018427387904 * 2', 'error: integer overflow'],
    ['x / 0', 'error: division by zero'],
    ['x % 0', 'error: modulus by zero'],
  ],
  'arithmetic of uints': [
    ['1u + 2u', '3'],
    ['7u / 2u', '3'],
    ['1u - 2u', 'error: unsigned integer overflow'],
    ['18446744073709551615u + 1u', 'error: unsigned integer overflow'],
    ['1u / 0u', 'error: division by zero'],
    ['1u % 0u', 'error: modulus by zero'],
  ],
  'arithmetic of doubles': [
    ['1.5 + 1.0', '2.5'],
    ['1.0 / 0.0', '+Inf'],
    ['-1.0 / 0.0', '-Inf'],
    ['0.0 / 0.0', 'NaN'],
    ['.5 * 3.0', '1.5'],
    ['1e3', '1000'],
    ['1000000.0', '1e+06'],
    ['0.00001', '1e-05'],
  ],
  comparison: [
    ['1 < 2 && 2 <= 2 && 3 > 2 && 3 >= 3', 'true'],
    ['x < 7.5 && x > 6u && 1u < 2.0', 'true'],
    ['9007199254740993 > 9007199254740992.0', 'true'],
    ['dyn(1) == 1.0 && dyn(1u) == 1 && dyn(1) != "1"', 'true'],
    ['0.0/0.0 == 0.0/0.0', 'false'],
    ['"a" < "b" && "" < "a"', 'true'],
    ['"\\uFFFF" < "\\U0001F600"', 'true'],
    ['[1, 2] == [1, 2] && [1] != [2] && [[1]] == [[1]]', 'true'],
    ['{"a": 1, "b": 2} == {"b": 2, "a": 1}', 'true'],
    ['b"ab" < b"b"', 'true'],
    ['false < true', 'true'],
    ['null == null', 'true'],
    ['d.n == null && d.s != null', 'true'],
    ['timestamp("2026-01-02T00:00:00Z") < timestamp("2026-01-03T00:00:00Z")', 'true'],
    ['d.s < 1', 'error: no such overload'],
  ],
  logic: [
    ['true || 1/0 > 0', 'true'],
    ['1/0 > 0 || true', 'true'],
    ['false && 1/0 > 0', 'false'],
    ['1/0 > 0 && false', 'false'],
    ['1/0 > 0 && true', 'error: division by zero'],
    ['1/0 > 0 || false', 'error: division by zero'],
    ['yes ? 1 : 2', '1'],
    ['!yes ? 1/0 : 2', '2'],
    ['d.s && true', 'error: no such overload'],
    ['true ? (false ? 1 : 2) : 3', '2'],
  ],
  access: [
    ['d.a[1]', '2'],
    ['d.a[2]', 'error: index out of bounds: 2'],
    ['d.a[-1]', 'error: index out of bounds: -1'],
    ['d["s"]', 'q'],
    ['d.missing', 'error: no such key: missing'],
    ['d["missing"]', 'error: no such key: missing'],
    ['d.n.x', 'error: no such key: x'],
    ['m.k', 'v'],
    ['{1: "a"}[2]', 'error: no such key: 2'],
    ['has(d.s) && !has(d.zz) && has(d.n)', 'true'],
    ['thing.name + thing.namespace', 'nns'],
    ['thing.count', 'error: no such key: count'],
    ['has(thing.count)', 'false'],
    ['thing.tags[0]', 'a'],
    ['1 in d.a && !(9 in d.a) && "k" in m && !("z" in m)', 'true'],
    ['{1: "a", 2: "b"}[dyn(2u)]', 'b'],
  ],
  text: [
    ['"a" + "b"', 'ab'],
    ['size("h\u00e9\u{1f600}")', '3'],
    ['"\\x41\\u00e9\\101\\n".size()', '4'],
    ['r"\\d"', '\\d'],
    ["'''a\nb'''.size()", '3'],
    ['"abc".contains("b") && "abc".startsWith("a") && "abc".endsWith("c")', 'true'],
    ['"abc".matches("^[a-c]+$") && !matches("abc", "^b")', 'true'],
    ['"abc".matches(d.s + "(")', 'error: error parsing regexp: missing closing ): `q(`'],
    ['b"\\xff" == b"\\377"', 'true'],
  ],
  conversions: [
    ['int("42")', '42'],
    ['int("4x")', "error: type conversion error from 'string' to 'int'"],
    ['int("9223372036854775808")', "error: type conversion error from 'string' to 'int'"],
    ['int(2.9)', '2'],
    ['int(-2.9)', '-2'],
    ['int(1e99)', 'error: integer overflow'],
    ['int(0.0/0.0)', 'error: integer overflow'],
    ['int(18446744073709551615u)', 'error: integer overflow'],
    ['int(timestamp("1970-01-01T00:01:00Z"))', '60'],
    ['uint(-1)', 'error: unsigned integer overflow'],
    ['uint("7")', '7'],
    ['double("1.5e1")', '15'],
    ['double("x")', "error: type conversion error from 'string' to 'double'"],
    ['bool("True") && !bool("f")', 'true'],
    ['bool("yes")', "error: type conversion error from 'string' to 'bool'"],
    ['bytes("é").size()', '2'],
    ['string(b"\\xff")', 'error: invalid UTF-8 in bytes, cannot convert to string'],
    ['duration("1h30m")', '5400s'],
    ['duration("1.5s")', '1.5s'],
    ['duration(d.s)', "error: type conversion error from 'string' to 'google.protobuf.Duration'"],
    ['timestamp(d.s)', "error: type conversion error from 'string' to 'google.protobuf.Timestamp'"],
    ['timestamp("2026-01-02T03:04:05.25+01:00")', '2026-01-02T02:04:05.25Z'],
    ['type(1) == int && type("") == string && type(type(1)) == type && type([]) == list', 'true'],
    ['type(timestamp(0)) == google.protobuf.Timestamp', 'true'],
  ],
  times: [
    ['timestamp("2026-03-01T00:00:00Z") - duration("24h")', '2026-02-28T00:00:00Z'],
    ['timestamp("2026-01-02T00:00:00Z") - timestamp("2026-01-01T00:00:00Z")', '86400s'],
    ['timestamp("9999-12-31T23:59:59Z") + duration("1s")', 'error: timestamp overflow'],
    ['timestamp("2026-03-01T10:20:30.5Z").getMonth()', '2'],
    ['timestamp("2026-03-01T10:20:30.5Z").getDate()', '1'],
    ['timestamp("2026-03-01T10:20:30.5Z").getDayOfYear()', '59'],
    ['timestamp("2026-03-01T10:20:30.5Z").getDayOfWeek()', '0'],
    ['timestamp("2024-02-29T23:59:59Z").getDate() + timestamp("1969-12-31T23:59:59Z").getDayOfYear()', '393'],
    ['timestamp("0001-01-01T00:00:00Z").getFullYear() + timestamp("2000-12-31T00:00:00Z").getDayOfYear()', '366'],
    ['timestamp("1969-12-28T00:00:00Z").getDayOfWeek()', '0'],
    ['timestamp("2026-03-01T10:20:30.5Z").getMilliseconds()', '500'],
    ['timestamp("2026-03-01T10:20:30Z").getHours("America/New_York")', '5'],
    ['timestamp("2026-03-01T10:20:30Z").getMinutes("+05:30")', '50'],
    ['timestamp("2026-03-01T10:20:30Z").getHours("Nowhere/At")', 'error: unknown time zone Nowhere/At'],
    ['duration("90m").getHours()', '1'],
  ],
  macros: [
    ['[1, 2].all(i, i > 0) && ![1, 2].all(i, i > 1)', 'true'],
    ['[0, 1].exists(i, 1 / i > 0)', 'true'],
    ['[0, 2].exists(i, 1 / i > 5)', 'error: division by zero'],
    ['[0, 1].all(i, 1 / i > 5)', 'false'],
    ['[1, 2, 1].exists_one(i, i == 2)', 'true'],
    ['[1, 2, 3].filter(i, i > 1).map(i, i * 2) == [4, 6]', 'true'],
    ['[1, 2, 3].map(i, i > 1, i * 2) == [4, 6]', 'true'],
    ['{"a": 1}.all(k, k == "a")', 'true'],
    ['[1, 2].map(i, [3].map(j, i * j)) == [[3], [6]]', 'true'],
    ['[5, 6].all(i, v, v == i + 5)', 'true'],
    ['{"a": 1}.exists(k, v, k == "a" && v == 1)', 'true'],
    ['[5, 6].transformList(i, v, i + v) == [5, 7]', 'true'],
    ['{"a": 1, "b": 2}.transformMap(k, v, v > 1, v * 10) == {"b": 20}', 'true'],
    ['["a"].transformMapEntry(i, v, {v: i}) == {"a": 0}', 'true'],
    ['["a", "a"].transformMapEntry(i, v, {v: i}).size()', 'error: insert failed: key a already exists'],
    ['{"a": 1, "a": 2}.size()', 'error: Failed with repeated key'],
  ],
  optionals: [
    ['d.?s.orValue("z")', 'q'],
    ['d.?zz.yy.orValue("z")', 'z'],
    ['d.?zz.hasValue()', 'false'],
    ['d[?"s"].value()', 'q'],
    ['d.a[?7].orValue(1)', '1'],
    ['d.?zz.value()', 'error: optional.none() dereference'],
    ['d.?s.optMap(v, v + "!").value()', 'q!'],
    ['d.?zz.optMap(v, v + "!").orValue("none")', 'none'],
    ['d.?s.optFlatMap(v, d[?"f"]).value()', '1.5'],
    ['optional.ofNonZeroValue("").or(optional.of("b")).value()', 'b'],
    ['[?d.?zz, "a"].size()', '1'],
    ['{?"k": d.?zz}.size()', '0'],
  ],
};

for (const [name, table] of Object.entries(TABLES)) {
  test(name, () => {
    for (const [expression, expected] of table) assert.equal(result(expression), expected, expression);
  });
}
