/**
 * Long works that are cut into steps, so that a server can do others between them.
 */
import type { Json } from './source.ts';

/** The JSON text of a document whose `large` members are objects with many members; in steps. */
export function* jsonSteps(document: Json, large: readonly string[]): Generator<undefined, string> {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(document)) {
    if (!large.includes(name)) {
      parts.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
      continue;
    }
    const members: string[] = [];
    for (const [key, member] of Object.entries(value as Json)) {
      members.push(`${JSON.stringify(key)}:${JSON.stringify(member)}`);
      yield;
    }
    parts.push(`${JSON.stringify(name)}:{${members.join(',')}}`);
  }
  return `{${parts.join(',')}}`;
}

/** Does all steps at once. */
export function allSteps<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
