/**
 * Every stored kind through the whole server: each form of reply, each kind of patch, status, deletion.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parse } from 'yaml';
import { openTestServer, type TestReply, type TestServer } from '#apiserver/testing/test-server.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { samples } from '#kinds/testing/samples.ts';
import { groupVersionText, type Kind, resourcePath } from '#machinery/kind.ts';
import { decodeEnvelope } from '#machinery/protobuf/protobuf.ts';

interface Shown {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly resourceVersion: string; readonly labels?: Record<string, string>; readonly managedFields: readonly { manager: string; subresource?: string; operation: string }[] };
  readonly status?: object;
}

let server: TestServer;
before(async () => {
  server = await openTestServer({ security: { staticTokens: [{ token: 'root', user: { name: 'root', groups: ['system:masters'] } }] } });
  await send('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
});
after(() => server[Symbol.asyncDispose]());

const send = (method: string, path: string, body?: unknown, type = 'application/json'): Promise<TestReply> =>
  server.ask(path, { token: 'root', method, ...(body === undefined ? {} : { body, headers: { 'content-type': type } }) });
const read = (path: string, accept: string): Promise<TestReply> => server.ask(path, { token: 'root', headers: { accept } });
const ok = (reply: TestReply): Shown => {
  assert.ok(reply.code < 300, reply.text);
  return reply.json<Shown>();
};

/** A manifest under a name of its own where the kind does not dictate one. */
function manifestOf(kind: Kind): Record<string, unknown> {
  const sample = samples.get(`${groupVersionText(kind)} ${kind.kind}`)!;
  const { clusterIP: _, clusterIPs: __, ...spec } = (sample['spec'] ?? {}) as Record<string, unknown>;
  return {
    metadata: { name: `every-${kind.version}-${kind.plural}` },
    ...sample,
    ...(sample['spec'] === undefined ? {} : { spec }),
    kind: kind.kind,
    apiVersion: groupVersionText(kind),
  };
}

const stored = builtinKinds.filter((kind) => !kind.virtual && kind.verbs.includes('create') && samples.has(`${groupVersionText(kind)} ${kind.kind}`));

