/**
 * Sets of completion indexes as Jobs write them: `1,3-5,7`.
 *
 *     intervals [first, last], ascending, never touching
 *
 * Source: the documented format of `status.completedIndexes`.
 */

interface Interval {
  readonly first: number;
  readonly last: number;
}

/** An immutable set of indexes. */
export class Indexes {
  readonly #intervals: readonly Interval[];

  private constructor(intervals: readonly Interval[]) {
    this.#intervals = intervals;
  }

  /** No index. */
  static readonly none: Indexes = new Indexes([]);

  /** Any numbers, in any order. */
  static of(numbers: Iterable<number>): Indexes {
    return new Indexes(join([...numbers].map((number) => ({ first: number, last: number }))));
  }

  /** Reads text, leaving out indexes of `completions` and above. Text that is malformed counts as empty. */
  static parse(text: string | undefined, completions: number): Indexes {
    if (!text) return Indexes.none;
    const intervals: Interval[] = [];
    for (const part of text.split(',')) {
      const [first, last = first] = part.split('-').map(Number);
      if (first === undefined || last === undefined || !Number.isInteger(first) || !Number.isInteger(last)) return Indexes.none;
      if (first < completions) intervals.push({ first, last: Math.min(last, completions - 1) });
    }
    return new Indexes(join(intervals));
  }

  /** How many indexes there are. */
  get size(): number {
    return this.#intervals.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  }

  has(index: number): boolean {
    let low = 0;
    let high = this.#intervals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { first, last } = this.#intervals[middle]!;
      if (index < first) high = middle;
      else if (index > last) low = middle + 1;
      else return true;
    }
    return false;
  }

  /** These and `others`. */
  union(others: Indexes): Indexes {
    return new Indexes(join([...this.#intervals, ...others.#intervals]));
  }

  /** How many indexes both have. */
  common(others: Indexes): number {
    let count = 0;
    for (const a of this.#intervals) {
      for (const b of others.#intervals) count += Math.max(Math.min(a.last, b.last) - Math.max(a.first, b.first) + 1, 0);
    }
    return count;
  }

  /** The lowest `count` indexes below `completions` that are not in the set. */
  firstMissing(count: number, completions: number): number[] {
    const missing: number[] = [];
    let next = 0;
    for (const { first, last } of [...this.#intervals, { first: completions, last: completions }]) {
      for (; next < Math.min(first, completions) && missing.length < count; next++) missing.push(next);
      next = Math.max(next, last + 1);
    }
    return missing;
  }

  toString(): string {
    return this.#intervals.map(({ first, last }) => (first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`)).join(',');
  }
}

/** Sorts intervals and joins those that overlap or touch. */
function join(intervals: readonly Interval[]): Interval[] {
  const joined: { first: number; last: number }[] = [];
  for (const { first, last } of intervals.toSorted((a, b) => a.first - b.first)) {
    const previous = joined.at(-1);
    if (previous && first <= previous.last + 1) previous.last = Math.max(previous.last, last);
    else joined.push({ first, last });
  }
  return joined;
}
