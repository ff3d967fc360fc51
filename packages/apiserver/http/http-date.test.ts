import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpDate } from './http-date.ts';

test('dates are as HTTP writes them', () => {
  assert.equal(httpDate(0), 'Thu, 01 Jan 1970 00:00:00 GMT');
  assert.equal(httpDate(784_111_777_000), 'Sun, 06 Nov 1994 08:49:37 GMT');
});
