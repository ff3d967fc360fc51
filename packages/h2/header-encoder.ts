/**
 * Writes header blocks that refer to nothing sent before, so that a block can be made once and sent with many requests.
 *
 * Source: RFC 7541 (HPACK).
 */

/** A header block: literal headers, not to be remembered. Names are lower case, pseudo headers come first. */
export function headerBlock(headers: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.of(0), literal(name), literal(value)]));
}

const MOST_IN_ONE_BYTE = 0x7f;

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < MOST_IN_ONE_BYTE) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const head = [MOST_IN_ONE_BYTE];
  let rest = bytes.length - MOST_IN_ONE_BYTE;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) head.push((rest % 128) | 0x80);
  head.push(rest);
  return Buffer.concat([Buffer.from(head), bytes]);
}
