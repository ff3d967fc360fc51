/** Longest text of indexes that is looked at, bytes. */
export const MAX_INDEXES_LENGTH = 65_536;

/** A run of indexes, ends included. */
interface Interval {
  readonly first: number;
  readonly end: number;
}

/**
 * How many indexes a text such as `0-2,5` names, or what is wrong with it.
 *
 * Source: kubernetes `pkg/apis/batch/validation` validateIndexesFormat.
 */
export function parseIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  if (text.length > MAX_INDEXES_LENGTH) return `must be no more than ${MAX_INDEXES_LENGTH} bytes`;
  let total = 0;
  let last: number | undefined;
  for (const part of text.split(',')) {
    const interval = parseInterval(part, completions);
    if (typeof interval === 'string') return interval;
    const { first, end } = interval;
    if (last !== undefined && first <= last) return `non-increasing order, previous: ${last}, current: ${first}`;
    total += end - first + 1;
    last = end;
  }
  return total;
}

/** The first index that both texts name; parts that are not sound are passed over. */
export function sharedIndex(one: string, other: string, completions: number): number | undefined {
  const [left, right] = [intervalsOf(one, completions), intervalsOf(other, completions)];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i]!, right[j]!];
    if (a.first <= b.end && b.first <= a.end) return Math.max(a.first, b.first);
    if (a.first <= b.first) i += 1;
    else j += 1;
  }
  return undefined;
}

function intervalsOf(text: string, completions: number): Interval[] {
  if (text === '' || text.length > MAX_INDEXES_LENGTH) return [];
  return text
    .split(',')
    .map((part) => parseInterval(part, completions))
    .filter((part) => typeof part !== 'string');
}

function parseInterval(text: string, completions: number): Interval | string {
  const limits = text.split('-');
  if (limits.length > 2) return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  const values: number[] = [];
  for (const limit of limits) {
    const value = wholeNumber(limit);
    if (value === undefined) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
    if (value >= completions) return `too large index: ${JSON.stringify(limit)}`;
    values.push(value);
  }
  const [first = 0, end = first] = values;
  return limits.length === 2 && first >= end ? `non-increasing order, previous: ${first}, current: ${end}` : { first, end };
}

function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
