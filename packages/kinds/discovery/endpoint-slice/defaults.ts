import type { Draft } from '#machinery/schema.ts';
import type { EndpointSlice } from './schema.ts';

/** Fills an endpoint slice. */
export function defaultEndpointSlice(draft: Draft<EndpointSlice>): void {
  for (const port of draft.ports ?? []) {
    port.name ??= '';
    port.protocol ??= 'TCP';
  }
}
