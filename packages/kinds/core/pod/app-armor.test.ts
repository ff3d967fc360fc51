import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { pod } from '../../testing/pods.ts';
import { pods } from './kind.ts';

const PREFIX = 'container.apparmor.security.beta.kubernetes.io/';

const CASES: Readonly<Record<string, readonly [annotation: string, spec: object, profile: unknown]>> = {
  'a local profile': ['localhost/a', {}, { type: 'Localhost', localhostProfile: 'a' }],
  'the profile of the runtime': ['runtime/default', {}, { type: 'RuntimeDefault' }],
  'no profile': ['unconfined', {}, { type: 'Unconfined' }],
  'a profile that is none': ['own', {}, undefined],
  'the profile of the pod': ['unconfined', { securityContext: { appArmorProfile: { type: 'Unconfined' } } }, undefined],
  'another profile than that of the pod': [
    'unconfined',
    { securityContext: { appArmorProfile: { type: 'RuntimeDefault' } } },
    { type: 'Unconfined' },
  ],
  'a profile on Windows': ['unconfined', { os: { name: 'windows' } }, undefined],
};

for (const [name, [annotation, spec, profile]] of Object.entries(CASES)) {
  test(`annotations of AppArmor become fields: ${name}`, () => {
    const made = created(pods, pod(spec, { annotations: { [`${PREFIX}c`]: annotation } }));
    assert.deepEqual(made.spec.containers[0]!.securityContext?.appArmorProfile, profile);
  });
}
