/**
 * Every built-in kind through every codec: what decoding makes is canonical and survives JSON and protobuf unchanged.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { builtinKinds } from '#kinds/registry.ts';
import { decodeObject } from '#machinery/decode.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { decodeEnvelope, encodeEnvelope } from '#machinery/protobuf/protobuf.ts';
import { arbitraryMessage } from '#machinery/testing/arbitrary.ts';

for (const kind of builtinKinds) {
  test(`${kind.kind} ${kind.group}/${kind.version}`, () => {
    fc.assert(
      fc.property(arbitraryMessage(kind.schema, 0.25), (sent) => {
        const { object, problems } = decodeObject<KubeObject>(kind.schema, sent, { mode: 'strict' });
        assert.deepEqual(problems, []);
        const text = JSON.stringify(object);
        assert.equal(JSON.stringify(decodeObject(kind.schema, JSON.parse(text), { mode: 'strict' }).object), text);
        assert.equal(JSON.stringify(decodeEnvelope(kind.schema, encodeEnvelope(kind.schema, object))), text);
      }),
      { numRuns: 25 },
    );
  });
}
