/** What holds for every stored kind, tried on one small manifest each. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeObject } from '#machinery/decode.ts';
import { groupVersionText, type Kind, type KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { builtinKinds } from './registry.ts';
import { deepFreeze, draftOf, lines, testContext } from './testing/objects.ts';
import { samples } from './testing/samples.ts';

const storedKinds = builtinKinds.filter(({ virtual, verbs }) => !virtual && verbs.includes('create'));
const nameOf = (kind: Kind): string => `${groupVersionText(kind)} ${kind.kind}`;

function decoded(kind: Kind): Draft<KubeObject> {
  const sample = samples.get(nameOf(kind));
  const metadata = { name: 'web', ...(kind.namespaced ? { namespace: 'default' } : {}) };
  const manifest = { kind: kind.kind, apiVersion: groupVersionText(kind), metadata, ...sample };
  const { object, problems } = decodeObject<KubeObject>(kind.schema, manifest, { mode: 'strict' });
  assert.deepEqual(problems, []);
  return draftOf<KubeObject>(object);
}

/** The kind in which objects are stored, and how to get there. */
function storedForm(kind: Kind, draft: Draft<KubeObject>): { readonly storage: Kind; readonly draft: Draft<KubeObject> } {
  if (!kind.stored) return { storage: kind, draft };
  const { group, version } = kind.stored;
  const storage = builtinKinds.find((one) => one.group === group && one.version === version && one.kind === kind.kind)!;
  return { storage, draft: draftOf<KubeObject>(kind.stored.toStored(draft as unknown as KubeObject)) };
}

function asStored(kind: Kind): { readonly storage: Kind; readonly object: KubeObject } {
  const sent = decoded(kind);
  kind.defaults?.(sent, testContext);
  Object.assign(sent.metadata!, { uid: '0d9ad0b5-0d0f-4d29-a7d2-6d5a3f2f3a11', creationTimestamp: '2026-01-02T03:04:05Z' });
  const { storage, draft } = storedForm(kind, sent);
  storage.strategy.prepareForCreate?.(draft, testContext);
  return { storage, object: deepFreeze(draft) as unknown as KubeObject };
}

test('there is a sample of every stored kind', () => {
  assert.deepEqual([...samples.keys()].toSorted(), storedKinds.map(nameOf).toSorted());
});

for (const kind of storedKinds) {
  test(`${nameOf(kind)}: defaults change nothing the second time`, () => {
    const once = decoded(kind);
    kind.defaults?.(once, testContext);
    const twice = draftOf<KubeObject>(once);
    kind.defaults?.(twice, { ...testContext, nowMs: testContext.nowMs + 1 });
    assert.deepEqual(twice, once);
  });

  test(`${nameOf(kind)}: a defaulted object is of its schema and valid`, () => {
    const { storage, object } = asStored(kind);
    const again = decodeObject(storage.schema, object, { mode: 'strict' });
    assert.deepEqual(again.problems, []);
    assert.deepEqual(lines(storage.strategy.validate?.(object, testContext) ?? []), []);
    assert.ok(Array.isArray(storage.strategy.warnings?.(object, undefined, testContext) ?? []));
  });

  test(`${nameOf(kind)}: an update that changes nothing keeps the object`, () => {
    const { storage, object } = asStored(kind);
    const draft = draftOf<KubeObject>(object);
    storage.defaults?.(draft, testContext);
    storage.strategy.prepareForUpdate?.(draft, object, testContext);
    assert.deepEqual(draft, object);
    assert.deepEqual(lines(storage.strategy.validateUpdate?.(object, object, testContext) ?? []), []);
  });

  test(`${nameOf(kind)}: every column has a cell`, () => {
    const { object } = asStored(kind);
    const shown = kind.stored ? kind.stored.fromStored(object) : object;
    for (const column of kind.columns) {
      const cell = column.cell(shown, testContext.nowMs);
      assert.ok(cell === null || ['string', 'number', 'boolean'].includes(typeof cell), column.name);
    }
    for (const field of Object.values(kind.selectableFields)) assert.equal(typeof field(shown), 'string');
  });

  test(`${nameOf(kind)}: status and scale change their part only`, () => {
    const { storage, object } = asStored(kind);
    for (const [name, { update }] of Object.entries(storage.subresources)) {
      if (!update || (name !== 'status' && name !== 'scale')) continue;
      const draft = { ...object } as unknown as Draft<KubeObject>;
      update.apply(draft, deepFreeze(update.view?.(object) ?? object), object, testContext);
      assert.deepEqual((draft as unknown as { spec: unknown }).spec, (object as unknown as { spec: unknown }).spec, name);
      assert.deepEqual(lines(update.validate?.(draft as unknown as KubeObject, object, testContext) ?? []), [], name);
    }
  });
}
