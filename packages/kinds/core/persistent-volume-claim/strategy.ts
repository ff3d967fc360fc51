/**
 * The life of a claim.
 *
 * Source: kubernetes `pkg/registry/core/persistentvolumeclaim/strategy.go`.
 */
import type { Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { statusSubresource } from '../../strategy.ts';
import { roundAmounts } from '../pod/resource-list.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeClaimStatus } from './schema.ts';
import { validateClaim, validateClaimStatus, validateClaimUpdate } from './validation.ts';
import { claimSpecWarnings } from '../../warnings.ts';

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

/** Fills a claim. */
export function defaultClaim(draft: Draft<PersistentVolumeClaim>): void {
  draft.status ??= {};
  draft.status.phase ||= 'Pending';
  draft.spec ??= {};
  defaultClaimSpec(draft.spec);
}

/** Fills what a claim asks for. */
export function defaultClaimSpec(spec: Draft<PersistentVolumeClaimSpec>): void {
  spec.volumeMode ??= 'Filesystem';
  roundAmounts(spec.resources?.limits);
  roundAmounts(spec.resources?.requests);
}

/** Rules of a claim's life. */
export const claimStrategy: Strategy<PersistentVolumeClaim> = {
  unconditionalUpdate: true,
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  warnings: ({ metadata, spec }) => [
    ...(metadata.annotations?.[BETA_CLASS] === undefined ? [] : [`metadata.annotations[${BETA_CLASS}]: deprecated since v1.8; use "storageClassName" attribute instead`]),
    ...claimSpecWarnings('spec', spec),
  ],
  prepareForCreate(draft) {
    draft.status = { phase: 'Pending' };
    if (draft.spec) draft.spec = withBothSources(draft.spec);
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as Draft<PersistentVolumeClaimStatus>;
    if (draft.spec) draft.spec = withBothSources(draft.spec);
  },
};

/** `dataSource` and `dataSourceRef` show the same where either can hold it. */
function withBothSources(spec: Draft<PersistentVolumeClaimSpec>): Draft<PersistentVolumeClaimSpec> {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource && !dataSourceRef) return { ...spec, dataSourceRef: { ...dataSource } };
  if (!dataSourceRef || dataSource || dataSourceRef.namespace) return spec;
  const local =
    (dataSourceRef.apiGroup ?? '') === ''
      ? dataSourceRef.kind === 'PersistentVolumeClaim'
      : dataSourceRef.apiGroup === 'snapshot.storage.k8s.io' && dataSourceRef.kind === 'VolumeSnapshot';
  return local ? { ...spec, dataSource: { ...dataSourceRef } } : spec;
}

/** `status`. */
export const claimStatusSubresource: Subresource = statusSubresource<PersistentVolumeClaim>({ validate: validateClaimStatus });
