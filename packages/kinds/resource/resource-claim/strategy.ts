/**
 * The life of resource claims.
 *
 * Source: kubernetes `pkg/registry/resource/resourceclaim`, `pkg/printers/internalversion`.
 */
import type { Column, Strategy } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { immutable } from '../../rules.ts';
import { ALL_METADATA, statusSubresource } from '../../strategy.ts';
import { adminRequestFindings, adminResultFindings } from '../admin-access.ts';
import { deviceClaimFindings } from '../claim-validation.ts';
import type { ResourceClaim, ResourceClaimStatus } from './schema.ts';
import { validateClaimStatus } from './status-validation.ts';

/** Rules of a claim's life: what it asks for stays. */
export const resourceClaimStrategy: Strategy<ResourceClaim> = {
  unconditionalUpdate: true,
  prepareForCreate(draft) {
    draft.status = {};
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as Draft<ResourceClaimStatus>;
  },
  validate: ({ metadata, spec }, context) => [...adminRequestFindings(spec.devices, metadata.namespace, context), ...deviceClaimFindings('spec.devices', spec.devices)],
  validateUpdate: ({ spec }, stored) => immutable('spec', spec, stored.spec),
};

/** Takes the status. */
export const resourceClaimStatus = statusSubresource<ResourceClaim>({
  keptMetadata: ALL_METADATA,
  validate: (claim, stored, context) => [...adminResultFindings(claim.status, stored.status, claim.metadata.namespace, context), ...validateClaimStatus(claim, stored)],
});

function stateText({ metadata, status }: ResourceClaim): string {
  const states = metadata.deletionTimestamp ? ['deleted'] : [];
  if (status.allocation) states.push('allocated', ...(status.reservedFor?.length ? ['reserved'] : []));
  else if (!metadata.deletionTimestamp) states.push('pending');
  return states.join(',');
}

/** What `kubectl get resourceclaims` shows. */
export const resourceClaimColumns: readonly Column<ResourceClaim>[] = [
  nameColumn,
  { name: 'State', type: 'string', description: 'A summary of the current state (allocated, pending, reserved, etc.).', cell: stateText },
  ageColumn,
];
