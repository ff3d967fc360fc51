/**
 * Encoded documents that many clients ask for: bytes, the same compressed, and the tag under which clients cache them.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { ApiCall, ApiReply } from '../call.ts';

/** Shorter documents are not worth the client's work. */
const MIN_GZIP_BYTES = 16 * 1024;

const gzipAsync = promisify(gzip);

/** An encoded document. */
export interface EncodedDocument {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string;
  /** Compressed when first asked for, outside the event loop. Absent for short ones. */
  readonly gzipped?: () => Promise<Buffer>;
}

/** Encodes a document; its tag is a hash of its bytes. */
export function encodedDocument(body: Buffer, contentType: string): EncodedDocument {
  const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;
  if (body.length < MIN_GZIP_BYTES) return { body, contentType, etag };
  let compressed: Promise<Buffer> | undefined;
  return { body, contentType, etag, gzipped: () => (compressed ??= gzipAsync(body)) };
}

/** Answers with a document, or with 304 to clients that have it. */
export function documentReply(call: ApiCall, { body, contentType, etag, gzipped }: EncodedDocument, headers: Readonly<Record<string, string>> = {}): ApiReply {
  const common = { 'Content-Type': contentType, ETag: etag, Vary: gzipped ? 'Accept, Accept-Encoding' : 'Accept', 'Cache-Control': 'public', ...headers };
  const known = call.header?.('if-none-match');
  if (known?.split(',').some((tag) => tag.trim() === etag)) return { type: 'raw', code: 304, headers: common, body: '' };
  return { type: 'raw', code: 200, headers: common, body, ...(gzipped ? { gzipped } : {}) };
}
