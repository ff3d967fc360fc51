import { createCases, statusCases, updateCases } from '../../testing/tables.ts';
import { storageVersionMigrations } from './kind.ts';

const migration = (resource: object): object => ({ kind: 'StorageVersionMigration', apiVersion: 'storagemigration.k8s.io/v1beta1', metadata: { name: 'm' }, spec: { resource } });
const secrets = { group: '', resource: 'secrets' };
const conditions = (...types: readonly string[]): object => ({
  conditions: types.map((type) => ({ type, status: 'True', reason: 'Said', message: '', lastTransitionTime: '2026-01-02T03:04:05Z' })),
});

createCases(storageVersionMigrations, {
  migration: [migration(secrets), []],
  'of nothing': [migration({ group: 'apps', resource: '' }), ['spec.resource.resource: Required value']],
});
updateCases(storageVersionMigrations, migration(secrets), {
  'of something else': [
    (draft) => void (draft.spec!.resource!.resource = 'configmaps'),
    ['spec: Invalid value: {"resource":{"group":"","resource":"configmaps"}}: field is immutable'],
  ],
});
statusCases(storageVersionMigrations, migration(secrets), {
  runs: [{}, { resourceVersion: '5', ...conditions('Running') }, []],
  'both at once': [{}, conditions('Succeeded', 'Failed'), ['status.conditions: Invalid value: "Succeeded": Both success and failed conditions cannot be true at the same time']],
  'over and running': [{}, conditions('Succeeded', 'Running'), ['status.conditions: Invalid value: "Running": Running condition cannot be true when success or failed condition is true']],
  'another version': [{ resourceVersion: '5' }, { resourceVersion: '6' }, ['status.resourceVersion: Invalid value: "6": field is immutable']],
  'a condition without reason': [{}, { conditions: [{ type: 'Running', status: 'True', lastTransitionTime: '2026-01-02T03:04:05Z', reason: '', message: '' }] }, ['status.conditions[0].reason: Required value: must be set']],
});
