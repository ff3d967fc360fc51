import { defineKind } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, listWithMore, nameColumn } from '../../cells.ts';
import { statusSubresource } from '../../strategy.ts';
import { type StorageVersion, storageVersion } from './schema.ts';
import { validateStorageVersion, validateStorageVersionName } from './validation.ts';

/** Servers that a row shows. */
const SHOWN = 3;

function serversText({ status: { storageVersions = [] } }: StorageVersion): string {
  const servers = storageVersions.map(({ apiServerID = '', encodingVersion = '' }) => `${apiServerID}=${encodingVersion}`);
  return listWithMore(servers, SHOWN, '<unset>');
}

/**
 * `storageversions` of internal.apiserver.k8s.io: in which version each server stores a resource. Kept for servers that say so; this one
 * does not make them.
 *
 * Source: kubernetes `pkg/registry/apiserverinternal/storageversion`.
 */
export const storageVersions = defineKind<StorageVersion>({
  group: 'internal.apiserver.k8s.io',
  version: 'v1alpha1',
  kind: 'StorageVersion',
  plural: 'storageversions',
  namespaced: false,
  schema: storageVersion,
  enabledByDefault: false,
  subresources: { status: statusSubresource<StorageVersion>({ validate: validateStorageVersion }) },
  strategy: {
    validateName: validateStorageVersionName,
    prepareForCreate: (draft) => void (draft.status = {}),
    prepareForUpdate: (draft, stored) => void (draft.status = stored.status as Draft<StorageVersion['status']>),
    validate: validateStorageVersion,
  },
  columns: [
    nameColumn,
    { name: 'CommonEncodingVersion', type: 'string', description: 'The version in which all servers store the resource.', cell: ({ status }) => status.commonEncodingVersion ?? '<unset>' },
    { name: 'StorageVersions', type: 'string', description: 'The version in which each server stores the resource.', cell: serversText },
    ageColumn,
  ],
});
