import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DESCRIBE_LAYOUT, TABLE_LAYOUT, tabulate } from './tabs.ts';

const cases: readonly (readonly [string, string, string])[] = [
  ['a column ends where a line has no tab', 'Name:\tweb\nLabels:\ta=b\n\tc=d\nIPs:\n  IP:\t1\n', 'Name:    web\nLabels:  a=b\n         c=d\nIPs:\n  IP:  1\n'],
  ['an empty last cell leaves the padding', 'Medium:\t\nSizeLimit:\t<unset>\n', 'Medium:     \nSizeLimit:  <unset>\n'],
  ['columns within a run align apart', 'a\tb\tc\naaa\tbbb\tc\n', 'a    b    c\naaa  bbb  c\n'],
  ['a form feed ends all columns', 'long name:\tx\fa:\ty\n', 'long name:  x\na:  y\n'],
];

for (const [name, text, expected] of cases) test(name, () => assert.equal(tabulate(text, DESCRIBE_LAYOUT), expected));

test('tables have cells of six characters at least', () => assert.equal(tabulate('two\t2/2\t0\t5s\n', TABLE_LAYOUT), 'two   2/2   0     5s\n'));
