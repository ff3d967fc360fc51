/** Static tokens from a file of comma-separated values: token, user name, uid, and optionally groups in one quoted column. Source: apiserver `authenticator/token/tokenfile`. */
import { ConfigurationError } from '../configuration.ts';
import type { StaticToken } from './known-tokens.ts';

const COLUMNS = 3;

/** Reads the tokens; lines without a token are left out, of equal tokens the last counts. @throws ConfigurationError naming the file */
export function readTokenFile(text: string, path: string): StaticToken[] {
  const tokens = new Map<string, StaticToken>();
  for (const record of records(text)) {
    if (record.length < COLUMNS)
      throw new ConfigurationError(`token file '${path}' must have at least 3 columns (token, user name, user uid), found ${record.length}`);
    const [token = '', name = '', uid = '', groups = ''] = record;
    if (token === '') continue;
    tokens.set(token, {
      token,
      user: { name, ...(uid === '' ? {} : { uid }), groups: groups === '' ? [] : groups.split(',').map((group) => group.trim()) },
    });
  }
  return [...tokens.values()];
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;

/** Fields may be quoted; a quote in them is doubled. Empty lines are no records. */
function records(text: string): string[][] {
  return text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map(fields);
}

function fields(line: string): string[] {
  const found: string[] = [];
  const pattern = new RegExp(FIELD);
  for (let match = pattern.exec(line); match; match = pattern.exec(line)) {
    found.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') break;
  }
  return found;
}
