/**
 * Aligned text columns as kubectl prints them: cells padded to the widest of their column and three spaces between.
 */

/** Rows as lines; the last cell is not padded. */
export function alignColumns(rows: readonly (readonly string[])[], gap = 3): string {
  const widths: number[] = [];
  for (const row of rows) for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  return rows.map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]! + gap))).join('').trimEnd()}\n`).join('');
}

/** Keeps widths across calls, so that rows of a watch line up with those before. */
export class ColumnWriter {
  readonly #widths: number[] = [];

  /** The lines for `rows`; columns only ever get wider. */
  write(rows: readonly (readonly string[])[]): string {
    for (const row of rows) for (const [column, cell] of row.entries()) this.#widths[column] = Math.max(this.#widths[column] ?? 0, cell.length);
    return rows.map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(this.#widths[column]! + 3))).join('').trimEnd()}\n`).join('');
  }
}
