/**
 * The hot path's HTTP/1.1 head parser. It accepts only plain, strictly well-formed heads; everything else (other versions, folded lines,
 * chunked bodies, upgrades, expectations, anything odd) it leaves to Node's parser, which knows how to refuse it.
 */
import { RequestHeaders } from './request-headers.ts';

/** A parsed head. */
export interface RequestHead {
  /** Bytes of the head with its final empty line. */
  readonly length: number;
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
  /** From the end of the request line to the end of the head. */
  readonly bytes: Buffer;
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

const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const LINE_END = '\r\n';
const HEAD_END = Buffer.from('\r\n\r\n');

/** Parses heads of one connection; remembers the last header block, because clients repeat theirs. */
export class HeadParser {
  #last: HeaderBlock | undefined;

  /** The head that `bytes` begin with; `unusual`: leave the request to Node. */
  parse(bytes: Buffer): RequestHead | 'incomplete' | 'unusual' {
    const lineEnd = bytes.indexOf(CARRIAGE_RETURN);
    if (lineEnd < 0) return 'incomplete';
    let block = this.#last;
    if (block === undefined || !isAt(block.bytes, bytes, lineEnd)) {
      const end = bytes.indexOf(HEAD_END, lineEnd);
      if (end < 0) return 'incomplete';
      block = parseBlock(bytes, lineEnd, end);
      if (block === undefined) return 'unusual';
      this.#last = block;
    }
    const line = REQUEST_LINE.exec(bytes.toString('latin1', 0, lineEnd));
    if (!line) return 'unusual';
    const { headers, contentLength, close } = block;
    return { length: lineEnd + block.bytes.length, method: line[1]!, url: line[2]!, headers, contentLength, close };
  }
}

function isAt(block: Buffer, bytes: Buffer, start: number): boolean {
  const end = start + block.length;
  return end <= bytes.length && bytes.compare(block, 0, block.length, start, end) === 0;
}

/** Parses the header lines between `start`, where the request line ends, and `end`, where the empty line begins. */
function parseBlock(bytes: Buffer, start: number, end: number): HeaderBlock | undefined {
  if (end === start || bytes[start + 1] !== LINE_FEED) return undefined;
  const text = bytes.toString('latin1', start + LINE_END.length, end);
  const pairs: string[] = [];
  let contentLength = -1;
  let close = false;
  let hosts = 0;
  for (const line of text.split(LINE_END)) {
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
  const copy = Buffer.from(bytes.subarray(start, end + HEAD_END.length));
  return { bytes: copy, headers: new RequestHeaders(pairs), contentLength: Math.max(contentLength, 0), close };
}
