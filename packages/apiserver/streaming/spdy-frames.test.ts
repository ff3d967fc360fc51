import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { SpdyReader, dataHeader, synStream } from './spdy-frames.ts';

const data = (id: number, text: string, last = false): Buffer => Buffer.concat([dataHeader(id, text.length, last), Buffer.from(text)]);
const reset = (id: number): Buffer => Buffer.from([0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, id, 0, 0, 0, 5]);
const ping = Buffer.from([0x80, 3, 0, 6, 0, 0, 0, 4, 0, 0, 0, 2]);
const settings = Buffer.from([0x80, 3, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0]);

function readAll(pieces: readonly Buffer[]): string[] {
  const seen: string[] = [];
  const reader = new SpdyReader({
    data: (id, piece, last) => void (piece.length > 0 ? seen.push(...piece.toString().split('').map((one) => `${id}${one}`)) : 0, last && seen.push(`${id}.`)),
    reset: (id) => void seen.push(`${id}!`),
    ping: (frame) => void seen.push(`ping ${frame.length}`),
  });
  for (const piece of pieces) reader.push(piece);
  return seen;
}

test('header blocks are one compressed text over all streams', () => {
  const frames = [synStream(1, { streamtype: 'error' }, true), synStream(3, { streamtype: 'stdin' }, false)];
  assert.deepEqual(frames.map((frame) => frame.readUInt32BE(8)), [1, 3]);
  const text = inflateSync(Buffer.concat(frames.map((frame) => frame.subarray(18))), { finishFlush: constants.Z_SYNC_FLUSH }).toString('latin1');
  assert.equal(text, '\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x05error\0\0\0\x01\0\0\0\x0astreamtype\0\0\0\x05stdin');
});

test('frames are read however they are cut', () => {
  const whole = Buffer.concat([settings, data(1, 'ab'), ping, data(3, 'c', true), data(5, '', true), reset(1)]);
  const expected = ['1a', '1b', 'ping 12', '3c', '3.', '5.', '1!'];
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 8 }), (cuts) => {
      const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      assert.deepEqual(readAll(at.slice(1).map((end, i) => whole.subarray(at[i]!, end))), expected);
    }),
  );
});

test('what is not SPDY/3.1 is refused', () => {
  assert.throws(() => readAll([Buffer.from([0x80, 2, 0, 2, 0, 0, 0, 0])]), /does not speak SPDY/);
  assert.throws(() => readAll([Buffer.from([0x80, 3, 0, 4, 0, 0xff, 0xff, 0xff])]), /does not speak SPDY/);
});
