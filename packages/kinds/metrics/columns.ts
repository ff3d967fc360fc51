import type { Column } from '#machinery/kind.ts';

/** How much of one resource is used. */
export function usageColumn<T>(name: string, usageOf: (object: T) => string | undefined): Column<T> {
  return { name, type: 'string', description: `${name} in use.`, cell: (object) => usageOf(object) ?? '' };
}

/** Over how long usage was measured. */
export const windowColumn: Column<{ readonly window: string }> = { name: 'Window', type: 'string', description: 'Over how long it was measured.', cell: ({ window }) => window };
