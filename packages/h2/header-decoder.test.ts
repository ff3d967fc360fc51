import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderDecoder } from './header-decoder.ts';
import { headerBlock } from './header-encoder.ts';

function decoded(decoder: HeaderDecoder, hex: string): string[] {
  const headers: string[] = [];
  decoder.decode(Buffer.from(hex.replaceAll(' ', ''), 'hex'), (name, value) => headers.push(`${name}: ${value}`));
  return headers;
}

// The examples of RFC 7541, appendices C.4 and C.5: each block refers to those before it.
const REQUESTS = [
  ['828684418cf1e3c2e5f23a6ba0ab90f4ff', [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com']],
  ['828684be5886a8eb10649cbf', [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache']],
  ['828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf', [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value']],
] as const;

test('blocks that refer to earlier ones read as the standard says', () => {
  const decoder = new HeaderDecoder();
  for (const [hex, headers] of REQUESTS) assert.deepEqual(decoded(decoder, hex), headers);
});

test('what the table has no room for is forgotten', () => {
  const decoder = new HeaderDecoder();
  // Room for one entry of 64 bytes; two entries of 42.
  assert.deepEqual(decoded(decoder, '3f21 4003616161 0761616161616161 4003626262 0762626262626262 be'), ['aaa: aaaaaaa', 'bbb: bbbbbbb', 'bbb: bbbbbbb']);
  assert.throws(() => decoded(decoder, 'bf'), /in no table/);
});

test('what is no header block is refused', () => {
  for (const hex of ['c6', '00 05 6161', '3fe2ff03', 'ffffffffffffff', '00 01 61 84 ffffffff']) assert.throws(() => decoded(new HeaderDecoder(), hex), RangeError, hex);
});

test('written blocks read as what was written', () => {
  const headers = [[':path', '/a.B/C'], ['long', 'x'.repeat(1_000)], ['empty', '']] as const;
  const decoder = new HeaderDecoder();
  const read: (readonly [string, string])[] = [];
  decoder.decode(headerBlock(headers), (name, value) => read.push([name, value]));
  assert.deepEqual(read, headers);
});
