/**
 * The text of a description: lines at a depth, names and values divided by tabs, aligned at the end as `kubectl describe` lays them out.
 */
import { asText } from '../objects.ts';
import { DESCRIBE_LAYOUT, tabulate } from '../print/tabs.ts';

const INDENT = '  ';
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** Longer annotations start on a line of their own and are cut. */
const MAX_ANNOTATION_LENGTH = 140;

/** Collects lines; sections nest. */
export class DescribeWriter {
  #text = '';
  #indent = '';

  /** `Name:<tab>value`; a value's further lines stand under its first. */
  field(name: string, value: unknown): void {
    const lines = asText(value).split('\n');
    this.line(`${name}:\t${lines[0]}`);
    for (const line of lines.slice(1)) this.line(`\t${line}`);
  }

  /** A field with a line for each of several things, or `<none>`. */
  list(name: string, values: readonly string[]): void {
    this.line(`${name}:\t${values[0] ?? '<none>'}`);
    for (const value of values.slice(1)) this.raw(`\t${value}`);
  }

  /** A heading with everything that `fill` writes below it, `indent` deeper. */
  section(name: string, fill: () => void, indent = INDENT): void {
    this.line(`${name}:`);
    this.indented(fill, indent);
  }

  /** Everything that `fill` writes, deeper. */
  indented(fill: () => void, indent = INDENT): void {
    const before = this.#indent;
    this.#indent += indent;
    fill();
    this.#indent = before;
  }

  /** A line at the current depth; tabs in it make columns with the lines around. */
  line(text: string): void {
    this.#text += `${this.#indent}${text}\n`;
  }

  /** A line at the margin, whatever the depth. */
  raw(text: string): void {
    this.#text += `${text}\n`;
  }

  /** Ends all columns, so that what follows is aligned apart. */
  flush(): void {
    if (this.#text.endsWith('\n')) this.#text = `${this.#text.slice(0, -1)}\f`;
  }

  /** One `key=value` per line, or `<none>`. */
  labels(name: string, values: Readonly<Record<string, string>> | undefined): void {
    this.list(
      name,
      sorted(values).map(([key, value]) => `${key}=${value}`),
    );
  }

  /** One `key: value` per line, long ones cut, or `<none>`; what the last apply wrote is left out. */
  annotations(name: string, values: Readonly<Record<string, string>> | undefined): void {
    const entries = sorted(values).filter(([key]) => key !== LAST_APPLIED);
    const lines = entries.flatMap(([key, whole]) => {
      const value = whole.replace(/\n$/, '');
      if (key.length + value.length + 2 <= MAX_ANNOTATION_LENGTH && !value.includes('\n')) return [`${key}: ${value}`];
      const parts = value.split('\n').map((line) => (line.length > MAX_ANNOTATION_LENGTH - 2 ? `${line.slice(0, MAX_ANNOTATION_LENGTH - 2)}...` : line));
      return [`${key}:`, ...parts.map((line) => `${INDENT}${line}`)];
    });
    this.list(name, lines);
  }

  /** The text as it was written, tabs and all. */
  toRawString(): string {
    return this.#text;
  }

  /** The aligned text. */
  toString(): string {
    return tabulate(this.#text, DESCRIBE_LAYOUT);
  }
}

/** Entries in the order of their keys. */
export function sorted<T>(values: Readonly<Record<string, T>> | undefined): [string, T][] {
  return Object.entries(values ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
