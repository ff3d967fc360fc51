/**
 * Finds members that stand twice in one JSON object, which `JSON.parse` silently merges.
 */
import { MAX_PROBLEMS } from './decode-problems.ts';

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const COMMA = 44;
const COLON = 58;

/** An open object or array: the keys seen, the current key or index. */
interface Level {
  readonly keys: string[] | undefined;
  set: Set<string> | undefined;
  key: string;
  index: number;
}

/** Objects with more members than this look their keys up in a set instead of comparing. */
const SMALL_OBJECT = 16;

function seenBefore(level: Level, key: string): boolean {
  const keys = level.keys!;
  if (level.set) {
    if (level.set.has(key)) return true;
    level.set.add(key);
    return false;
  }
  if (keys.includes(key)) return true;
  keys.push(key);
  if (keys.length > SMALL_OBJECT) level.set = new Set(keys);
  return false;
}

function pathOf(levels: readonly Level[]): string {
  let path = '';
  for (const level of levels) {
    if (level.keys === undefined) path += `[${level.index}]`;
    else path += path ? `.${level.key}` : level.key;
  }
  return path;
}

/** The index of the closing quote of the string that opens at `from`. */
function stringEnd(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end > 0 && text.charCodeAt(end - 1) === BACKSLASH) {
    let slashes = 1;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) break;
    end = text.indexOf('"', end + 1);
  }
  return end < 0 ? text.length : end;
}

/** `duplicate field "spec.x"` for each member given more than once. `text` is JSON that parses. */
export function duplicateFields(text: string): string[] {
  const problems = new Set<string>();
  const levels: Level[] = [];
  let level: Level | undefined;
  let expectKey = false;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      const end = stringEnd(text, i);
      if (expectKey && level) {
        const raw = text.slice(i + 1, end);
        level.key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
        if (seenBefore(level, level.key) && problems.size < MAX_PROBLEMS) problems.add(`duplicate field ${JSON.stringify(pathOf(levels))}`);
        expectKey = false;
      }
      i = end;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      level = { keys: code === OPEN_BRACE ? [] : undefined, set: undefined, key: '', index: 0 };
      levels.push(level);
      expectKey = code === OPEN_BRACE;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      levels.pop();
      level = levels.at(-1);
      expectKey = false;
    } else if (code === COMMA && level) {
      if (level.keys === undefined) level.index += 1;
      else expectKey = true;
    } else if (code === COLON) expectKey = false;
  }
  return [...problems];
}
