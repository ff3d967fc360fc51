import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#base/random.ts';
import { CONFIG_MAPS, configMap, type ConfigMapJson, type ListJson } from '../testing/config-maps.ts';
import { openTestRegistry } from '../testing/open-registry.ts';
import { isReason, StatusError } from '#machinery/status.ts';

const failing = (code: number, message: string | RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error));
  if (typeof message === 'string') assert.equal(error.message, message);
  else assert.match(error.message, message);
  assert.equal(error.code, code);
  return true;
};

test('create, get, list, update, delete', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const created = await caller.do<ConfigMapJson>('POST', CONFIG_MAPS, { body: configMap('a', { x: '1' }) });
  assert.equal(created.metadata.namespace, 'default');
  assert.match(created.metadata.uid, /^[0-9a-f-]{36}$/);
  assert.equal(created.metadata.resourceVersion, '1');
  assert.deepEqual(Object.keys(created), ['kind', 'apiVersion', 'metadata', 'data']);
  assert.deepEqual(await caller.do('GET', `${CONFIG_MAPS}/a`), created);
  const list = await caller.do<ListJson>('GET', CONFIG_MAPS);
  assert.deepEqual(list.items, [created]);
  assert.equal(list.metadata.resourceVersion, '1');
  const updated = await caller.do<ConfigMapJson>('PUT', `${CONFIG_MAPS}/a`, { body: { ...created, data: { x: '2' } } });
  assert.equal(updated.metadata.resourceVersion, '2');
  assert.deepEqual(updated.data, { x: '2' });
  await assert.rejects(caller.do('PUT', `${CONFIG_MAPS}/a`, { body: created }), (error) => isReason(error, 'Conflict'));
  const same = await caller.do<ConfigMapJson>('PUT', `${CONFIG_MAPS}/a`, { body: updated });
  assert.equal(same.metadata.resourceVersion, '2', 'an update that changes nothing is not written');
  const status = await caller.do<{ status: string; details: object }>('DELETE', `${CONFIG_MAPS}/a`);
  assert.equal(status.status, 'Success');
  assert.deepEqual(status.details, { name: 'a', kind: 'configmaps', uid: created.metadata.uid });
  await assert.rejects(caller.do('GET', `${CONFIG_MAPS}/a`), { message: 'configmaps "a" not found' });
});

test('an object that is replaced or patched need not name its namespace', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await caller.do('POST', CONFIG_MAPS, { body: configMap('a') });
  const replaced = await caller.do<ConfigMapJson>('PUT', `${CONFIG_MAPS}/a`, { body: { metadata: { name: 'a' }, data: { x: '2' } } });
  assert.deepEqual([replaced.metadata.namespace, replaced.data], ['default', { x: '2' }]);
  const patched = await caller.do<ConfigMapJson>('PATCH', `${CONFIG_MAPS}/a`, { mediaType: 'application/merge-patch+json', body: { metadata: { namespace: null }, data: { x: '3' } } });
  assert.deepEqual([patched.metadata.namespace, patched.data], ['default', { x: '3' }]);
});

