import assert from 'node:assert/strict';
import test from 'node:test';
import { createCases, updateCases } from '../testing/tables.ts';
import { leases } from './lease/kind.ts';
import { leaseCandidates } from './lease-candidate/kind.ts';

const metadata = { name: 'leader', namespace: 'default' };
const lease = (spec: object): object => ({ kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata, spec });
const candidate = (spec: object): object => ({
  kind: 'LeaseCandidate',
  apiVersion: 'coordination.k8s.io/v1beta1',
  metadata,
  spec: { leaseName: 'leader', binaryVersion: '1.36.0', emulationVersion: '1.36.0', strategy: 'OldestEmulationVersion', ...spec },
});
const QUALIFIED = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;

createCases(leases, {
  lease: [lease({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 0 }), []],
  'coordinated election': [lease({ strategy: 'OldestEmulationVersion', preferredHolder: 'b' }), []],
  'own strategy': [lease({ strategy: 'example.com/youngest' }), []],
  'unknown strategy': [lease({ strategy: 'Youngest' }), ['spec.strategy.strategy: Unsupported value: "Youngest": supported values: "OldestEmulationVersion"']],
  'bad strategy': [lease({ strategy: 'example.com/a b' }), [`spec.strategy.strategy: Invalid value: "example.com/a b": ${QUALIFIED}`]],
  'a holder without strategy': [lease({ preferredHolder: 'b' }), ['spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined']],
});
updateCases(leases, lease({}), {
  holder: [(draft) => void (draft.spec!.holderIdentity = 'b'), []],
  duration: [(draft) => void (draft.spec!.leaseDurationSeconds = -1), ['spec.leaseDurationSeconds: Invalid value: -1: must be greater than 0']],
});

createCases(leaseCandidates, {
  candidate: [candidate({}), []],
  'own strategy without versions': [candidate({ strategy: 'example.com/youngest', emulationVersion: undefined }), []],
  'no lease': [candidate({ leaseName: '' }), ['spec.leaseName: Required value']],
  'no versions': [
    candidate({ binaryVersion: '', emulationVersion: '' }),
    [
      `spec.binaryVersion: Required value: must be specified when \`strategy\` is 'OldestEmulationVersion'`,
      `spec.emulationVersion: Required value: must be specified when \`strategy\` is 'OldestEmulationVersion'`,
    ],
  ],
  'bad versions': [
    candidate({ binaryVersion: '1.36', emulationVersion: 'v1.36.0', strategy: 'example.com/x' }),
    [
      'spec.emulationVersion: Invalid value: "v1.36.0": must be a valid semantic version',
      'spec.binaryVersion: Invalid value: "1.36": must be a valid semantic version',
    ],
  ],
  'emulates what is newer': [
    candidate({ binaryVersion: '1.36.0-rc.1' }),
    ['spec.binaryVersion: Invalid value: "1.36.0-rc.1": must be greater than or equal to `emulationVersion`'],
  ],
  'no strategy': [candidate({ strategy: '' }), ['spec.strategy: Required value']],
  'unknown strategy': [candidate({ strategy: 'Youngest' }), ['spec.strategy.strategy: Unsupported value: "Youngest": supported values: "OldestEmulationVersion"']],
});
updateCases(leaseCandidates, candidate({}), {
  versions: [(draft) => void (draft.spec!.binaryVersion = '1.37.0'), []],
  lease: [(draft) => void (draft.spec!.leaseName = 'other'), ['spec.leaseName: Invalid value: "other": field is immutable']],
});

test('names of candidates', () => {
  assert.deepEqual(leaseCandidates.strategy.validateName!('Leader_1.a', false), []);
  assert.equal(leaseCandidates.strategy.validateName!('a b', false).length, 1);
});
