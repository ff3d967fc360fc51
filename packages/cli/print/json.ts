/**
 * JSON as Go's encoder writes it: keys in order, and characters escaped that mean something in HTML.
 */
const ESCAPED = /[<>&\u2028\u2029]/g;

/** The value with the keys of every object in order. */
export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sortKeys(one)]),
  );
}

/** JSON with keys in order; `indent` spaces a step, or on one line. */
export function goJson(value: unknown, indent?: number): string {
  return JSON.stringify(sortKeys(value), undefined, indent).replaceAll(ESCAPED, (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`);
}

/** A value in Go's own syntax (`%#v`), as kubectl shows the object a template failed on. */
export function goSyntax(value: unknown): string {
  if (value === null || value === undefined) return 'interface {}(nil)';
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[string]interface {}{${entries.map(([key, one]) => `${JSON.stringify(key)}:${goSyntax(one)}`).join(', ')}}`;
}
