import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeObject } from '../decode.ts';
import type { KubeObject } from '../kind.ts';
import { labelSelector, type ManagedFieldsEntry, objectMeta, typeMeta } from '../meta.ts';
import type { JsonObject } from '../patch/json-value.ts';
import { bool, embedded, int32, list, map, message, optional, pointer, quantity, rawExtension, required, string } from '../schema.ts';
import { StatusError } from '../status.ts';
import { applyPatch } from './apply.ts';
import { compareObjects } from './compare.ts';
import { writeEntries, readEntries } from './entries.ts';
import { difference, type FieldTree, intersection, isEmptyTree, pathsOf, recursiveDifference, union } from './field-tree.ts';
import { LAST_APPLIED } from './last-applied.ts';
import { mergeObjects } from './merge.ts';
import { objectShape } from './shape.ts';
import { treeOf } from './to-tree.ts';
import { updateManagedFields } from './update.ts';

const port = message('t/v1.Port', { number: required(1, int32), protocol: optional(2, string, { default: 'TCP' }), label: optional(3, string) });
const host = message('t/v1.Host', { host: optional(1, string), note: optional(2, string) });
const probe = message('t/v1.Probe', { path: optional(1, string), limits: optional(2, map(quantity)) });
const part = message('t/v1.Part', {
  name: required(1, string),
  image: optional(2, string),
  ports: optional(3, list(port), { listType: 'map', keys: ['number', 'protocol'] }),
  args: optional(4, list(string)),
  probe: pointer(5, probe),
  tty: optional(6, bool),
});
const holder = message('t/v1.Holder', { name: optional(1, string), inner: pointer(2, probe) });
const spec = message('t/v1.ThingSpec', {
  replicas: pointer(1, int32),
  selector: pointer(2, labelSelector),
  parts: required(3, list(part), { listType: 'map', keys: ['name'] }),
  nodes: optional(4, map(string), { mapType: 'atomic' }),
  note: optional(5, string),
  hosts: optional(6, list(host), { listType: 'map', keys: ['host'] }),
  raw: optional(7, rawExtension),
  holder: pointer(8, holder),
});
const status = message('t/v1.ThingStatus', { ready: optional(1, int32) });
const schema = message('t/v1.Thing', { ...typeMeta, metadata: embedded(1, objectMeta), spec: embedded(2, spec), status: embedded(3, status) });
const shape = objectShape(schema);
const of = { group: 't', version: 'v1', kind: 'Thing' };
const head = { apiVersion: 't/v1', kind: 'Thing' };

const at = (second: number): string => `2026-01-01T00:00:0${second}Z`;
const write = (manager: string, second = 1, extra: object = {}) => ({
  schema,
  apiVersion: 't/v1',
  manager,
  subresource: '',
  time: at(second),
  ignored: [['status']],
  ...extra,
});
const canonical = (body: object): KubeObject => decodeObject<KubeObject>(schema, { ...head, ...body }, { mode: 'strict' }).object;
const withEntries = (object: KubeObject, managedFields: readonly ManagedFieldsEntry[]): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields },
});
const apply = (manager: string, body: object, stored?: KubeObject, extra: object = {}): KubeObject =>
  applyPatch({ ...write(manager, 2, extra), of, force: false, ...extra }, { ...head, ...body } as JsonObject, stored).object;
const owned = (object: KubeObject, manager: string): unknown => object.metadata.managedFields?.find((entry) => entry.manager === manager)?.fieldsV1;
const create = (manager: string, body: object): KubeObject => {
  const object = canonical(body);
  return withEntries(object, updateManagedFields(write(manager), undefined, object));
};
const update = (manager: string, stored: KubeObject, body: object, extra: object = {}): KubeObject => {
  const next = canonical({ ...body, metadata: { ...stored.metadata, ...(body as { metadata?: object }).metadata } });
  return withEntries(next, updateManagedFields(write(manager, 3, extra), stored, next));
};

const base = {
  metadata: { name: 'a', namespace: 'b', labels: { app: 'x' } },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: 'x' } },
    parts: [{ name: 'p', image: 'i', ports: [{ number: 80, protocol: 'TCP' }], probe: { path: '/' } }],
  },
};

