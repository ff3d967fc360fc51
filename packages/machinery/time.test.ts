import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalDuration, durationFromMs, durationToMs, formatDuration, parseDuration } from './duration.ts';
import { intValue, scaledValue } from './int-or-string.ts';
import { ageText, canonicalMicroTime, canonicalTime, formatMicroTime, formatTime, humanDuration, parseTime, timeToMs } from './time.ts';

test('times are canonical in UTC', () => {
  assert.equal(canonicalTime('2026-01-02T03:04:05Z'), '2026-01-02T03:04:05Z');
  assert.equal(canonicalTime('2026-01-02T03:04:05.999+01:30'), '2026-01-02T01:34:05Z');
  assert.equal(canonicalTime('0001-01-01T00:00:00Z'), '0001-01-01T00:00:00Z');
  assert.equal(canonicalMicroTime('2026-01-02T03:04:05.000001-01:00'), '2026-01-02T04:04:05.000001Z');
  assert.deepEqual(parseTime('2026-01-02T03:04:05.000000007Z').nanos, 7);
  assert.equal(formatTime(1_767_323_045_999), '2026-01-02T03:04:05Z');
  assert.equal(formatMicroTime(1_767_323_045_678), '2026-01-02T03:04:05.678000Z');
  assert.equal(timeToMs('2026-01-02T03:04:05.678901Z'), 1_767_323_045_678);
});

const badTimes: readonly (readonly [string, string])[] = [
  ['', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
  ['2026-01-02', 'parsing time "2026-01-02" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
  ['2026-01-02 03:04:05Z', 'parsing time "2026-01-02 03:04:05Z" as "2006-01-02T15:04:05Z07:00": cannot parse " 03:04:05Z" as "T"'],
  ['2026-01-02T03:04:05', 'parsing time "2026-01-02T03:04:05" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"'],
  ['2026-02-30T03:04:05Z', 'parsing time "2026-02-30T03:04:05Z": day out of range'],
  ['2026-02-20T24:04:05Z', 'parsing time "2026-02-20T24:04:05Z": hour out of range'],
  ['2026-02-20T03:04:05Zx', 'parsing time "2026-02-20T03:04:05Zx": extra text: "x"'],
];
for (const [text, message] of badTimes) test(`${JSON.stringify(text)} is refused`, () => assert.throws(() => canonicalTime(text), { message }));

test('every second round trips', () => {
  fc.assert(
    fc.property(fc.integer({ min: -60_000_000_000, max: 250_000_000_000 }), (seconds) =>
      assert.equal(timeToMs(formatTime(seconds * 1000)), seconds * 1000),
    ),
  );
});

test('ages read as kubectl shows them', () => {
  const s = 1000;
  const m = 60 * s;
  const h = 60 * m;
  const d = 24 * h;
  const table: readonly (readonly [number, string])[] = [
    [-5 * s, '<invalid>'],
    [-1.5 * s, '0s'],
    [0, '0s'],
    [119 * s, '119s'],
    [2 * m, '2m'],
    [2 * m + s, '2m1s'],
    [9 * m + 59 * s, '9m59s'],
    [10 * m + 3 * s, '10m'],
    [179 * m, '179m'],
    [3 * h, '3h'],
    [3 * h + m, '3h1m'],
    [8 * h + m, '8h'],
    [47 * h, '47h'],
    [48 * h, '2d'],
    [49 * h, '2d1h'],
    [8 * d + h, '8d'],
    [729 * d, '729d'],
    [730 * d, '2y'],
    [731 * d, '2y1d'],
    [8 * 365 * d + 5 * d, '8y'],
  ];
  for (const [ms, text] of table) assert.equal(humanDuration(ms), text);
  assert.equal(ageText(undefined, 0), '<unknown>');
  assert.equal(ageText('1970-01-01T00:00:00Z', 5000), '5s');
});

test('durations', () => {
  const table: readonly (readonly [string, string])[] = [
    ['90m', '1h30m0s'],
    ['0', '0s'],
    ['1.5s', '1.5s'],
    ['1500us', '1.5ms'],
    ['-3m', '-3m0s'],
    ['1h', '1h0m0s'],
    ['8760h', '8760h0m0s'],
    ['5ns', '5ns'],
    ['1m0.001s', '1m0.001s'],
  ];
  for (const [text, wanted] of table) assert.equal(canonicalDuration(text), wanted);
  assert.throws(() => parseDuration('5'), { message: 'time: missing unit in duration "5"' });
  assert.throws(() => parseDuration('5x'), { message: 'time: unknown unit "x" in duration "5x"' });
  assert.throws(() => parseDuration(''), { message: 'time: invalid duration ""' });
  assert.equal(durationToMs('1.5s'), 1500);
  assert.equal(durationFromMs(90_500), '1m30.5s');
  fc.assert(fc.property(fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), (nanos) => assert.equal(parseDuration(formatDuration(nanos)), nanos)));
});

test('percentages', () => {
  assert.equal(scaledValue('25%', 10, 'up'), 3);
  assert.equal(scaledValue('25%', 10, 'down'), 2);
  assert.equal(scaledValue(4, 10, 'down'), 4);
  assert.throws(() => scaledValue('4', 10, 'up'), { message: 'invalid value for IntOrString: invalid type: string is not a percentage' });
  assert.equal(intValue('http'), 0);
});
