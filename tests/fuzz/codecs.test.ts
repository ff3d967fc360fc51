/**
 * Every parser of what clients send, given nearly valid input: it refuses in words or reads, and what it reads it writes again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { compile } from '#machinery/cel/compile.ts';
import { withVariables } from '#machinery/cel/environment.ts';
import { KUBERNETES } from '#machinery/cel/kubernetes.ts';
import { MACROS_WITH_BIND } from '#machinery/cel/macros.ts';
import { DYN, mapOf, STRING } from '#machinery/cel/types.ts';
import { CelError } from '#machinery/cel/values.ts';
import { decodeObject } from '#machinery/decode.ts';
import { duplicateFields } from '#machinery/duplicate-fields.ts';
import { compileFieldSelector, fieldSelectorText, parseFieldSelector } from '#machinery/field-selectors.ts';
import { parseJson } from '#machinery/json-text.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { applyJsonPatch } from '#machinery/patch/json-patch.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#machinery/patch/json-value.ts';
import { applyMergePatch } from '#machinery/patch/merge-patch.ts';
import { applyStrategicMergePatch } from '#machinery/patch/strategic-merge.ts';
import { decodeEnvelope, encodeEnvelope } from '#machinery/protobuf/protobuf.ts';
import { canonicalQuantity, compareQuantities } from '#machinery/quantity.ts';
import { parseLabelSelector } from '#machinery/selectors.ts';
import { StatusError } from '#machinery/status.ts';
import { arbitraryMessage } from '#machinery/testing/arbitrary.ts';
import { decodeYaml, duplicateYamlKeys, encodeYaml } from '#machinery/yaml.ts';
import { mutatedBytes, mutatedText, promptly, timeBox } from './mutations.ts';

const REFUSALS = [400, 413, 415, 422];

/** What `read` answers, or undefined when it refuses as it may: a Status or a plain error that says why; a TypeError or RangeError is a fault of ours. */
function readOrRefused<T>(read: () => T): T | undefined {
  try {
    return promptly(read);
  } catch (error) {
    if (error instanceof Error && error.constructor === Error && error.message !== '' && !error.message.startsWith('one input took')) return undefined;
    if (!(error instanceof StatusError)) throw error;
    const status = error.toStatus();
    // What upstream does not classify either has no reason.
    assert.ok(REFUSALS.includes(status.code!) || status.reason === undefined, `${status.code} ${status.message}`);
    assert.ok(status.message);
    JSON.stringify(status);
    return undefined;
  }
}

/** Whatever is read as JSON decodes as a Pod in every mode or is refused; canonical objects stay as they are. */
function decodes(value: unknown): void {
  for (const mode of ['strict', 'warn', 'ignore'] as const) {
    const decoded = readOrRefused(() => decodeObject<KubeObject>(pods.schema, value, { mode }));
    if (decoded === undefined) continue;
    const text = JSON.stringify(decoded.object);
    assert.equal(JSON.stringify(decodeObject(pods.schema, JSON.parse(text), { mode: 'ignore' }).object), text);
  }
}

const pod: JsonObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', labels: { app: 'a', tier: 'b' }, finalizers: ['x/y', 'x/z'], ownerReferences: [{ uid: '1', name: 'o', kind: 'K', apiVersion: 'v1' }] },
  spec: {
    containers: [
      { name: 'a', image: 'i', env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80, protocol: 'TCP' }], resources: { limits: { cpu: '1500m', memory: '64Mi' } } },
      { name: 'b', image: 'j', command: ['sh', '-c', 'true'] },
    ],
    volumes: [{ name: 'v', emptyDir: {} }],
    tolerations: [{ key: 'k', operator: 'Exists' }],
  },
};

const samples = fc.oneof(fc.constant(pod), arbitraryMessage(pods.schema, 0.2), arbitraryMessage(deployments.schema, 0.2));

