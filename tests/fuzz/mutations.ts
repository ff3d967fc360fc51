/**
 * Inputs that are nearly valid: valid ones, cut, doubled, swapped and sprinkled with what parsers trip over.
 */
import fc from 'fast-check';

/** How long one fuzzer runs, and how many inputs it tries at most. */
const TIME_BOX_MS = 3_000;
const MAX_RUNS = 20_000;

/** One input must not take longer than this, whatever it is. */
const PATIENCE_MS = 2_000;

const MAX_EDITS = 5;
const MAX_SLICE = 24;

const SPICE = [
  '', '{', '}', '[', ']', ',', ':', '"', "'", '\\', '\\u', '\\ud800', '\u0000', '\ufeff', '\u2028', '😀', '\ud800', '-', '- ', '? ', '| ', '>-', '&a ', '*a', '!!binary ', '!!int ', '<<: ', '---\n', '...\n', '%', '#', '\t', '\n', '\r\n', ' ',
  'null', '~', 'true', 'NaN', '.inf', '0x10', '0o7', '1_0', '1e400', '-0', '1e-7', '9007199254740993', '99999999999999999999', '00', '+1', '.', '1.', 'Ki', 'm', 'E', 'e', 'n', 'Ei',
  '__proto__', 'constructor', 'toString', 'metadata', 'kind', 'apiVersion', '$patch', '$retainKeys', '$setElementOrder/containers', '$deleteFromPrimitiveList/finalizers', 'k:{"name":"a"}', 'f:metadata', '.', '/', '~0', '~1', '~2', '-1',
  '=', '==', '!=', '!', ' in ', ' notin ', '(', ')', '>', '<', 'exists', '%2F', '%00', '%zz', '//', '..', '[[[[[[[[[[[[[[[[', '{"a":{"a":{"a":', '((((((((((',
  '\r\n\r\n', '\r\n ', 'Content-Length: 5', 'Transfer-Encoding: chunked', 'Host: ', 'Expect: 100-continue', 'Connection: Upgrade', 'Upgrade: websocket', 'HTTP/1.0', 'HTTP/2.0', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '0\r\n\r\n', 'ffffffffffffffff\r\n',
];

interface Edit {
  readonly what: 'cut' | 'double' | 'insert' | 'replace' | 'truncate' | 'repeat';
  readonly at: number;
  readonly length: number;
  readonly spice: string;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  what: fc.constantFrom('cut', 'double', 'insert', 'replace', 'truncate', 'repeat'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.integer({ min: 1, max: MAX_SLICE }),
  spice: fc.constantFrom(...SPICE),
});

const edits = fc.array(edit, { maxLength: MAX_EDITS });

/** Each edit cuts [from, to) out and puts `middle` there. */
function spans({ what, at, length, spice }: Edit, size: number): { readonly from: number; readonly to: number; readonly spice: string; readonly copies: number } {
  const from = Math.floor(at * size);
  const to = Math.min(size, from + length);
  switch (what) {
    case 'cut':
      return { from, to, spice: '', copies: 0 };
    case 'double':
      return { from, to, spice: '', copies: 2 };
    case 'repeat':
      return { from, to, spice: '', copies: 200 };
    case 'insert':
      return { from, to: from, spice, copies: 0 };
    case 'replace':
      return { from, to, spice, copies: 0 };
    case 'truncate':
      return { from, to: size, spice: '', copies: 0 };
  }
}

/** Texts of `valid`, edited up to a few times. */
export function mutatedText(valid: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(valid, edits).map(([start, all]) => {
    let text = start;
    for (const one of all) {
      const { from, to, spice, copies } = spans(one, text.length);
      text = text.slice(0, from) + spice + text.slice(from, to).repeat(copies) + text.slice(to);
    }
    return text;
  });
}

/** Bytes of `valid`, edited likewise; a flipped bit or two on top. */
export function mutatedBytes(valid: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const flips = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), fc.nat({ max: 255 })), { maxLength: 4 });
  return fc.tuple(valid, edits, flips).map(([start, all, flipped]) => {
    let bytes = start;
    for (const one of all) {
      const { from, to, spice, copies } = spans(one, bytes.length);
      const middle = Array.from({ length: copies }, () => bytes.subarray(from, to));
      bytes = Buffer.concat([bytes.subarray(0, from), Buffer.from(spice), ...middle, bytes.subarray(to)]);
    }
    const copy = Buffer.from(bytes);
    for (const [at, mask] of flipped) if (copy.length > 0) copy[Math.floor(at * copy.length)]! ^= mask;
    return copy;
  });
}

/** `NAVARCH_FUZZ_SEED`, so that a search can go on for as long as someone likes; without it, the same inputs every time: a change is judged by what it changed. */
const seed = Number(process.env['NAVARCH_FUZZ_SEED'] ?? 1);

/** What fast-check is told: the seed and the time box. */
export function timeBox(print: (line: string) => void): fc.Parameters<unknown> {
  print(`NAVARCH_FUZZ_SEED=${seed}`);
  return { seed, numRuns: MAX_RUNS, interruptAfterTimeLimit: TIME_BOX_MS, markInterruptAsFailure: false };
}

/** Runs `body` and fails when it took long. */
export function promptly<T>(body: () => T): T {
  const startMs = performance.now();
  const result = body();
  const tookMs = performance.now() - startMs;
  if (tookMs > PATIENCE_MS) throw new Error(`one input took ${Math.round(tookMs)} ms`);
  return result;
}
