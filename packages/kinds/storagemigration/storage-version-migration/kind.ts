import { type FieldError, invalid } from '#machinery/field-error.ts';
import { defineKind } from '#machinery/kind.ts';
import { nameColumn } from '../../cells.ts';
import { commonConditions } from '../../conditions.ts';
import { immutable, present } from '../../rules.ts';
import { specStrategy, statusSubresource } from '../../strategy.ts';
import { type StorageVersionMigration, storageVersionMigration } from './schema.ts';

function validate({ spec }: StorageVersionMigration): FieldError[] {
  return present('spec.resource.resource', spec.resource.resource);
}

/** Source: kubernetes `pkg/apis/storagemigration/validation`. */
function validateStatus({ status }: StorageVersionMigration, stored: StorageVersionMigration): FieldError[] {
  const isTrue = (type: string): boolean => (status.conditions ?? []).some((one) => one.type === type && one.status === 'True');
  const errors = commonConditions('status.conditions', status.conditions);
  if (isTrue('Succeeded') && isTrue('Failed')) errors.push(invalid('status.conditions', 'Succeeded', 'Both success and failed conditions cannot be true at the same time'));
  if ((isTrue('Succeeded') || isTrue('Failed')) && isTrue('Running')) errors.push(invalid('status.conditions', 'Running', 'Running condition cannot be true when success or failed condition is true'));
  const { resourceVersion: before = '' } = stored.status;
  return before === '' ? errors : [...errors, ...immutable('status.resourceVersion', status.resourceVersion ?? '', before)];
}

/** `storageversionmigrations` of storagemigration.k8s.io. */
export const storageVersionMigrations = defineKind<StorageVersionMigration>({
  group: 'storagemigration.k8s.io',
  version: 'v1beta1',
  kind: 'StorageVersionMigration',
  plural: 'storageversionmigrations',
  namespaced: false,
  schema: storageVersionMigration,
  enabledByDefault: false,
  subresources: { status: statusSubresource<StorageVersionMigration>({ prepare: (draft, stored) => void (draft.spec = stored.spec), validate: validateStatus }) },
  strategy: {
    ...specStrategy<StorageVersionMigration>({}),
    validate,
    validateUpdate: (object, stored) => [...validate(object), ...immutable('spec', object.spec, stored.spec)],
  },
  columns: [
    { ...nameColumn, format: '' },
    { name: 'Resource', type: 'string', description: 'Fully qualified resource to migrate', cell: ({ spec: { resource } }) => (resource.group ? `${resource.resource}.${resource.group}` : resource.resource) },
  ],
});