for (const kind of stored) {
  describe(`${groupVersionText(kind)} ${kind.plural}`, () => {
    const collection = resourcePath(kind, kind.namespaced ? 'default' : '');
    const manifest = manifestOf(kind);
    const { name } = manifest['metadata'] as { name: string };
    const path = `${collection}/${name}`;

    test('is created and read in every form', async () => {
      let made = ok(await send('POST', `${collection}?fieldManager=maker&fieldValidation=Strict`, manifest));
      // The server says at once in the status whether the priority level exists.
      while (kind.kind === 'FlowSchema' && !JSON.stringify(made).includes('"Dangling"')) made = ok(await read(path, 'application/json'));
      const json = ok(await read(path, 'application/json'));
      assert.deepEqual(json, made);
      assert.deepEqual(parse((await read(path, 'application/yaml')).text), json);
      const bytes = await server.askBytes(path, { token: 'root', headers: { accept: 'application/vnd.kubernetes.protobuf' } });
      assert.deepEqual(JSON.parse(JSON.stringify(decodeEnvelope(kind.schema, bytes))), json);
      const table = (await read(path, 'application/json;as=Table;v=v1;g=meta.k8s.io')).json<{ columnDefinitions: { name: string }[]; rows: { cells: unknown[]; object: Shown }[] }>();
      assert.equal(table.rows[0]!.cells.length, table.columnDefinitions.length);
      assert.equal(table.rows[0]!.object.metadata.name, name);
      const partial = ok(await read(path, 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'));
      assert.deepEqual(partial, { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: json.metadata });
    });

    test('is listed and watched', async () => {
      const selector = `fieldSelector=metadata.name%3D${encodeURIComponent(name)}`;
      const { items } = (await read(`${collection}?${selector}`, 'application/json')).json<{ items: Shown[] }>();
      assert.deepEqual(items.map((one) => one.metadata.name), [name]);
      const query = `${selector}&watch=1&timeoutSeconds=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`;
      const forms = [
        ['application/json', kind.kind],
        ['application/json;as=Table;v=v1;g=meta.k8s.io', 'Table'],
        ['application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io', 'PartialObjectMetadata'],
      ] as const;
      for (const [accept, shown] of forms) {
        const events = await server.events(`${collection}?${query}`, { token: 'root', headers: { accept } }, 2);
        assert.deepEqual(
          events.map((line) => JSON.parse(line) as { type: string; object: Shown }).map(({ type, object }) => [type, object.kind]),
          [
            ['ADDED', shown],
            ['BOOKMARK', shown],
          ],
        );
      }
    });

    test('is patched in every way', async () => {
      const label = (value: string) => ({ metadata: { labels: { patched: value } } });
      const labels = async (reply: Promise<TestReply>): Promise<string | undefined> => ok(await reply).metadata.labels?.['patched'];
      assert.equal(await labels(send('PATCH', path, label('merge'), 'application/merge-patch+json')), 'merge');
      assert.equal(await labels(send('PATCH', path, label('strategic'), 'application/strategic-merge-patch+json')), 'strategic');
      assert.equal(await labels(send('PATCH', path, [{ op: 'replace', path: '/metadata/labels/patched', value: 'json' }], 'application/json-patch+json')), 'json');
      const applied = { kind: kind.kind, apiVersion: groupVersionText(kind), metadata: { name, labels: { applied: 'yes' } } };
      const { metadata } = ok(await send('PATCH', `${path}?fieldManager=applier`, applied, 'application/apply-patch+yaml'));
      assert.equal(metadata.labels?.['applied'], 'yes');
      assert.ok(metadata.managedFields.some(({ manager, operation }) => manager === 'applier' && operation === 'Apply'));
      const dropped = ok(await send('PATCH', `${path}?fieldManager=applier`, { ...applied, metadata: { name } }, 'application/apply-patch+yaml'));
      const { patched, applied: left } = dropped.metadata.labels!;
      assert.deepEqual([patched, left], ['json', undefined], 'what is no longer declared goes');
      const put = ok(await send('PUT', `${path}?dryRun=All`, { ...dropped, metadata: { ...dropped.metadata, labels: {} } }));
      assert.equal(put.metadata.labels?.['patched'], undefined);
      assert.deepEqual(ok(await read(path, 'application/json')), dropped, 'a dry run leaves everything as it is');
    });

    if (kind.subresources['status']?.update) {
      test('has a status that is applied and updated apart', async () => {
        const applied = { kind: kind.kind, apiVersion: groupVersionText(kind), metadata: { name }, status: {} };
        ok(await send('PATCH', `${path}/status?fieldManager=status-applier`, applied, 'application/apply-patch+yaml'));
        const current = ok(await read(`${path}/status`, 'application/json'));
        assert.deepEqual(ok(await send('PUT', `${path}/status`, current)).status, current.status);
        assert.deepEqual(ok(await send('PATCH', `${path}/status`, { status: {} }, 'application/merge-patch+json')).status, current.status);
      });
    }

    test('refuses what another kind is, an unknown field and an old resource version', async () => {
      const strict = await send('POST', `${collection}?fieldValidation=Strict`, { ...manifest, nonsense: 1 });
      assert.equal(strict.code, 400, strict.text);
      assert.match(strict.json().message, /strict decoding error: unknown field "nonsense"/);
      const other = await send('POST', collection, { ...manifest, kind: 'Nonsense' });
      assert.equal(other.code, 400, other.text);
      const current = ok(await read(path, 'application/json'));
      const old = await send('PUT', path, { ...current, metadata: { ...current.metadata, resourceVersion: '1' } });
      assert.equal(old.code, 409, old.text);
      assert.equal((await send('PUT', `${collection}/another`, current)).code, 400);
    });

    test('is deleted', async () => {
      const { code, text } = await send('DELETE', `${path}?gracePeriodSeconds=0`);
      assert.ok(code === 200 || code === 202, text);
    });
  });
}
