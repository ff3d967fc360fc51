/**
 * What is wrong with an expression, and where, in cel-go's form:
 *
 *     ERROR: <input>:1:5: undeclared reference to 'x' (in container '')
 *      | 1 + x
 *      | ....^
 */

/** Findings beyond these are not reported. Source: cel-go's limit. */
export const MAX_ISSUES = 100;
/** Findings are left out of texts longer than this: each shows its whole line. */
const MAX_TEXT = 65_536;

/** A finding of the parser or the checker. `at` is an offset in code points. */
export interface Issue {
  readonly at: number;
  readonly message: string;
}

/** An expression that cannot be parsed: thrown inside the parser only. */
export class ParseFailure extends Error {
  readonly issue: Issue;

  constructor(at: number, message: string) {
    super(message);
    this.issue = { at, message };
  }
}

const isWide = (point: number): boolean => point > 127;

/** The findings as text, in the order of their places. */
export function issuesText(source: string, issues: readonly Issue[]): string {
  const lines = source.split('\n').map((line) => Array.from(line));
  const starts: number[] = [];
  let next = 0;
  for (const line of lines) {
    starts.push(next);
    next += line.length + 1;
  }
  const sorted = issues.toSorted((a, b) => a.at - b.at);
  let text = '';
  for (const issue of sorted) {
    if (text.length > MAX_TEXT) break;
    text += `${text ? '\n' : ''}${issueText(issue, lines, starts)}`;
  }
  return text;
}

function issueText({ at, message }: Issue, lines: readonly string[][], starts: readonly number[]): string {
  let index = starts.findLastIndex((start) => start <= at);
  if (index < 0) index = 0;
  const column = at - (starts[index] ?? 0);
  const line = lines[index] ?? [];
  // Under characters that are wide, dots and caret are wide too.
  const dots = Array.from({ length: column }, (_, i) => (isWide(line[i]?.codePointAt(0) ?? 0) ? '．' : '.'));
  const caret = isWide(line[column]?.codePointAt(0) ?? 0) ? '＾' : '^';
  const shown = line.join('').replaceAll('\t', ' ');
  return `ERROR: <input>:${index + 1}:${column + 1}: ${message}\n | ${shown}\n | ${dots.join('')}${caret}`;
}