test('what a create is refused for', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await caller.do('POST', CONFIG_MAPS, { body: configMap('a') });
  const post = (body: unknown) => caller.do('POST', CONFIG_MAPS, { body });
  await assert.rejects(post(configMap('a')), failing(409, 'configmaps "a" already exists'));
  await assert.rejects(post(configMap('')), failing(422, 'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required'));
  await assert.rejects(
    post(configMap('A_')),
    failing(422, /^ConfigMap "A_" is invalid: metadata.name: Invalid value: "A_": a lowercase RFC 1123 subdomain must/),
  );
  await assert.rejects(
    post(configMap('b', {}, { namespace: 'other' })),
    failing(400, 'the namespace of the provided object does not match the namespace sent on the request'),
  );
  await assert.rejects(
    post(configMap('b', {}, { resourceVersion: '7' })),
    failing(400, 'resourceVersion should not be set on objects to be created'),
  );
  await assert.rejects(post('{"kind": nope}'), failing(400, /json parse error: invalid character 'o' in literal null \(expecting 'u'\)/));
  await assert.rejects(
    post({ kind: 'Secret', apiVersion: 'v1', metadata: { name: 'b' } }),
    failing(400, /^Secret in version "v1" cannot be handled as a ConfigMap: /),
  );
  await assert.rejects(
    post({ kind: 'ConfigMap', apiVersion: 'v2', metadata: { name: 'b' } }),
    failing(400, 'the API version in the data (v2) does not match the expected API version (v1)'),
  );
  await assert.rejects(
    caller.do('POST', CONFIG_MAPS, { body: 'x', mediaType: 'text/plain' }),
    failing(415, /^the body of the request was in an unknown format - accepted media types include: application\/json, application\/yaml/),
  );
  await assert.rejects(
    caller.do('POST', '/api/v1/configmaps', { body: configMap('b') }),
    failing(405, 'the server does not allow this method on the requested resource'),
  );
  await assert.rejects(caller.do('GET', '/api/v1/namespaces/default/nonsense'), failing(404, 'the server could not find the requested resource'));
});

test('paths that have no such method', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const refused = { code: 405, message: 'the server does not allow this method on the requested resource' };
  await assert.rejects(caller.do('POST', `${CONFIG_MAPS}/a`, { body: configMap('a') }), refused);
  await assert.rejects(caller.do('PUT', CONFIG_MAPS, { body: configMap('a') }), refused);
  await assert.rejects(caller.do('DELETE', '/api/v1/configmaps'), refused);
  await assert.rejects(caller.do('DELETE', '/api/v1/namespaces'), refused);
});

test('generated names are tried again', async () => {
  await using server = await openTestRegistry();
  const made = await Promise.all(
    Array.from({ length: 20 }, () => server.caller.do<ConfigMapJson>('POST', CONFIG_MAPS, { body: { metadata: { generateName: 'web-' } } })),
  );
  for (const { metadata } of made) assert.match(metadata.name, /^web-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  assert.equal(new Set(made.map(({ metadata }) => metadata.name)).size, 20);
});

test('a name that another request under way got too is generated anew', async () => {
  const later = seededRandom(1);
  let unlucky = 10;
  const random = { ...later, int: (bound: number) => (unlucky-- > 0 ? 0 : later.int(bound)) };
  await using server = await openTestRegistry({ random });
  const create = (): Promise<ConfigMapJson> => server.caller.do<ConfigMapJson>('POST', CONFIG_MAPS, { body: { metadata: { generateName: 'web-' } } });
  const [first, second] = await Promise.all([create(), create()]);
  assert.equal(first.metadata.name, 'web-bbbbb');
  assert.notEqual(second.metadata.name, 'web-bbbbb');
});

test('strategies see a generated name', async () => {
  await using server = await openTestRegistry();
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } };
  const body = { apiVersion: 'batch/v1', kind: 'Job', metadata: { generateName: 'job-' }, spec: { template } };
  const job = await server.caller.do<{ metadata: { name: string }; spec: { template: { metadata: { labels: Record<string, string> } } } }>('POST', '/apis/batch/v1/namespaces/default/jobs', { body });
  assert.equal(job.spec.template.metadata.labels['batch.kubernetes.io/job-name'], job.metadata.name);
});

