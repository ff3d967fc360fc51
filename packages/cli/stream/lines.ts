/**
 * A stream as lines of text.
 */
import type { Readable } from 'node:stream';

/** Yields each line without its newline, as it arrives. */
export async function* readLines(stream: Readable): AsyncIterable<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest) yield rest;
}
