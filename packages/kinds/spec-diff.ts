/**
 * The difference between two objects as text, for messages that say which fields may not change.
 *
 * Unchanged members are counted, not shown:
 * ```
 *   core.PodSpec{
 *   	... // 5 identical fields
 * - 	NodeName: "a",
 * + 	NodeName: "b",
 *   }
 * ```
 * Source: the look of go-cmp's `cmp.Diff`, which upstream prints (its exact text is not stable, nor is ours).
 */
import { goName } from './go-struct.ts';
import { sameValue } from './semantic-equal.ts';

type Members = Readonly<Record<string, unknown>>;

/** Depth at which differing values are printed whole. */
const MAX_DEPTH = 16;

/** Lines that turn `from` into `to`; `typeName` heads them. */
export function specDiff(typeName: string, from: unknown, to: unknown): string {
  const lines: string[] = [];
  structLines(lines, { label: `${typeName}{`, close: '}', depth: 0 }, from, to);
  return `${lines.join('\n')}\n`;
}

interface Frame {
  readonly label: string;
  readonly close: string;
  readonly depth: number;
}

const isMembers = (value: unknown): value is Members => typeof value === 'object' && value !== null && !Array.isArray(value);

function line(sign: ' ' | '-' | '+', depth: number, text: string): string {
  return `${sign} ${'\t'.repeat(depth)}${text}`;
}

function valueText(value: unknown): string {
  return value === undefined ? 'nil' : JSON.stringify(value);
}

function structLines(lines: string[], frame: Frame, from: unknown, to: unknown): void {
  lines.push(line(' ', frame.depth, frame.label));
  const before = (from ?? {}) as Members;
  const after = (to ?? {}) as Members;
  let identical = 0;
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (sameValue(before[name], after[name])) {
      identical += 1;
      continue;
    }
    identical = flush(lines, frame.depth + 1, identical);
    memberLines(lines, { label: `${goName(name)}: `, close: ',', depth: frame.depth + 1 }, before[name], after[name]);
  }
  flush(lines, frame.depth + 1, identical);
  lines.push(line(' ', frame.depth, frame.close));
}

function memberLines(lines: string[], frame: Frame, from: unknown, to: unknown): void {
  if (frame.depth < MAX_DEPTH && isMembers(from) && isMembers(to)) {
    structLines(lines, { label: `${frame.label}{`, close: '},', depth: frame.depth }, from, to);
  } else if (frame.depth < MAX_DEPTH && Array.isArray(from) && Array.isArray(to) && from.length === to.length) {
    lines.push(line(' ', frame.depth, `${frame.label}{`));
    let identical = 0;
    for (let index = 0; index < from.length; index += 1) {
      if (sameValue(from[index], to[index])) {
        identical += 1;
        continue;
      }
      identical = flush(lines, frame.depth + 1, identical);
      memberLines(lines, { label: '', close: ',', depth: frame.depth + 1 }, from[index], to[index]);
    }
    flush(lines, frame.depth + 1, identical);
    lines.push(line(' ', frame.depth, '},'));
  } else {
    lines.push(line('-', frame.depth, `${frame.label}${valueText(from)},`), line('+', frame.depth, `${frame.label}${valueText(to)},`));
  }
}

function flush(lines: string[], depth: number, identical: number): number {
  if (identical) lines.push(line(' ', depth, `... // ${identical} identical ${identical === 1 ? 'field' : 'fields'}`));
  return 0;
}
