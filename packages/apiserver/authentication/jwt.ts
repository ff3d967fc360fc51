/** Compact JSON web tokens: signing with elliptic curves or RSA, verifying with elliptic curves or RSA. Source: RFC 7515, RFC 7518, RFC 7638. */
import { type KeyObject, constants, createHash, createPublicKey, sign, verify } from 'node:crypto';

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
  readonly algorithm: 'ES256' | 'ES384' | 'ES512' | 'RS256';
  readonly key: KeyObject;
}

/** Longer texts are not tokens of ours. */
const MAX_TOKEN_LENGTH = 16 * 1024;

/** Describes a public key (or the public half of a private one); its id is the digest of its DER, as upstream names keys. */
export function verifyingKey(key: KeyObject | string): VerifyingKey {
  const publicKey = typeof key === 'string' || key.type === 'private' ? createPublicKey(key) : key;
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(der).digest('base64url');
  return { id, algorithm: algorithmOf(publicKey), key: publicKey };
}

/** The algorithm of keys that sign service account tokens: RSA, or by the curve. @throws Error for other keys */
function algorithmOf(key: KeyObject): VerifyingKey['algorithm'] {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  for (const name of ['ES256', 'ES384', 'ES512'] as const) if (ALGORITHMS[name]?.curve === curve) return name;
  throw new Error(`keys of type ${key.asymmetricKeyType} ${curve ?? ''} cannot sign tokens`);
}

/** Signs `claims` with a private key of an elliptic curve or RSA. */
export function signToken(claims: Readonly<Record<string, unknown>>, key: KeyObject, id: string): string {
  const alg = algorithmOf(key);
  const { hash, keyType } = ALGORITHMS[alg]!;
  const signed = `${encode({ alg, kid: id })}.${encode(claims)}`;
  const signature = sign(hash, Buffer.from(signed), keyType === 'rsa' ? key : { key, dsaEncoding: 'ieee-p1363' });
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
    return hasSignature(data, token.signature, { algorithm, key });
  });
}

/** Algorithms by name, with what their keys are. Source: RFC 7518, section 3.1. */
const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly keyType: 'rsa' | 'ec'; readonly curve?: string; readonly pss?: true }>> = {
  RS256: { hash: 'sha256', keyType: 'rsa' },
  RS384: { hash: 'sha384', keyType: 'rsa' },
  RS512: { hash: 'sha512', keyType: 'rsa' },
  PS256: { hash: 'sha256', keyType: 'rsa', pss: true },
  PS384: { hash: 'sha384', keyType: 'rsa', pss: true },
  PS512: { hash: 'sha512', keyType: 'rsa', pss: true },
  ES256: { hash: 'sha256', keyType: 'ec', curve: 'prime256v1' },
  ES384: { hash: 'sha384', keyType: 'ec', curve: 'secp384r1' },
  ES512: { hash: 'sha512', keyType: 'ec', curve: 'secp521r1' },
};

/** The names of asymmetric signing algorithms. */
export const SIGNING_ALGORITHMS: readonly string[] = Object.keys(ALGORITHMS);

/** Whether `signature` of `data` was made with the private half of `key`; no, when the key is not one of the algorithm's. */
export function hasSignature(data: Buffer, signature: Buffer, { algorithm, key }: { readonly algorithm: string; readonly key: KeyObject }): boolean {
  const known = Object.hasOwn(ALGORITHMS, algorithm) ? ALGORITHMS[algorithm] : undefined;
  if (!known || key.asymmetricKeyType !== known.keyType) return false;
  if (known.curve !== undefined && key.asymmetricKeyDetails?.namedCurve !== known.curve) return false;
  if (known.keyType === 'ec') return verify(known.hash, data, { key, dsaEncoding: 'ieee-p1363' }, signature);
  if (known.pss) return verify(known.hash, data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, signature);
  return verify(known.hash, data, key, signature);
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