test('a create owns everything it gives, as upstream writes it', () => {
  assert.deepEqual(create('kubectl-create', base).metadata.managedFields, [
    {
      manager: 'kubectl-create',
      operation: 'Update',
      apiVersion: 't/v1',
      time: at(1),
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          'f:parts': {
            'k:{"name":"p"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': { '.': {}, 'k:{"number":80,"protocol":"TCP"}': { '.': {}, 'f:number': {}, 'f:protocol': {} } },
              'f:probe': { '.': {}, 'f:path': {} },
            },
          },
          'f:replicas': {},
          'f:selector': {},
        },
      },
    },
  ]);
});

test('an update takes what it changes from its owner, and nothing else', () => {
  const stored = create('one', base);
  const next = update('two', stored, { ...base, spec: { ...base.spec, replicas: 2, note: 'n' } });
  assert.deepEqual(owned(next, 'two'), { 'f:spec': { 'f:note': {}, 'f:replicas': {} } });
  assert.equal((owned(next, 'one') as { 'f:spec': object })['f:spec']['f:replicas' as never], undefined);
  const same = update('three', next, { ...base, spec: { ...base.spec, replicas: 2, note: 'n' } });
  assert.deepEqual(same.metadata.managedFields, next.metadata.managedFields);
  const removed = update('two', next, { ...base, spec: { ...base.spec, replicas: 2 } });
  assert.deepEqual(owned(removed, 'two'), { 'f:spec': { 'f:replicas': {} } });
});

test('status belongs to whoever writes the subresource', () => {
  const stored = create('one', { ...base, status: { ready: 1 } });
  assert.equal(JSON.stringify(owned(stored, 'one')).includes('f:status'), false);
  const next = update('agent', stored, { ...base, status: { ready: 2 } }, { subresource: 'status', ignored: [['spec']] });
  const entry = next.metadata.managedFields!.find((one) => one.manager === 'agent')!;
  assert.deepEqual([entry.subresource, entry.fieldsV1], ['status', { 'f:status': { 'f:ready': {} } }]);
});

test('managed fields can be reset by an empty entry, and are kept when a client sends none', () => {
  const stored = create('one', base);
  const sent = { ...canonical(base), metadata: { ...canonical(base).metadata, managedFields: [{}] } } as KubeObject;
  assert.deepEqual(updateManagedFields(write('two'), stored, sent), []);
  assert.deepEqual(updateManagedFields(write('two'), stored, canonical(base)), stored.metadata.managedFields);
});

test('old updaters are merged beyond ten', () => {
  let object = create('m0', base);
  for (let i = 1; i <= 14; i += 1)
    object = update(
      `m${i}`,
      object,
      { ...base, metadata: { labels: { ...object.metadata.labels, [`l${i}`]: '1' } } },
      { time: `2026-01-01T00:01:${10 + i}Z` },
    );
  const managers = object.metadata.managedFields!.map((entry) => entry.manager);
  assert.equal(managers.length, 10);
  assert.ok(managers.includes('ancient-changes') && managers.includes('m14') && !managers.includes('m1'));
});

const applied = {
  metadata: { name: 'a', namespace: 'b', labels: { app: 'x' } },
  spec: { replicas: 1, parts: [{ name: 'p', image: 'i', ports: [{ number: 80 }] }] },
};

test('apply creates and owns exactly what was given', () => {
  const object = apply('me', applied);
  assert.deepEqual(object.metadata.managedFields, [
    {
      manager: 'me',
      operation: 'Apply',
      apiVersion: 't/v1',
      time: at(2),
      fieldsType: 'FieldsV1',
      fieldsV1: {
        'f:metadata': { 'f:labels': { 'f:app': {} } },
        'f:spec': {
          'f:parts': {
            'k:{"name":"p"}': {
              '.': {},
              'f:image': {},
              'f:name': {},
              'f:ports': { 'k:{"number":80,"protocol":"TCP"}': { '.': {}, 'f:number': {} } },
            },
          },
          'f:replicas': {},
        },
      },
    },
  ]);
  assert.deepEqual(apply('me', applied, object, { time: at(9) }), object);
});

