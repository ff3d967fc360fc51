/** Kubernetes' searches by regular expression. */
import type { RE2JS } from 're2js';
import { type Library, method, prepared } from '../functions.ts';
import { compileRegex, searchCost, withRegex } from '../standard/texts.ts';
import { INT, listOf, STRING } from '../types.ts';
import { type Value, ValueList } from '../values.ts';

function first(text: string, regex: RE2JS): string {
  const matcher = regex.matcher(text);
  return matcher.find() ? (matcher.group() ?? '') : '';
}

function all(text: string, regex: RE2JS, most = Infinity): Value {
  const found: Value[] = [];
  const matcher = regex.matcher(text);
  while (found.length < most && matcher.find()) found.push(matcher.group() ?? '');
  return new ValueList(found);
}

const find = withRegex(first);
const findAll = withRegex(all);

/** `find`, `findAll`. */
export const regex: Library = [
  prepared(method('find', [[STRING, STRING], STRING], find.run, searchCost), find.prepare),
  prepared(method('findAll', [[STRING, STRING], listOf(STRING)], findAll.run, searchCost), findAll.prepare),
  method(
    'findAll',
    [[STRING, STRING, INT], listOf(STRING)],
    (text: string, pattern: string, most: bigint) => all(text, compileRegex(pattern), most < 0n ? Infinity : Number(most)),
    searchCost,
  ),
];
