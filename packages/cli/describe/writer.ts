/**
 * Indented `Name:  value` text, as `kubectl describe` lays it out.
 */
import { asText } from '../objects.ts';
import { alignColumns } from '../print/columns.ts';

const INDENT = '  ';

/** Collects lines; sections nest. */
export class DescribeWriter {
  readonly #rows: string[][] = [];
  #depth = 0;

  /** `name:<tab>value`; values with several lines continue under the first. */
  field(name: string, value: unknown): void {
    const lines = asText(value).split('\n');
    this.#rows.push([`${INDENT.repeat(this.#depth)}${name}:`, lines[0]!]);
    for (const line of lines.slice(1)) this.#rows.push([INDENT.repeat(this.#depth), line]);
  }

  /** A heading with everything that `fill` writes below it. */
  section(name: string, fill: () => void): void {
    this.#rows.push([`${INDENT.repeat(this.#depth)}${name}:`]);
    this.#depth++;
    fill();
    this.#depth--;
  }

  /** A line as it is, indented. */
  line(text: string): void {
    this.#rows.push([INDENT.repeat(this.#depth) + text]);
  }

  /** Rows aligned among themselves, indented. */
  table(rows: readonly (readonly string[])[]): void {
    for (const line of alignColumns(rows, 2).trimEnd().split('\n')) this.line(line);
  }

  /** Labels or annotations: one `key=value` per line, or `<none>`. */
  map(name: string, values: Readonly<Record<string, string>> | undefined, separator = '='): void {
    const entries = Object.entries(values ?? {}).filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration');
    this.field(name, entries.length > 0 ? entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}${separator}${value}`).join('\n') : '<none>');
  }

  toString(): string {
    // Only runs of name-value rows at the same place are aligned with each other.
    let out = '';
    let run: string[][] = [];
    const flush = (): void => {
      if (run.length > 0) out += alignColumns(run, 2);
      run = [];
    };
    for (const row of this.#rows) {
      if (row.length === 1) {
        flush();
        out += `${row[0]!.trimEnd()}\n`;
      } else run.push(row);
    }
    flush();
    return out;
  }
}
