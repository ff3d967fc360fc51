import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTokenFile } from './token-file.ts';

test('token files', () => {
  const tokens = readTokenFile('t1,alice,1,"a,b"\n\nt2, bob ,2\r\n"t,3","c ""x""",\n,nobody,4\nt1,again,5\n', 'tokens.csv');
  assert.deepEqual(
    tokens.map(({ token, user }) => [token, user.name, user.uid, user.groups]),
    [
      ['t1', 'again', '5', []],
      ['t2', ' bob ', '2', []],
      ['t,3', 'c "x"', undefined, []],
    ],
  );
  assert.deepEqual(readTokenFile('t,u,1,"a, b"', 'f')[0]!.user.groups, ['a', 'b']);
  assert.throws(
    () => readTokenFile('t,u', 'f.csv'),
    /^ConfigurationError: token file 'f.csv' must have at least 3 columns \(token, user name, user uid\), found 2$/,
  );
});
