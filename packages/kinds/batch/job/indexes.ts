/** Longest text of indexes that is looked at. */
const MAX_LENGTH = 65_536;

/**
 * How many indexes a text such as `0-2,5` names, or what is wrong with it.
 *
 * Source: kubernetes `pkg/apis/batch/validation` validateIndexesFormat.
 */
export function parseIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  if (text.length > MAX_LENGTH) return `must be no more than ${MAX_LENGTH} bytes`;
  let total = 0;
  let last: number | undefined;
  for (const interval of text.split(',')) {
    const limits = interval.split('-');
    if (limits.length > 2)
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    const [first, end = first] = limits.map(wholeNumber);
    if (first === undefined) return `cannot convert string to integer for index: ${JSON.stringify(limits[0])}`;
    if (end === undefined) return `cannot convert string to integer for index: ${JSON.stringify(limits[1])}`;
    if (first >= completions) return `too large index: ${JSON.stringify(limits[0])}`;
    if (last !== undefined && first <= last) return `non-increasing order, previous: ${last}, current: ${first}`;
    if (limits.length === 2 && first >= end) return `non-increasing order, previous: ${first}, current: ${end}`;
    if (end >= completions) return `too large index: ${JSON.stringify(limits.at(-1))}`;
    total += end - first + 1;
    last = end;
  }
  return total;
}

function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