test('apply removes what it no longer gives, unless somebody else owns it', () => {
  const first = apply('me', { ...applied, spec: { ...applied.spec, note: 'n', parts: [...applied.spec.parts, { name: 'q', image: 'j' }] } });
  const other = apply('other', { metadata: { name: 'a', namespace: 'b' }, spec: { parts: [{ name: 'q', image: 'j' }] } }, first);
  const next = apply('me', applied, other) as KubeObject & { spec: { note?: string; parts: { name: string }[] } };
  assert.equal(next.spec.note, undefined);
  assert.deepEqual(
    next.spec.parts.map((one) => one.name),
    ['p', 'q'],
  );
  const last = apply('other', { metadata: { name: 'a', namespace: 'b' } }, next) as typeof next;
  assert.deepEqual(
    last.spec.parts.map((one) => one.name),
    ['p'],
  );
  assert.equal(owned(last, 'other'), undefined);
});

test('apply does not take what others own, and says whose it is', () => {
  const stored = create('kubectl-edit', base);
  const wanted = { metadata: { name: 'a', namespace: 'b' }, spec: { replicas: 3, parts: [{ name: 'p', image: 'k' }] } };
  try {
    apply('me', wanted, stored);
    assert.fail('no conflict');
  } catch (error) {
    assert.ok(error instanceof StatusError);
    assert.equal(error.code, 409);
    assert.equal(error.reason, 'Conflict');
    assert.equal(
      error.message,
      'Apply failed with 2 conflicts: conflicts with "kubectl-edit" using t/v1:\n- .spec.replicas\n- .spec.parts[name="p"].image',
    );
    assert.deepEqual(error.details?.causes?.[0], {
      reason: 'FieldManagerConflict',
      message: 'conflict with "kubectl-edit" using t/v1',
      field: '.spec.replicas',
    });
  }
  assert.throws(() => apply('me', { ...wanted, spec: { replicas: 3 } }, stored), {
    message: 'Apply failed with 1 conflict: conflict with "kubectl-edit" using t/v1: .spec.replicas',
  });
  const forced = apply('me', wanted, stored, { force: true });
  assert.equal(JSON.stringify(owned(forced, 'kubectl-edit')).includes('f:replicas'), false);
  const agreed = apply('me', { metadata: { name: 'a', namespace: 'b' }, spec: { replicas: 1 } }, stored);
  assert.deepEqual(owned(agreed, 'me'), { 'f:spec': { 'f:replicas': {} } });
});

test('values are compared in canonical form, atomic parts as a whole', () => {
  const stored = create('one', { ...base, spec: { ...base.spec, nodes: { a: '1' }, parts: [{ name: 'p', probe: { limits: { cpu: '1' } } }] } });
  const same = apply(
    'me',
    { metadata: { name: 'a', namespace: 'b' }, spec: { nodes: { a: '1' }, parts: [{ name: 'p', probe: { limits: { cpu: '1000m' } } }] } },
    stored,
  );
  assert.deepEqual(owned(same, 'me'), {
    'f:spec': { 'f:nodes': {}, 'f:parts': { 'k:{"name":"p"}': { '.': {}, 'f:name': {}, 'f:probe': { 'f:limits': { 'f:cpu': {} } } } } },
  });
  assert.throws(
    () => apply('me', { metadata: { name: 'a', namespace: 'b' }, spec: { nodes: { a: '1', b: '2' } } }, stored),
    /1 conflict.*: \.spec\.nodes$/,
  );
});

test('what nobody tracked belongs to before-first-apply', () => {
  const object = apply('me', { metadata: { name: 'a', namespace: 'b' }, spec: { note: 'n' } }, canonical(base));
  assert.deepEqual(
    object.metadata.managedFields!.map((entry) => [entry.manager, entry.operation]),
    [
      ['me', 'Apply'],
      ['before-first-apply', 'Update'],
    ],
  );
});

test('kubectl takes over from its client-side apply', () => {
  const last = { ...head, metadata: { name: 'a', namespace: 'b' }, spec: { replicas: 1 } };
  const stored = create('kubectl-client-side-apply', {
    ...base,
    metadata: { ...base.metadata, annotations: { [LAST_APPLIED]: JSON.stringify(last) } },
  });
  const wanted = { metadata: { name: 'a', namespace: 'b' }, spec: { replicas: 5 } };
  assert.throws(() => apply('other', wanted, stored), /1 conflict/);
  const changed = update('other', stored, { spec: { ...base.spec, replicas: 3 } });
  assert.throws(
    () => apply('kubectl', wanted, changed),
    /conflict with "other".*: \.spec\.replicas$/,
    'what others have changed since is not forgiven',
  );
  const elsewhere = { ...stored, metadata: { ...stored.metadata, annotations: { [LAST_APPLIED]: JSON.stringify({ ...last, apiVersion: 't/v2' }) } } };
  assert.throws(() => apply('kubectl', wanted, elsewhere), /1 conflict/, 'nor what was applied in another version');
  const object = apply('kubectl', wanted, stored);
  assert.deepEqual(JSON.parse(object.metadata.annotations![LAST_APPLIED]!), {
    ...head,
    ...wanted,
    metadata: { ...wanted.metadata, annotations: {} },
  });
});

