import assert from 'node:assert/strict';
import test from 'node:test';
import { builtinKinds } from './registry.ts';

test('every resource is declared once', () => {
  const names = builtinKinds.map(({ group, version, plural }) => `${group}/${version}/${plural}`);
  assert.deepEqual(names, [...new Set(names)]);
});

test('status subresources take the status', () => {
  for (const kind of builtinKinds) {
    if (kind.subresources['status']) assert.ok(kind.subresources['status'].update, `${kind.plural} of ${kind.group}`);
  }
});

test('stored kinds have columns that start with the name or are events', () => {
  for (const kind of builtinKinds) {
    if (kind.virtual || !kind.verbs.includes('list')) continue;
    assert.ok(kind.columns.length, `${kind.plural} of ${kind.group}`);
    assert.ok(kind.columns[0]!.name === 'Name' || kind.kind === 'Event');
  }
});