test('dry runs change nothing', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const dry = await caller.do<ConfigMapJson>('POST', `${CONFIG_MAPS}?dryRun=All`, { body: configMap('a') });
  assert.equal(dry.metadata.name, 'a');
  assert.equal(dry.metadata.resourceVersion, undefined);
  await assert.rejects(caller.do('GET', `${CONFIG_MAPS}/a`), failing(404, /not found/));
  const created = await caller.do<ConfigMapJson>('POST', CONFIG_MAPS, { body: configMap('a') });
  const patched = await caller.do<ConfigMapJson>('PATCH', `${CONFIG_MAPS}/a?dryRun=All`, {
    body: { data: { x: '1' } },
    mediaType: 'application/merge-patch+json',
  });
  assert.deepEqual(patched.data, { x: '1' });
  await caller.do('DELETE', `${CONFIG_MAPS}/a?dryRun=All`);
  assert.deepEqual(await caller.do('GET', `${CONFIG_MAPS}/a`), created);
  await assert.rejects(caller.do('POST', `${CONFIG_MAPS}?dryRun=Some`, { body: configMap('b') }), failing(422, /dryRun: Unsupported value/));
});

test('unknown fields are warned of, refused or dropped', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const body = '{"metadata":{"name":"a"},"data":{"x":"1"},"dta":{},"data":{"x":"2"}}';
  await assert.rejects(
    caller.do('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, { body }),
    failing(400, /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta", duplicate field "data"$/),
  );
  assert.deepEqual(caller.warnings, []);
  await caller.do('POST', CONFIG_MAPS, { body });
  assert.deepEqual(caller.warnings, ['unknown field "dta"', 'duplicate field "data"']);
});

test('patches with unknown fields are refused as a whole', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await caller.do('POST', CONFIG_MAPS, { body: configMap('a', { x: '1' }) });
  const patch = (mediaType: string, body: unknown) => caller.do('PATCH', `${CONFIG_MAPS}/a?fieldValidation=Strict`, { body, mediaType });
  await assert.rejects(
    patch('application/strategic-merge-patch+json', { dta: { b: ['c', 1, null], a: true } }),
    failing(422, /^ "" is invalid: patch: Invalid value: "map\[dta:map\[a:true b:\[c 1 <nil>\]\]\]": strict decoding error: unknown field "dta"$/),
  );
  await assert.rejects(
    patch('application/merge-patch+json', { dta: {} }),
    failing(422, /^ "" is invalid: patch: Invalid value: "\{.*\\"dta\\":\{\}.*": strict decoding error: unknown field "dta"$/),
  );
});

test('patches of all types', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  await caller.do('POST', CONFIG_MAPS, { body: configMap('a', { x: '1', y: '1' }) });
  const patch = (mediaType: string, body: unknown) => caller.do<ConfigMapJson>('PATCH', `${CONFIG_MAPS}/a`, { body, mediaType });
  assert.deepEqual((await patch('application/merge-patch+json', { data: { x: '2', y: null } })).data, { x: '2' });
  assert.deepEqual((await patch('application/json-patch+json', [{ op: 'add', path: '/data/z', value: '3' }])).data, { x: '2', z: '3' });
  assert.deepEqual((await patch('application/strategic-merge-patch+json', { data: { $patch: 'replace', q: '4' } })).data, { q: '4' });
  await assert.rejects(patch('application/json', {}), failing(415, /application\/apply-patch\+yaml/));
  await assert.rejects(
    patch('application/merge-patch+json', { metadata: { name: 'b' } }),
    failing(400, 'the name of the object (b) does not match the name on the URL (a)'),
  );
  await assert.rejects(patch('application/merge-patch+json', { metadata: { resourceVersion: '1' } }), failing(409, /the object has been modified/));
  const merged = await Promise.all(Array.from({ length: 4 }, (_, i) => patch('application/merge-patch+json', { data: { [`k${i}`]: 'v' } })));
  assert.equal(merged.length, 4);
  assert.equal(Object.keys((await caller.do<ConfigMapJson>('GET', `${CONFIG_MAPS}/a`)).data!).length, 5);
});

