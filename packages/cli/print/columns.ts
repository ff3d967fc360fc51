/**
 * Rows of cells as kubectl prints tables.
 */
import { TABLE_LAYOUT } from './tabs.ts';

/** Rows as lines; the last cell is not padded. */
export function alignColumns(rows: readonly (readonly string[])[], { minWidth, padding } = TABLE_LAYOUT): string {
  return new ColumnWriter(minWidth, padding).write(rows);
}

/** Keeps widths across calls, so that rows of a watch line up with those before: columns only ever get wider. */
export class ColumnWriter {
  readonly #widths: number[] = [];
  readonly #minWidth: number;
  readonly #padding: number;

  constructor(minWidth = TABLE_LAYOUT.minWidth, padding = TABLE_LAYOUT.padding) {
    this.#minWidth = minWidth;
    this.#padding = padding;
  }

  /** The lines for `rows`. */
  write(rows: readonly (readonly string[])[]): string {
    for (const row of rows) for (const [column, cell] of row.entries()) this.#widths[column] = Math.max(this.#widths[column] ?? this.#minWidth, cell.length + this.#padding);
    return rows.map((row) => `${row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(this.#widths[column]!))).join('')}\n`).join('');
  }
}
