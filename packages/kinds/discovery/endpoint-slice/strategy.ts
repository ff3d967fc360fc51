/**
 * The life of an endpoint slice.
 *
 * Source: kubernetes `pkg/registry/discovery/endpointslice/strategy.go`.
 */
import { at } from '#machinery/field-error.ts';
import type { Strategy } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { sameValue } from '../../semantic-equal.ts';
import { nextGeneration, startGeneration } from '../../strategy.ts';
import { ipWarnings } from '../../warnings.ts';
import type { EndpointSlice } from './schema.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './validation.ts';

/** The topology of endpoints cannot be written in `v1`; what is sent is passed over in silence. */
function dropTopology(draft: Draft<EndpointSlice>): void {
  if (draft.endpoints?.some(({ deprecatedTopology }) => deprecatedTopology))
    draft.endpoints = draft.endpoints.map(({ deprecatedTopology: _dropped, ...endpoint }) => endpoint);
}

/** Rules of an endpoint slice's life; its generation counts everything but metadata, and the labels. */
export const endpointSliceStrategy: Strategy<EndpointSlice> = {
  createOnUpdate: true,
  unconditionalUpdate: true,
  validate: validateEndpointSlice,
  warnings: ({ addressType, endpoints }) => [
    ...(addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
    ...(addressType === 'FQDN' ? [] : (endpoints ?? []).flatMap(({ addresses }, index) => addresses.flatMap((ip, i) => ipWarnings(`${at('endpoints', index)}.${at('addresses', i)}`, ip)))),
  ],
  validateUpdate: validateEndpointSliceUpdate,
  prepareForCreate(draft) {
    dropTopology(draft);
    startGeneration(draft);
  },
  prepareForUpdate(draft, stored) {
    if (!sameValue(draft.endpoints, stored.endpoints)) dropTopology(draft);
    const changed =
      draft.addressType !== stored.addressType ||
      !sameValue(draft.endpoints, stored.endpoints) ||
      !sameValue(draft.ports, stored.ports) ||
      !sameValue(draft.metadata?.labels, stored.metadata.labels);
    nextGeneration(draft, stored, changed);
  },
};