test('JSON', (t) => {
  fc.assert(
    fc.property(mutatedText(samples.map((value) => JSON.stringify(value))), (text) => {
      let native: { readonly value: unknown } | undefined;
      try {
        native = { value: JSON.parse(text) as unknown };
      } catch {
        native = undefined;
      }
      const read = readOrRefused(() => ({ value: parseJson(text) }));
      assert.deepEqual(read, native);
      if (!read) return;
      readOrRefused(() => duplicateFields(text));
      decodes(read.value);
    }),
    timeBox((line) => t.diagnostic(line)),
  );
});

test('YAML', (t) => {
  fc.assert(
    fc.property(mutatedText(samples.map((value) => encodeYaml(value))), (text) => {
      const read = readOrRefused(() => ({ value: decodeYaml(text) }));
      if (!read) return;
      readOrRefused(() => duplicateYamlKeys(text));
      // Aliases must not make much of little.
      assert.ok((JSON.stringify(read.value) ?? '').length < 1_000_000 + 100 * text.length);
      // As JSON, which has no negative zero.
      const document = JSON.parse(JSON.stringify({ document: read.value })) as unknown;
      assert.deepEqual(decodeYaml(encodeYaml(document)), document);
      decodes(read.value);
    }),
    timeBox((line) => t.diagnostic(line)),
  );
});

test('protobuf', (t) => {
  const encoded = samples.map((value) => encodeEnvelope(pods.schema, { ...(decodeObject<KubeObject>(pods.schema, { ...value, apiVersion: 'v1', kind: 'Pod', spec: pod['spec'] }, { mode: 'ignore' }).object) }));
  fc.assert(
    fc.property(mutatedBytes(encoded), (bytes) => {
      const object = readOrRefused(() => decodeEnvelope<KubeObject>(pods.schema, bytes));
      if (object === undefined) return;
      const again = encodeEnvelope(pods.schema, object);
      assert.equal(JSON.stringify(decodeEnvelope(pods.schema, again)), JSON.stringify(object));
    }),
    timeBox((line) => t.diagnostic(line)),
  );
});

const LABEL_SELECTORS = ['a=b', 'a==b,c!=d', 'a in (b,c),d notin (e,f)', 'a,!b', 'x/y in (),z', 'n>1,m<-5', 'example.com/a = b , c'];
const FIELD_SELECTORS = ['metadata.name=a', 'metadata.name==a,metadata.namespace!=b', 'status.phase=Running,spec.nodeName=', 'a=b\\,c\\=d\\\\'];

test('selectors', (t) => {
  const labels = { a: 'b', c: 'd', n: '7' };
  fc.assert(
    fc.property(mutatedText(fc.constantFrom(...LABEL_SELECTORS)), mutatedText(fc.constantFrom(...FIELD_SELECTORS)), (labelText, fieldText) => {
      const selector = readOrRefused(() => parseLabelSelector(labelText));
      if (selector) {
        const again = parseLabelSelector(String(selector));
        assert.equal(String(again), String(selector));
        assert.equal(again.matches(labels), selector.matches(labels));
      }
      const fields = readOrRefused(() => parseFieldSelector(fieldText));
      if (fields) assert.deepEqual(parseFieldSelector(fieldSelectorText(fields)), fields);
      readOrRefused(() => compileFieldSelector(pods, fieldText));
    }),
    timeBox((line) => t.diagnostic(line)),
  );
});

const EXPRESSIONS = [
  "device.driver == 'gpu.example.com' && device.attributes['gpu.example.com'].memory > 40",
  "object.spec.containers.all(c, c.image.startsWith('r/') || has(c.x)) ? 'a' : object.?spec[?0].orValue('b')",
  "cel.bind(a, [1, 2u, 1.5, b'x'], {'k': a}.transformMap(k, v, v.map(i, i + 1)))",
  'r"a\\d".matches("^(a|b)*$") && !(-9223372036854775808 in [1]) // note',
  "timestamp('2026-01-02T03:04:05Z') + duration('1h').getHours() == quantity('1Gi').sub(1)",
  "'%s %d'.format([object, 1]).split(' ').join('') + ip('::1').family()",
];

