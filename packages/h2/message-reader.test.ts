import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MessageReader } from './message-reader.ts';

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

test('messages are the same however their bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (messages, cuts) => {
      const bytes = Buffer.concat(messages.map(framed));
      const reader = new MessageReader(1_000);
      const read: string[] = [];
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const size = cuts[i % cuts.length]!;
        reader.take(bytes.subarray(at, at + size), (message) => read.push(message.toString('hex')));
        at += size;
      }
      assert.deepEqual(read, messages.map((message) => Buffer.from(message).toString('hex')));
    }),
  );
});

test('messages that are too large or compressed are refused', () => {
  const take = (bytes: Buffer): void => new MessageReader(10).take(bytes, () => assert.fail());
  assert.throws(() => take(framed(Buffer.alloc(11))), /larger than 10/);
  assert.throws(() => take(Buffer.of(1, 0, 0, 0, 1, 0)), /compressed/);
});
