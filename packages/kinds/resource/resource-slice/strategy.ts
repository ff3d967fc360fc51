/**
 * The life of resource slices.
 *
 * Source: kubernetes `pkg/registry/resource/resourceslice`, `pkg/printers/internalversion`.
 */
import type { Column, KindContext, Strategy } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import type { ResourceSlice } from './schema.ts';
import { validateSlice, validateSliceUpdate } from './validation.ts';

/** Fills a slice: taints begin now, capacity counts once. */
export function defaultResourceSlice(draft: Draft<ResourceSlice>, { nowMs }: Pick<KindContext, 'nowMs'>): void {
  for (const device of draft.spec?.devices ?? []) {
    for (const taint of device.taints ?? []) taint.timeAdded ??= formatTime(nowMs);
    for (const mapping of Object.values(device.nodeAllocatableResourceMappings ?? {})) if (mapping) mapping.allocationMultiplier ??= '1';
  }
}

/** Rules of a slice's life. */
export const resourceSliceStrategy: Strategy<ResourceSlice> = {
  unconditionalUpdate: true,
  prepareForCreate: startGeneration,
  prepareForUpdate: (draft, stored) => nextGeneration(draft, stored, !sameValue(draft.spec, stored.spec)),
  validate: validateSlice,
  validateUpdate: validateSliceUpdate,
};

/** What field selectors of slices compare. */
export const resourceSliceFields = {
  'spec.driver': ({ spec }: ResourceSlice): string => spec.driver,
  'spec.nodeName': ({ spec }: ResourceSlice): string => spec.nodeName ?? '',
};

/** What `kubectl get resourceslices` shows. */
export const resourceSliceColumns: readonly Column<ResourceSlice>[] = [
  nameColumn,
  { name: 'Node', type: 'string', description: 'The node that the devices are on.', cell: ({ spec }) => spec.nodeName ?? '' },
  { name: 'Driver', type: 'string', description: 'The driver of the devices.', cell: ({ spec }) => spec.driver },
  { name: 'Pool', type: 'string', description: 'The pool that the slice is part of.', cell: ({ spec }) => spec.pool.name },
  ageColumn,
];
