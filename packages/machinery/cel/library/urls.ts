/**
 * URLs, as Go's `url.ParseRequestURI` reads them: absolute, or an absolute path.
 */
import { sizeOf } from '../compare.ts';
import { type Declaration, fn, type Library, method } from '../functions.ts';
import { TRAVERSAL } from '../standard/operators.ts';
import { BOOL, listOf, mapOf, opaque, STRING } from '../types.ts';
import { CelError, CelOpaque, type Value, ValueList, ValueMap } from '../values.ts';

const URL_TYPE = opaque('kubernetes.URL');

interface Parts {
  readonly scheme: string;
  /** Name or address with port. */
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

class CelUrl extends CelOpaque {
  readonly type = URL_TYPE as CelOpaque['type'];
  readonly text: string;
  readonly parts: Parts;

  constructor(text: string, parts: Parts) {
    super();
    this.text = text;
    this.parts = parts;
  }

  equals(other: CelOpaque): boolean {
    return other instanceof CelUrl && other.text === this.text;
  }
}

const fails = (text: string, why: string): CelError => new CelError(`URL parse error during conversion from string: parse ${JSON.stringify(text)}: ${why}`);

/** @throws CelError */
function parseUrl(text: string): CelUrl {
  if (text === '') throw fails(text, 'empty url');
  // oxlint-disable-next-line no-control-regex -- what Go calls control characters
  if (/[\u0000-\u001f\u007f]/.test(text)) throw fails(text, 'net/url: invalid control character in URL');
  const found = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(.*)$/s.exec(text)!;
  const scheme = (found[1] ?? '').toLowerCase();
  const rest = found[2]!;
  if (text.startsWith(':')) throw fails(text, 'missing protocol scheme');
  if (!rest.startsWith('/')) {
    // `mailto:x`: Go takes it, with neither host nor path.
    if (scheme && rest) return new CelUrl(text, { scheme, host: '', path: '', query: '' });
    throw fails(text, 'invalid URI for request');
  }
  const question = rest.indexOf('?');
  const hierarchy = question < 0 ? rest : rest.slice(0, question);
  const query = question < 0 ? '' : rest.slice(question + 1);
  const authority = scheme && hierarchy.startsWith('//') ? /^\/\/([^/]*)(.*)$/s.exec(hierarchy)! : undefined;
  const host = authority ? hostOf(text, authority[1]!) : '';
  const path = authority ? authority[2]! : hierarchy;
  const escape = /%(?![0-9a-fA-F]{2}).{0,2}/.exec(path);
  if (escape) throw fails(text, `invalid URL escape ${JSON.stringify(escape[0])}`);
  return new CelUrl(text, { scheme, host, path, query });
}

function hostOf(text: string, authority: string): string {
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  if (/[ "<>\\^`{|}]/.test(host)) throw fails(text, `invalid character ${JSON.stringify(/[ "<>\\^`{|}]/.exec(host)![0])} in host name`);
  if (host.startsWith('[')) {
    const end = host.indexOf(']');
    if (end < 0) throw fails(text, "missing ']' in host");
    checkPort(text, host.slice(end + 1));
  } else if (host.includes(':')) checkPort(text, host.slice(host.lastIndexOf(':')));
  return host;
}

function checkPort(text: string, port: string): void {
  if (port !== '' && !/^:\d*$/.test(port)) throw fails(text, `invalid port ${JSON.stringify(port)} after host`);
}

function hostname({ parts: { host } }: CelUrl): string {
  if (host.startsWith('[')) return host.slice(1, host.indexOf(']'));
  return host.replace(/:\d*$/, '');
}

function queryOf({ parts: { query } }: CelUrl): ValueMap {
  const map = new ValueMap();
  for (const [key, value] of new URLSearchParams(query)) {
    const known = map.get(key);
    if (known instanceof ValueList) known.items.push(value);
    else map.add(key, new ValueList([value]));
  }
  return map;
}

const escapedPath = ({ parts: { path } }: CelUrl): string => path.replace(/[^A-Za-z0-9\-._~$&+,/:;=@!'()*%[\]]/gu, (one) => encodeURIComponent(one));

function isUrl(text: string): boolean {
  try {
    parseUrl(text);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

const bySize = ([text]: readonly Value[]): number => Math.ceil(sizeOf(text!) * TRAVERSAL);
const part = (name: string, of: (url: CelUrl) => string): Declaration => method(name, [[URL_TYPE], STRING], of);

/** `url`, `isURL`, `getHost`, … */
export const urls: Library = [
  fn('url', [[STRING], URL_TYPE], parseUrl, bySize),
  fn('isURL', [[STRING], BOOL], isUrl, bySize),
  part('getScheme', ({ parts }) => parts.scheme),
  part('getHost', ({ parts }) => parts.host),
  part('getHostname', hostname),
  part('getPort', ({ parts }) => /:(\d*)$/.exec(parts.host.replace(/^\[.*\]/, ''))?.[1] ?? ''),
  part('getEscapedPath', escapedPath),
  method('getQuery', [[URL_TYPE], mapOf(STRING, listOf(STRING))], queryOf),
];
