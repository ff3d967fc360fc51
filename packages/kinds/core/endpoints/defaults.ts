import type { Draft } from '#machinery/schema.ts';
import type { Endpoints } from './schema.ts';

/** Fills endpoints. */
export function defaultEndpoints(draft: Draft<Endpoints>): void {
  for (const subset of draft.subsets ?? []) for (const port of subset.ports ?? []) port.protocol ||= 'TCP';
}
