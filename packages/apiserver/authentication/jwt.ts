/** Compact JSON web tokens: signing with P-256, verifying with P-256 or RSA. Source: RFC 7515, RFC 7518, RFC 7638. */
import { type KeyObject, createHash, createPublicKey, sign, verify } from 'node:crypto';

/** A decoded token that has not been verified. */
export interface ParsedToken {
  readonly header: { readonly alg?: unknown; readonly kid?: unknown };
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Buffer;
}

/** A public key by which tokens may be signed. */
export interface VerifyingKey {
  readonly id: string;
  readonly algorithm: 'ES256' | 'RS256';
  readonly key: KeyObject;
}

/** Longer texts are not tokens of ours. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/** Describes a public key (or the public half of a private one); its id is the digest of its DER, as upstream names keys. */
export function verifyingKey(key: KeyObject | string): VerifyingKey {
  const publicKey = typeof key === 'string' || key.type === 'private' ? createPublicKey(key) : key;
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(der).digest('base64url');
  return { id, algorithm: publicKey.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256', key: publicKey };
}

/** Signs `claims` with a P-256 or RSA private key. */
export function signToken(claims: Readonly<Record<string, unknown>>, key: KeyObject, id: string): string {
  const rsa = key.asymmetricKeyType === 'rsa';
  const signed = `${encode({ alg: rsa ? 'RS256' : 'ES256', kid: id })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), rsa ? key : { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** Decodes without verifying; `undefined` when the text is not a token. */
export function parseToken(token: string): ParsedToken | undefined {
  if (token.length > MAX_TOKEN_LENGTH) return undefined;
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  const header = decode(parts[0]!);
  const claims = decode(parts[1]!);
  if (!header || !claims) return undefined;
  return { header, claims, signed: `${parts[0]}.${parts[1]}`, signature: Buffer.from(parts[2]!, 'base64url') };
}

/** Whether one of `keys` signed the token; only a key of the algorithm that the header names is tried. */
export function isSignedBy(token: ParsedToken, keys: readonly VerifyingKey[]): boolean {
  const data = Buffer.from(token.signed);
  return keys.some(({ id, algorithm, key }) => {
    if (algorithm !== token.header.alg || (typeof token.header.kid === 'string' && token.header.kid !== '' && token.header.kid !== id)) return false;
    return verify('sha256', data, algorithm === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' } : key, token.signature);
  });
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
