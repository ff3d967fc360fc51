/** Headers of one request by lower-case name, in the order they came. Immutable: requests with equal header blocks may share one. */
export class RequestHeaders {
  /** Name, value, name, value …; names in lower case. */
  readonly pairs: readonly string[];
  #bearer: string | undefined | null = null;

  constructor(pairs: readonly string[]) {
    this.pairs = pairs;
  }

  /** Makes headers from a raw list in which names have any case. */
  static fromRaw(raw: readonly string[]): RequestHeaders {
    const pairs: string[] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = raw[i]!;
      if (!name.startsWith(':')) pairs.push(name.toLowerCase(), raw[i + 1]!);
    }
    return new RequestHeaders(pairs);
  }

  /** The first value of `name` (lower case). */
  get(name: string): string | undefined {
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1];
    return undefined;
  }

  /** The token of a bearer `Authorization`. Looked for once: requests that share these headers share the text, whose hash is then known. */
  get bearerToken(): string | undefined {
    if (this.#bearer === null) this.#bearer = bearerTokenOf(this.get('authorization'));
    return this.#bearer;
  }

  /** Every value of `name` (lower case). */
  all(name: string): string[] {
    const values: string[] = [];
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) values.push(pairs[i + 1]!);
    return values;
  }

  /** All values of list-valued header `name` as one comma-separated text. */
  combined(name: string): string | undefined {
    const first = this.get(name);
    if (first === undefined) return undefined;
    const values = this.all(name);
    return values.length === 1 ? first : values.join(', ');
  }

  /** Values by the rest of the name, for headers that start with `prefix` (lower case). */
  withPrefix(prefix: string): Map<string, string[]> {
    const found = new Map<string, string[]>();
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i]!;
      if (!name.startsWith(prefix)) continue;
      const rest = name.slice(prefix.length);
      const values = found.get(rest);
      if (values) values.push(pairs[i + 1]!);
      else found.set(rest, [pairs[i + 1]!]);
    }
    return found;
  }
}

function bearerTokenOf(header: string | undefined): string | undefined {
  if (header === undefined || header.slice(0, 7).toLowerCase() !== 'bearer ') return undefined;
  const token = header.slice(7).trim();
  return token === '' ? undefined : token;
}
