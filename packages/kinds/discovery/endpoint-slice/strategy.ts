/**
 * The life of an endpoint slice.
 *
 * Source: kubernetes `pkg/registry/discovery/endpointslice/strategy.go`.
 */
import type { Strategy } from '#machinery/kind.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import type { EndpointSlice } from './schema.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './validation.ts';

/** Rules of an endpoint slice's life; its generation counts everything but metadata, and the labels. */
export const endpointSliceStrategy: Strategy<EndpointSlice> = {
  createOnUpdate: true,
  unconditionalUpdate: true,
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  prepareForCreate: startGeneration,
  prepareForUpdate(draft, stored) {
    const changed =
      draft.addressType !== stored.addressType ||
      !sameValue(draft.endpoints, stored.endpoints) ||
      !sameValue(draft.ports, stored.ports) ||
      !sameValue(draft.metadata?.labels, stored.metadata.labels);
    nextGeneration(draft, stored, changed);
  },
};
