/**
 * The hot path's HTTP/1.1 head parser. It accepts only plain, strictly well-formed heads; everything else (other versions, folded lines,
 * chunked bodies, upgrades, expectations, anything odd) it leaves to Node's parser, which knows how to refuse it.
 */
import { RequestHeaders } from './request-headers.ts';

/** A parsed head. */
export interface RequestHead {
  readonly method: string;
  /** Origin-form request target as sent. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** Bytes of the body; 0 when there is none. */
  readonly contentLength: number;
  /** The client closes after this reply. */
  readonly close: boolean;
}

interface HeaderBlock {
  readonly text: string;
  readonly headers: RequestHeaders;
  readonly contentLength: number;
  readonly close: boolean;
}

const REQUEST_LINE = /^(GET|POST|PUT|PATCH|DELETE) (\/[!-~]*) HTTP\/1\.1$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const LENGTH = /^\d{1,15}$/;

/** Headers that change how the message is framed or answered: not for the hot path. */
const UNUSUAL = new Set(['transfer-encoding', 'upgrade', 'expect', 'trailer', 'te']);

/** Parses heads of one connection; remembers the last header block, because clients repeat theirs. */
export class HeadParser {
  #last: HeaderBlock | undefined;

  /** Parses `text`, a head without its final empty line; `undefined`: leave the request to Node. */
  parse(text: string): RequestHead | undefined {
    const lineEnd = text.indexOf('\r\n');
    const line = REQUEST_LINE.exec(lineEnd < 0 ? text : text.slice(0, lineEnd));
    if (!line) return undefined;
    const rest = lineEnd < 0 ? '' : text.slice(lineEnd + 2);
    let block = this.#last;
    if (block === undefined || block.text !== rest) {
      block = parseBlock(rest);
      if (block === undefined) return undefined;
      this.#last = block;
    }
    return { method: line[1]!, url: line[2]!, headers: block.headers, contentLength: block.contentLength, close: block.close };
  }
}

function parseBlock(text: string): HeaderBlock | undefined {
  const pairs: string[] = [];
  let contentLength = -1;
  let close = false;
  let hosts = 0;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) return undefined;
    const rawName = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    if (!TOKEN.test(rawName) || !VALUE.test(value)) return undefined;
    const name = rawName.toLowerCase();
    if (UNUSUAL.has(name)) return undefined;
    if (name === 'host') hosts++;
    else if (name === 'content-length') {
      if (contentLength >= 0 || !LENGTH.test(value)) return undefined;
      contentLength = Number(value);
    } else if (name === 'connection') {
      const option = value.toLowerCase();
      if (option === 'close') close = true;
      else if (option !== 'keep-alive') return undefined;
    }
    pairs.push(name, value);
  }
  if (hosts !== 1) return undefined;
  return { text, headers: new RequestHeaders(pairs), contentLength: Math.max(contentLength, 0), close };
}
