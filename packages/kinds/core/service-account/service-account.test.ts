import assert from 'node:assert/strict';
import test from 'node:test';
import { created, testContext } from '../../testing/objects.ts';
import { warningCases } from '../../testing/tables.ts';
import { serviceAccounts } from './kind.ts';

const account = (members: object, annotations: object = {}): object => ({
  kind: 'ServiceAccount',
  apiVersion: 'v1',
  metadata: { name: 'a', namespace: 'default', annotations },
  ...members,
});
const RESTRICTED = { 'kubernetes.io/enforce-mountable-secrets': 'true' };

test('of references to secrets the names are kept', () => {
  const { secrets } = created(serviceAccounts, account({ secrets: [{ name: 's', namespace: 'n', uid: 'u' }, { kind: 'Secret' }] }));
  assert.deepEqual(secrets, [{ name: 's' }, {}]);
});

warningCases(serviceAccounts, {
  nothing: [account({}), []],
  'secrets that may be mounted': [
    account({}, RESTRICTED),
    [
      'metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets',
    ],
  ],
});

test('what was said once is not said again', () => {
  const stored = created(serviceAccounts, account({}, RESTRICTED));
  assert.deepEqual(serviceAccounts.strategy.warnings!(stored, stored, testContext), []);
});
