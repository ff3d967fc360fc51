/**
 * Text columns by tab stops, as Go's text/tabwriter aligns them: a column is a run of lines that have a tab at that place, and is as wide as its widest cell there.
 */

/** How columns are laid out. */
export interface TabLayout {
  /** Characters a cell takes at least, padding included. */
  readonly minWidth: number;
  /** Spaces after the widest cell of a column. */
  readonly padding: number;
}

/** What `kubectl get` prints tables with. */
export const TABLE_LAYOUT: TabLayout = { minWidth: 6, padding: 3 };
/** What `kubectl describe` prints with. */
export const DESCRIBE_LAYOUT: TabLayout = { minWidth: 0, padding: 2 };

/** Aligns `text`: cells end with a tab, except the last of each line. A form feed ends all columns, and the line. */
export function tabulate(text: string, layout: TabLayout): string {
  return text
    .split('\f')
    .map((part) => alignPart(part, layout))
    .join('\n');
}

function alignPart(text: string, layout: TabLayout): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths: number[][] = lines.map(() => []);
  measure(lines, widths, { from: 0, to: lines.length, column: 0 }, layout);
  return lines.map((cells, row) => cells.map((cell, column) => (column < cells.length - 1 ? cell.padEnd(cell.length + widths[row]![column]! - lengthOf(cell)) : cell)).join('')).join('\n');
}

/** Characters as a terminal counts them, nearly: code points. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length++;
  return length;
}

interface Block {
  readonly from: number;
  readonly to: number;
  readonly column: number;
}

/** Sets the width of one column in each run of lines that have it, then of the next column within that run. */
function measure(lines: readonly (readonly string[])[], widths: number[][], { from, to, column }: Block, layout: TabLayout): void {
  for (let row = from; row < to; row++) {
    if (column >= lines[row]!.length - 1) continue;
    let end = row;
    let width = layout.minWidth;
    for (; end < to && column < lines[end]!.length - 1; end++) width = Math.max(width, lengthOf(lines[end]![column]!) + layout.padding);
    for (let at = row; at < end; at++) widths[at]![column] = width;
    measure(lines, widths, { from: row, to: end, column: column + 1 }, layout);
    row = end;
  }
}