test('applied objects are checked against the type', () => {
  const meta = { metadata: { name: 'a', namespace: 'b' } };
  const failed = 'failed to create typed patch object (b/a; t/v1, Kind=Thing): ';
  assert.throws(() => apply('me', { ...meta, spec: { foo: 1 } }), { message: `${failed}.spec.foo: field not declared in schema` });
  assert.throws(() => apply('me', { ...meta, spec: { parts: [{ name: 'x' }, { name: 'x' }], bar: 1 } }), {
    message: `${failed}errors:\n  .spec.parts: duplicate entries for key [name="x"]\n  .spec.bar: field not declared in schema`,
  });
  assert.throws(
    () => apply('me', { ...meta, spec: { hosts: [{ note: 'x' }] } }),
    /\.spec\.hosts: element 0: associative list with keys has an element that omits all key fields \["host"\] \(and doesn't have default values for any key fields\)/,
  );
  const nameless = apply('me', { ...meta, spec: { parts: [{ image: 'x' }] } });
  assert.deepEqual(
    owned(nameless, 'me'),
    { 'f:spec': { 'f:parts': { 'k:{"name":""}': { '.': {}, 'f:image': {} } } } },
    'a key that Go always writes counts as its zero value',
  );
  assert.throws(() => apply('me', { metadata: { ...meta.metadata, managedFields: [] } }), { message: 'metadata.managedFields must be nil' });
  assert.throws(() => apply('me', { ...meta, spec: { replicas: 'x' } }), /cannot unmarshal string/);
});

test('what is embedded is owned member by member, however deep', () => {
  const thing = apply('me', { metadata: { name: 'a' }, spec: { raw: { a: { b: 1, c: { d: [{}] } } } } });
  const fields = { 'f:spec': { 'f:raw': { 'f:a': { '.': {}, 'f:b': {}, 'f:c': { '.': {}, 'f:d': {} } } } } };
  assert.deepEqual(owned(thing, 'me'), fields);
  const changed = canonical({ metadata: { name: 'a' }, spec: { raw: { a: { b: 2, c: { d: [{}] } } } } });
  const entries = updateManagedFields(write('other'), thing, withEntries(changed, thing.metadata.managedFields!));
  assert.deepEqual(entries.find(({ manager }) => manager === 'other')?.fieldsV1, { 'f:spec': { 'f:raw': { 'f:a': { 'f:b': {} } } } });
});

test('a manager that owns an empty struct keeps it when another empties it, and names stay although nobody owns them', () => {
  const first = apply('one', { metadata: { name: 'a' }, spec: { holder: {} } });
  const both = apply('two', { metadata: { name: 'a', labels: { a: 'b' } }, spec: { holder: { name: 'x' } } }, first);
  const emptied = apply('two', { metadata: { name: 'a' } }, both);
  assert.deepEqual(owned(emptied, 'one'), { 'f:spec': { 'f:holder': {} } });
  assert.equal(emptied.metadata.name, 'a');
  assert.equal(owned(emptied, 'two'), undefined);
});

test('items of a keyed list keep the order of the applied list, others their place', () => {
  const names = (live: string[], given: string[]): string[] =>
    (
      mergeObjects(shape, { spec: { parts: live.map((name) => ({ name })) } }, { spec: { parts: given.map((name) => ({ name })) } }) as unknown as {
        spec: { parts: { name: string }[] };
      }
    ).spec.parts.map((one) => one.name);
  assert.deepEqual(names(['a', 'b', 'c'], ['b', 'd']), ['a', 'b', 'c', 'd']);
  assert.deepEqual(names(['a', 'b', 'c'], ['c', 'a']), ['b', 'c', 'a']);
  assert.deepEqual(names([], ['b', 'a']), ['b', 'a']);
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f')),
      fc.uniqueArray(fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f')),
      (live, given) => {
        const merged = names(live, given);
        assert.deepEqual(
          merged.filter((one) => given.includes(one)),
          given,
        );
        assert.deepEqual(new Set(merged), new Set([...live, ...given]));
        assert.equal(merged.length, new Set(merged).size);
        assert.deepEqual(
          merged.filter((one) => !given.includes(one)),
          live.filter((one) => !given.includes(one)),
        );
      },
    ),
  );
});

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:1');
const paths = fc.array(fc.array(element, { minLength: 1, maxLength: 3 }), { maxLength: 8 });
const build = (all: readonly (readonly string[])[]): FieldTree =>
  all.reduce<FieldTree>(
    (tree, path) =>
      union(
        tree,
        path.reduceRight<FieldTree>((node, one) => ({ [one]: node }), {}),
      ),
    {},
  );
