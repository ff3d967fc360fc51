import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrContains, cidrStart, formatIp, parseCidr, parseIp } from './ip.ts';
import { type ObjectMeta } from './meta.ts';
import { validateFieldManager, validateImmutable, validateObjectMeta, validateObjectMetaUpdate } from './meta-validation.ts';
import * as names from './names.ts';

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

const table: readonly (readonly [(value: string) => string[], string, readonly string[]])[] = [
  [names.validateDns1123Subdomain, 'a.b-c', []],
  [names.validateDns1123Subdomain, 'A', [SUBDOMAIN]],
  [names.validateDns1123Subdomain, '', [SUBDOMAIN]],
  [names.validateDns1123Subdomain, 'a'.repeat(254), ['must be no more than 253 characters']],
  [names.validateDns1123Label, 'a-1', []],
  [names.validateDns1123Label, 'a.b', ['must not contain dots']],
  [names.validateDns1123Label, '-a', [LABEL]],
  [names.validateLabelValue, 'a'.repeat(64), ['must be no more than 63 bytes']],
  [names.validateQualifiedName, `${'a'.repeat(254)}/a`, ['prefix part must be no more than 253 bytes']],
  [names.validateDns1123Label, 'a'.repeat(64), ['must be no more than 63 characters']],
  [names.validateDns1035Label, 'a1', []],
  [names.validateQualifiedName, 'a.b/C_d', []],
  [names.validateQualifiedName, '/a', ['prefix part must be non-empty']],
  [names.validateLabelValue, '', []],
  [names.validatePortName, 'http', []],
  [names.validatePortName, '1-', ['must contain at least one letter (a-z)', 'must not begin or end with a hyphen']],
  [names.validatePercent, '5%', []],
  [
    names.validatePercent,
    '5',
    ["a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"],
  ],
  [names.validateConfigMapKey, '..a', ["must not start with '..'"]],
  [names.validateConfigMapKey, '__proto__', []],
  [names.validateEnvVarName, 'a=b', ["a valid environment variable name must consist only of printable ASCII characters other than '='"]],
  [names.validatePathSegmentName, 'a/b', ["may not contain '/'"]],
  [names.validateIp, '1.2.3.4', []],
  [names.validateIp, '1.2.3', ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']],
  [names.validateIp, 'fe80::1', []],
  [names.validateCidr, '10.0.0.0/33', ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
  [names.validateCidr, '::/0', []],
];
for (const [rule, value, wanted] of table) test(`${rule.name}(${JSON.stringify(value.slice(0, 20))})`, () => assert.deepEqual(rule(value), wanted));

test('one of each for the rest', () => {
  assert.match(
    names.validateQualifiedName('a/b/c')[0]!,
    /^a valid label key must consist of .* with an optional DNS subdomain prefix and '\/' \(e\.g\. 'example\.com\/MyName'\)$/,
  );
  assert.equal(names.validateQualifiedName('').length, 2);
  assert.deepEqual(names.validatePortNumber(0), ['must be between 1 and 65535, inclusive']);
  assert.deepEqual(names.nameIsDnsSubdomain('web-', true), []);
  assert.equal(names.nameIsDnsSubdomain('web-', false).length, 1);
  assert.deepEqual(names.validateWildcardDns1123Subdomain('*.a.b'), []);
  assert.equal(names.validateCIdentifier('1').length, 1);
  assert.deepEqual(names.validateDomainPrefixedPath('example.com/a'), []);
});

test('addresses', () => {
  for (const [text, wanted] of [
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['10.0.0.1', '10.0.0.1'],
  ] as const) {
    assert.equal(formatIp(parseIp(text)!), wanted);
  }
  for (const text of ['1:2', '1::2::3', '12345::', '01.2.3.4', ':', '1:2:3:4:5:6:7:8:9', '::1%eth0']) assert.equal(parseIp(text), undefined);
  const block = parseCidr('10.1.2.3/8')!;
  assert.equal(formatIp(cidrStart(block)), '10.0.0.0');
  assert.equal(cidrContains(block, parseIp('10.255.255.255')!), true);
  assert.equal(cidrContains(block, parseIp('11.0.0.0')!), false);
});

const check = (meta: ObjectMeta, namespaced = true): string[] => validateObjectMeta(meta, { namespaced }).map((e) => `${e.field}: ${e.message}`);
const ref = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'x', uid: 'u', controller: true };

test('metadata of a new object', () => {
  assert.deepEqual(check({ name: 'a', namespace: 'b', finalizers: ['orphan', 'x.y/z'], ownerReferences: [ref] }), []);
  assert.deepEqual(check({}), ['metadata.name: Required value: name or generateName is required', 'metadata.namespace: Required value']);
  assert.deepEqual(check({ name: 'a', namespace: 'b' }, false), ['metadata.namespace: Forbidden: not allowed on this type']);
  assert.deepEqual(check({ name: 'A', namespace: 'b' }), [`metadata.name: Invalid value: "A": ${SUBDOMAIN}`]);
  assert.deepEqual(check({ name: 'a', namespace: 'b', annotations: { a: 'x'.repeat(262144) } }), [
    'metadata.annotations: Too long: may not be more than 262144 bytes',
  ]);
  assert.deepEqual(check({ name: 'a', namespace: 'b', finalizers: ['mine'] }), [
    'metadata.finalizers[0]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
  ]);
  assert.match(
    check({ name: 'a', namespace: 'b', ownerReferences: [ref, { ...ref, name: 'y' }] })[0]!,
    /Only one reference can have Controller set to true\. Found "true" in references for ReplicaSet\/x and ReplicaSet\/y$/,
  );
  assert.deepEqual(check({ name: 'a', namespace: 'b', managedFields: [{ operation: 'X', manager: 'a\n' }] }), [
    'metadata.managedFields[0].operation: Invalid value: "X": must be `Apply` or `Update`',
    'metadata.managedFields[0].manager: Invalid value: "a\\n": invalid character U+000A (at position 1)',
  ]);
  assert.deepEqual(
    validateFieldManager('m'.repeat(129), 'fieldManager').map((e) => e.message),
    ['Too long: may not be more than 128 bytes'],
  );
});

test('metadata of a changed object', () => {
  const stored: ObjectMeta = { name: 'a', namespace: 'b', uid: 'u', generation: 2, resourceVersion: '1', deletionTimestamp: '2026-01-02T03:04:05Z' };
  const errors = validateObjectMetaUpdate({ ...stored, uid: 'v', generation: 1, resourceVersion: '', finalizers: ['x/y'] }, stored);
  assert.deepEqual(
    errors.map((e) => `${e.field}: ${e.message}`),
    [
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/y"}',
      'metadata.resourceVersion: Invalid value: "": must be specified for an update',
      'metadata.generation: Invalid value: 1: must not be decremented',
      'metadata.uid: Invalid value: "v": field is immutable',
    ],
  );
  assert.deepEqual(validateImmutable({ a: 1 }, { a: 1 }, 'x'), []);
});
