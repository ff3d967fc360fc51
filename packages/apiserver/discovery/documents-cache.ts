/**
 * Encoded documents that many clients ask for: bytes and the tag under which clients cache them.
 */
import { createHash } from 'node:crypto';
import type { ApiCall, ApiReply } from '../call.ts';

/** An encoded document. */
export interface EncodedDocument {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string;
}

/** Encodes a document; its tag is a hash of its bytes. */
export function encodedDocument(body: Buffer, contentType: string): EncodedDocument {
  return { body, contentType, etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"` };
}

/** Answers with a document, or with 304 to clients that have it. */
export function documentReply(call: ApiCall, document: EncodedDocument, headers: Readonly<Record<string, string>> = {}): ApiReply {
  const common = { 'Content-Type': document.contentType, ETag: document.etag, Vary: 'Accept', 'Cache-Control': 'public', ...headers };
  const known = call.header?.('if-none-match');
  if (known?.split(',').some((tag) => tag.trim() === document.etag)) return { type: 'raw', code: 304, headers: common, body: '' };
  return { type: 'raw', code: 200, headers: common, body: document.body };
}