const keys = (tree: FieldTree): Set<string> => new Set(pathsOf(tree).map((path) => path.join('/')));

test('sets of fields behave as sets of paths', () => {
  fc.assert(
    fc.property(paths, paths, (left, right) => {
      const a = build(left);
      const b = build(right);
      const ka = new Set(left.map((path) => path.join('/')));
      const kb = new Set(right.map((path) => path.join('/')));
      assert.deepEqual(keys(a), ka);
      assert.deepEqual(keys(union(a, b)), ka.union(kb));
      assert.deepEqual(keys(difference(a, b)), ka.difference(kb));
      assert.deepEqual(keys(intersection(a, b)), ka.intersection(kb));
      const below = (path: string): boolean => [...kb].some((one) => path === one || path.startsWith(`${one}/`));
      assert.deepEqual(keys(recursiveDifference(a, b)), new Set([...ka].filter((path) => !below(path))));
      assert.equal(isEmptyTree(difference(a, a)), true);
      assert.deepEqual(JSON.stringify(union(a, b)), JSON.stringify(union(b, a)));
    }),
  );
});

const label = fc.dictionary(fc.constantFrom('p', 'q', 'r'), fc.constantFrom('1', '2'), { noNullPrototype: true });
const anySpec = fc.record(
  {
    replicas: fc.integer({ min: 0, max: 3 }),
    note: fc.constantFrom('x', 'y'),
    nodes: label,
    parts: fc.uniqueArray(
      fc.record(
        { name: fc.constantFrom('a', 'b'), image: fc.constantFrom('i', 'j'), probe: fc.record({ path: fc.constantFrom('/', '/x') }) },
        { requiredKeys: ['name'], noNullPrototype: true },
      ),
      { selector: (one) => one.name },
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const body = (value: object, labels: object): object => ({ metadata: { name: 'a', namespace: 'b', labels }, spec: value });

test('a forced apply sets what it gives, applying again changes nothing, applying nothing gives it back', () => {
  fc.assert(
    fc.property(anySpec, label, anySpec, label, (before, labelsBefore, given, labels) => {
      const stored = create('other', body(before, labelsBefore));
      const once = apply('me', body(given, labels), stored, { force: true });
      const missing = compareObjects(
        shape,
        mergeObjects(shape, once as unknown as JsonObject, { ...head, ...body(given, labels) } as JsonObject),
        once as unknown as JsonObject,
      );
      assert.deepEqual([missing.added, missing.modified], [{}, {}]);
      assert.equal(JSON.stringify(apply('me', body(given, labels), once, { time: at(9) })), JSON.stringify(once));
      const none = apply('me', { metadata: { name: 'a', namespace: 'b' } }, once, { force: true });
      assert.equal(owned(none, 'me'), undefined);
      for (const entry of none.metadata.managedFields ?? []) {
        const has = treeOf(shape, none as unknown as JsonObject);
        const claimed = entry.fieldsV1 as FieldTree;
        for (const path of pathsOf(claimed)) if (path.at(-1)!.startsWith('k:')) assert.ok(keys(has).has(path.join('/')), path.join('/'));
      }
      assert.deepEqual(writeEntries(readEntries(once.metadata.managedFields)), once.metadata.managedFields);
    }),
    { numRuns: 300 },
  );
});
