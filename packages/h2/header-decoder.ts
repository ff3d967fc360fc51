/**
 * Reads header blocks.
 *
 * Source: RFC 7541 (HPACK).
 */
import { huffmanText } from './huffman.ts';

/** A header's name and value. */
type Header = readonly [name: string, value: string];

/** Source: RFC 7541, appendix A. */
const STATIC_TABLE: readonly Header[] = (
  ':authority,:method=GET,:method=POST,:path=/,:path=/index.html,:scheme=http,:scheme=https,:status=200,:status=204,:status=206,:status=304,:status=400,:status=404,:status=500,accept-charset,' +
  'accept-encoding=gzip; deflate,accept-language,accept-ranges,accept,access-control-allow-origin,age,allow,authorization,cache-control,content-disposition,content-encoding,content-language,' +
  'content-length,content-location,content-range,content-type,cookie,date,etag,expect,expires,from,host,if-match,if-modified-since,if-none-match,if-range,if-unmodified-since,last-modified,link,' +
  'location,max-forwards,proxy-authenticate,proxy-authorization,range,referer,refresh,retry-after,server,set-cookie,strict-transport-security,transfer-encoding,user-agent,vary,via,www-authenticate'
)
  .split(',')
  .map((entry) => {
    const [name = '', value = ''] = entry.split('=');
    return [name, value.replace('; ', ', ')];
  });

/** How much of what was sent before may be referred to: the protocol's default, which is not changed. */
const MAX_TABLE_BYTES = 4_096;
const ENTRY_OVERHEAD_BYTES = 32;

/** What a connection's peer may refer to. One per connection: blocks must come in order. */
export class HeaderDecoder {
  /** Newest first. */
  readonly #table: Header[] = [];
  #tableBytes = 0;
  #limitBytes = MAX_TABLE_BYTES;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /** Calls `visit` for each header of a block. @throws RangeError for what is no header block */
  decode(block: Buffer, visit: (name: string, value: string) => void): void {
    this.#block = block;
    this.#at = 0;
    while (this.#at < block.length) {
      const first = block[this.#at]!;
      if (first >= 0x80) {
        const [name, value] = this.#entry(this.#integer(7));
        visit(name, value);
      } else if (first >= 0x40) {
        const header = this.#literal(6);
        this.#remember(header);
        visit(header[0], header[1]);
      } else if (first >= 0x20) this.#resize(this.#integer(5));
      else {
        const [name, value] = this.#literal(4);
        visit(name, value);
      }
    }
  }

  #entry(index: number): Header {
    const header = index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : this.#table[index - STATIC_TABLE.length - 1];
    if (!header) throw new RangeError(`header ${index} is in no table`);
    return header;
  }

  #literal(bits: number): Header {
    const index = this.#integer(bits);
    const name = index === 0 ? this.#text() : this.#entry(index)[0];
    return [name, this.#text()];
  }

  #integer(bits: number): number {
    const most = (1 << bits) - 1;
    let value = this.#block[this.#at++]! & most;
    if (value < most) return value;
    for (let factor = 1; factor < 2 ** 28; factor *= 128) {
      const byte = this.#block[this.#at++];
      if (byte === undefined) break;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a header block ends inside a number');
  }

  #text(): string {
    const coded = this.#block[this.#at]! >= 0x80;
    const length = this.#integer(7);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw new RangeError('a header block ends inside a text');
    return coded ? huffmanText(this.#block, start, this.#at) : this.#block.toString('latin1', start, this.#at);
  }

  #remember(header: Header): void {
    this.#table.unshift(header);
    this.#tableBytes += sizeOf(header);
    this.#evict();
  }

  #resize(limit: number): void {
    if (limit > MAX_TABLE_BYTES) throw new RangeError(`a header table of ${limit} bytes was not agreed on`);
    this.#limitBytes = limit;
    this.#evict();
  }

  #evict(): void {
    while (this.#tableBytes > this.#limitBytes) this.#tableBytes -= sizeOf(this.#table.pop()!);
  }
}

function sizeOf([name, value]: Header): number {
  return name.length + value.length + ENTRY_OVERHEAD_BYTES;
}