test('finalizers and propagation policies hold a deletion', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const created = await caller.do<ConfigMapJson>('POST', CONFIG_MAPS, { body: configMap('a', {}, { finalizers: ['example.com/x'] }) });
  const deleting = await caller.do<ConfigMapJson>('DELETE', `${CONFIG_MAPS}/a?propagationPolicy=Foreground`);
  assert.ok(deleting.metadata.deletionTimestamp);
  assert.equal(deleting.metadata.deletionGracePeriodSeconds, 0);
  assert.deepEqual(deleting.metadata.finalizers, ['example.com/x', 'foregroundDeletion']);
  const again = await caller.do<ConfigMapJson>('DELETE', `${CONFIG_MAPS}/a`);
  assert.equal(again.metadata.resourceVersion, deleting.metadata.resourceVersion);
  await assert.rejects(
    caller.do('POST', CONFIG_MAPS, { body: configMap('a') }),
    failing(409, 'object is being deleted: configmaps "a" already exists'),
  );
  const add = { metadata: { finalizers: ['example.com/y', 'example.com/x'] } };
  await assert.rejects(
    caller.do('PATCH', `${CONFIG_MAPS}/a`, { body: add, mediaType: 'application/merge-patch+json' }),
    failing(422, /no new finalizers can be added/),
  );
  await caller.do('PATCH', `${CONFIG_MAPS}/a`, { body: { metadata: { finalizers: null } }, mediaType: 'application/merge-patch+json' });
  await assert.rejects(caller.do('GET', `${CONFIG_MAPS}/a`), failing(404, /not found/));
  assert.notEqual(created.metadata.uid, '');
});

test('preconditions of deletions', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  const { metadata } = await caller.do<ConfigMapJson>('POST', CONFIG_MAPS, { body: configMap('a') });
  const remove = (preconditions: object) =>
    caller.do('DELETE', `${CONFIG_MAPS}/a`, { body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions } });
  await assert.rejects(remove({ uid: 'other' }), failing(409, /Precondition failed: UID in precondition: other, UID in object meta: /));
  await assert.rejects(
    remove({ resourceVersion: '9' }),
    failing(409, /Precondition failed: ResourceVersion in precondition: 9, ResourceVersion in object meta: 1$/),
  );
  await remove({ uid: metadata.uid, resourceVersion: metadata.resourceVersion });
  await assert.rejects(caller.do('DELETE', `${CONFIG_MAPS}/a`), failing(404, 'configmaps "a" not found'));
  await assert.rejects(caller.do('DELETE', `${CONFIG_MAPS}/a?propagationPolicy=Foo`), failing(422, /propagationPolicy: Unsupported value: "Foo"/));
});

test('a collection is deleted by selector', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  for (let i = 0; i < 40; i++) await caller.do('POST', CONFIG_MAPS, { body: configMap(`c${i}`, {}, { labels: { odd: String(i % 2) } }) });
  const deleted = await caller.do<ListJson>('DELETE', `${CONFIG_MAPS}?labelSelector=odd%3D1`);
  assert.equal(deleted.items.length, 20);
  const left = await caller.do<ListJson>('GET', CONFIG_MAPS);
  assert.ok(left.items.every(({ metadata }) => metadata.labels!['odd'] === '0'));
  assert.equal(left.items.length, 20);
});

test('a namespace goes when its finalizers are gone', async () => {
  await using server = await openTestRegistry();
  const { caller } = server;
  interface Namespace {
    metadata: ConfigMapJson['metadata'];
    spec: { finalizers?: string[] };
    status: { phase: string };
  }
  const created = await caller.do<Namespace>('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } });
  assert.deepEqual(created.spec.finalizers, ['kubernetes']);
  const terminating = await caller.do<Namespace>('DELETE', '/api/v1/namespaces/n');
  assert.equal(terminating.status.phase, 'Terminating');
  assert.ok(terminating.metadata.deletionTimestamp);
  await caller.do('PUT', '/api/v1/namespaces/n/finalize', { body: { ...terminating, spec: { finalizers: [] } } });
  await assert.rejects(caller.do('GET', '/api/v1/namespaces/n'), failing(404, 'namespaces "n" not found'));
});
