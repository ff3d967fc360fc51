/** Tests of strings. Regular expressions are RE2's: their time is linear in the text, so that none can hang a server. */
import { RE2JS } from 're2js';
import { sizeOf } from '../compare.ts';
import { fn, type Library, method, type Overload, prepared } from '../functions.ts';
import { BOOL, STRING } from '../types.ts';
import { CelError, type Value } from '../values.ts';
import { TRAVERSAL } from './operators.ts';

const REGEX = 0.25;

/** A regular expression. @throws CelError in the words of Go's regexp */
export function compileRegex(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new CelError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** What a search costs: the text times the expression. */
export const searchCost = ([text, pattern]: readonly Value[]): number =>
  Math.ceil((1 + sizeOf(text!)) * TRAVERSAL) * Math.max(1, Math.ceil(sizeOf(pattern!) * REGEX));

/** Code that has its regular expression compiled when that is a constant. */
export function withRegex(run: (text: string, regex: RE2JS) => Value): { readonly run: (text: string, pattern: string) => Value; readonly prepare: NonNullable<Overload['prepare']> } {
  return {
    run: (text, pattern) => run(text, compileRegex(pattern)),
    prepare([, pattern]) {
      if (typeof pattern !== 'string') return undefined;
      const regex = compileRegex(pattern);
      return (text) => run(text as string, regex);
    },
  };
}

const byArgument = ([, part]: readonly Value[]): number => Math.ceil(sizeOf(part!) * TRAVERSAL);
const byBoth = ([text, part]: readonly Value[]): number => Math.ceil(sizeOf(text!) * TRAVERSAL) * Math.ceil(sizeOf(part!) * TRAVERSAL);
const matches = withRegex((text, regex) => regex.matcher(text).find());

/** `contains`, `startsWith`, `endsWith`, `matches`. */
export const texts: Library = [
  method('contains', [[STRING, STRING], BOOL], (text: string, part: string) => text.includes(part), byBoth),
  method('startsWith', [[STRING, STRING], BOOL], (text: string, part: string) => text.startsWith(part), byArgument),
  method('endsWith', [[STRING, STRING], BOOL], (text: string, part: string) => text.endsWith(part), byArgument),
  prepared(method('matches', [[STRING, STRING], BOOL], matches.run, searchCost), matches.prepare),
  prepared(fn('matches', [[STRING, STRING], BOOL], matches.run, searchCost), matches.prepare),
];
