/** Pods for table tests, and tables of what is refused in one part of them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { KindContext } from '#machinery/kind.ts';
import { pods } from '../core/pod/kind.ts';
import { createFindings, testContext } from './objects.ts';
import type { Findings } from './tables.ts';

/** What is said of text that is no DNS label. */
export const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** What is said of text that is no DNS subdomain. */
export const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** What is said of text that is no qualified name. */
export const QUALIFIED_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/** What is said of text that is no label value. */
export const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** A pod of one container with these members of the spec. */
export function pod(spec: object = {}, metadata: object = {}): object {
  return {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: 'web', namespace: 'default', ...metadata },
    spec: { containers: [{ name: 'c', image: 'nginx:1.27' }], ...spec },
  };
}

/** A pod whose only container has these members. */
export function container(members: object, spec: object = {}): object {
  return pod({ containers: [{ name: 'c', image: 'nginx:1.27', ...members }], ...spec });
}

type Table = Readonly<Record<string, readonly [members: object, findings: Findings]>>;

/** Creates a pod for each row; findings begin below `prefix` (with a dot or bracket of their own). */
function cases(prefix: string, make: (members: object) => object, table: Table, context: KindContext): void {
  for (const [name, [members, findings]] of Object.entries(table)) {
    const expected = findings.map((line) => (line.startsWith('^') ? line.slice(1) : `${prefix}${line}`));
    test(`Pod create: ${name}`, () => assert.deepEqual(createFindings(pods, make(members), context), expected));
  }
}

/** Rows of members of the spec, with findings below `spec.` (a finding after `^` has its whole path). */
export function specCases(table: Table, context: KindContext = testContext): void {
  cases('spec.', (members) => pod(members), table, context);
}

/** Rows of members of the only container, with findings below `spec.containers[0].`. */
export function containerCases(table: Table, context: KindContext = testContext): void {
  cases('spec.containers[0].', (members) => container(members), table, context);
}

/** Rows of sources of the only volume, with findings below `spec.volumes[0].`. */
export function volumeCases(table: Table, context: KindContext = testContext): void {
  cases('spec.volumes[0].', (source) => pod({ serviceAccountName: 'a', volumes: [{ name: 'v', ...source }] }), table, context);
}