test('expressions', (t) => {
  const environment = withVariables(KUBERNETES, { object: DYN, device: mapOf(STRING, DYN) }, { macros: MACROS_WITH_BIND });
  const bindings = { object: pod, device: { driver: 'gpu.example.com', attributes: {} } };
  fc.assert(
    fc.property(mutatedText(fc.constantFrom(...EXPRESSIONS)), (text) => {
      const compiled = promptly(() => compile(text, environment));
      if ('errors' in compiled) {
        assert.match(compiled.errors, /^ERROR: <input>:\d+:\d+: /);
        return;
      }
      try {
        promptly(() => compiled.program.evaluate(bindings, { costBudget: 100_000 }));
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
      }
    }),
    timeBox((line) => t.diagnostic(line)),
  );
});

test('quantities', (t) => {
  const valid = fc.constantFrom('1', '1500m', '64Mi', '0.5Gi', '1e3', '12E', '-3', '+.5k', '1.25Ki', '100n', '123456789012345678', '1E-2', '0');
  fc.assert(
    fc.property(mutatedText(valid), (text) => {
      const canonical = readOrRefused(() => ({ text: canonicalQuantity(text) }));
      if (!canonical) return;
      // Amounts beyond 64 bits are cut only when written with more digits than this, which their canonical text may be.
      if (/\d{19}/.test(canonical.text)) return;
      assert.equal(canonicalQuantity(canonical.text), canonical.text);
      assert.equal(compareQuantities(text.trim(), canonical.text), 0);
    }),
    timeBox((line) => t.diagnostic(line)),
  );
});

const JSON_PATCHES: readonly JsonValue[] = [
  [
    { op: 'test', path: '/metadata/name', value: 'a' },
    { op: 'add', path: '/spec/containers/0', value: { name: 'c' } },
    { op: 'move', from: '/spec/containers/1', path: '/spec/containers/-' },
    { op: 'copy', from: '/metadata/labels', path: '/metadata/annotations' },
    { op: 'remove', path: '/metadata/labels/app' },
    { op: 'replace', path: '/spec/volumes/0/name', value: 'w' },
  ],
  [{ op: 'add', path: '', value: {} }],
  [{ op: 'copy', from: '', path: '/spec/a~1b~0' }],
];
const MERGE_PATCHES: readonly JsonValue[] = [
  { metadata: { labels: { app: null, new: 'x' }, finalizers: [] }, spec: { containers: [{ name: 'a' }] } },
  { metadata: { finalizers: ['x/y'], '$deleteFromPrimitiveList/finalizers': ['x/z'], '$setElementOrder/finalizers': ['x/y'] } },
  { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'b', $patch: 'delete' }, { name: 'a', env: [{ $patch: 'replace' }, { name: 'B' }] }], volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/' } }] } },
  { spec: { $patch: 'replace', containers: [] } },
];

/** The result of a patch is JSON again that the type decoder reads or refuses; the document stays as it was. */
function patches(patch: () => JsonValue): void {
  const before = JSON.stringify(pod);
  const patched = readOrRefused(() => ({ value: patch() }));
  assert.equal(JSON.stringify(pod), before);
  if (!patched) return;
  assert.equal(JSON.stringify(JSON.parse(JSON.stringify(patched.value))), JSON.stringify(patched.value));
  decodes(patched.value);
}

test('patches', (t) => {
  const text = mutatedText(fc.constantFrom(...JSON_PATCHES, ...MERGE_PATCHES).map((patch) => JSON.stringify(patch)));
  fc.assert(
    fc.property(text, (sent) => {
      const read = readOrRefused(() => ({ value: parseJson(sent) as JsonValue }));
      if (!read) return;
      const { value } = read;
      patches(() => applyJsonPatch(pod, value));
      patches(() => applyMergePatch(pod, value));
      patches(() => applyStrategicMergePatch(pods.schema, pod, value));
      if (isJsonObject(value)) assert.deepEqual(applyMergePatch(applyMergePatch(pod, value), value), applyMergePatch(pod, value));
    }),
    timeBox((line) => t.diagnostic(line)),
  );
});
