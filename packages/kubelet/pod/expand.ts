/**
 * `$(NAME)` in commands, arguments and environment values.
 *
 * Source: kubernetes `third_party/forked/golang/expansion`: `$$` gives `$`, unknown names stay as they are.
 */

/** Replaces every `$(NAME)` that `lookup` knows. */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  let result = '';
  let at = 0;
  while (at < text.length) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0 || dollar === text.length - 1) return result + text.slice(at);
    result += text.slice(at, dollar);
    const next = text[dollar + 1];
    const close = next === '(' ? text.indexOf(')', dollar + 2) : -1;
    if (next === '$') {
      result += '$';
      at = dollar + 2;
    } else if (close >= 0) {
      const name = text.slice(dollar + 2, close);
      result += lookup(name) ?? `$(${name})`;
      at = close + 1;
    } else {
      result += next === '(' ? '$(' : `$${next}`;
      at = dollar + 2;
    }
  }
  return result;
}
