/**
 * Links of proxied pages, led back through the proxy: an absolute path would leave it.
 *
 * Source: apimachinery `util/proxy/transport.go`.
 */
import { Transform, type TransformCallback } from 'node:stream';

/** Attributes that hold a URL, by element. */
const LINKS: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['formaction', 'src', 'usemap'],
  ins: ['cite'],
  link: ['href'],
  object: ['codebase', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
};

/** Elements whose content is text, whatever it looks like. */
const TEXT_ELEMENTS: ReadonlySet<string> = new Set(['script', 'style', 'textarea', 'title']);
/** A longer tag is passed on as it is. */
const MAX_TAG_LENGTH = 64 * 1024;
const TAG = /<(?:!--[\s\S]*?-->|([a-zA-Z][a-zA-Z0-9]*)(?:"[^"]*"|'[^']*'|[^'">])*>)/y;
/** What may become a comment or a tag when more comes. */
const TAG_START = /^<(?:$|!(?:$|-(?:$|-))|[a-zA-Z])/;
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/g;

/** Where a page came from and where it is shown. */
export interface ProxiedPage {
  /** `host:port` of the backend. */
  readonly host: string;
  /** The path under which the backend's root appears. */
  readonly prefix: string;
}

/** A URL of the page as the client must use it. */
export function proxiedUrl(url: string, { host, prefix }: ProxiedPage): string {
  let path = url;
  if (!url.startsWith('/') || url.startsWith('//')) {
    const absolute = URL.parse(url.startsWith('//') ? `http:${url}` : url);
    if (absolute?.host !== host || !/^(?:https?:)?\/\//i.test(url)) return url;
    path = `${absolute.pathname}${absolute.search}${absolute.hash}`;
  }
  return path === prefix || path.startsWith(`${prefix}/`) ? path : prefix + path;
}

function rewriteTag(tag: string, element: string, page: ProxiedPage): string {
  const names = LINKS[element];
  if (!names) return tag;
  return tag.replace(ATTRIBUTE, (whole, name: string, equals: string, value: string) => {
    if (!names.includes(name.toLowerCase())) return whole;
    const quote = value.startsWith('"') || value.startsWith("'") ? value[0]! : '';
    const url = quote ? value.slice(1, -1) : value;
    return `${name}${equals}${quote}${proxiedUrl(url, page)}${quote}`;
  });
}

/** Rewrites the links of a page while it passes. Bytes other than links stay as they are, in any encoding that contains ASCII. */
export class HtmlLinks extends Transform {
  readonly #page: ProxiedPage;
  #kept = '';
  /** The element whose text is passing. */
  #inside = '';

  constructor(page: ProxiedPage) {
    super();
    this.#page = page;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#kept += chunk.toString('latin1');
    this.push(Buffer.from(this.#take(false), 'latin1'));
    done();
  }

  override _flush(done: TransformCallback): void {
    this.push(Buffer.from(this.#take(true), 'latin1'));
    done();
  }

  /** What of the kept text can be passed on, rewritten. */
  #take(all: boolean): string {
    let out = '';
    for (;;) {
      if (this.#inside !== '') {
        const end = this.#kept.toLowerCase().indexOf(`</${this.#inside}`);
        if (end < 0) return out + this.#pass(all ? this.#kept.length : Math.max(0, this.#kept.length - this.#inside.length - 2));
        out += this.#pass(end);
        this.#inside = '';
      }
      const begun = this.#kept.indexOf('<');
      out += this.#pass(begun < 0 ? this.#kept.length : begun);
      if (this.#kept === '') return out;
      TAG.lastIndex = 0;
      const tag = TAG.exec(this.#kept.slice(0, MAX_TAG_LENGTH));
      if (!tag) {
        const begins = TAG_START.test(this.#kept);
        if (begins && !all && this.#kept.length < MAX_TAG_LENGTH) return out;
        // What was looked at is not looked at again, so that no page takes longer than its length.
        out += this.#pass(begins ? MAX_TAG_LENGTH : 1);
        continue;
      }
      this.#kept = this.#kept.slice(tag[0].length);
      const element = (tag[1] ?? '').toLowerCase();
      out += rewriteTag(tag[0], element, this.#page);
      if (TEXT_ELEMENTS.has(element)) this.#inside = element;
    }
  }

  #pass(length: number): string {
    const passed = this.#kept.slice(0, length);
    this.#kept = this.#kept.slice(length);
    return passed;
  }
}
