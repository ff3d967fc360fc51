/** An OpenID provider on loopback, for tests. */
import { type KeyObject, generateKeyPairSync, sign } from 'node:crypto';
import { type LocalPeer, openLocalPeer } from './local-peer.ts';

/** A signing key of the provider. */
interface ProviderKeyPair {
  readonly id: string;
  readonly algorithm: 'RS256' | 'ES256' | 'PS256' | 'ES384';
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A provider that tests tell which keys it has. */
export interface OidcPeer extends AsyncDisposable {
  readonly peer: LocalPeer;
  readonly issuer: string;
  /** Replaces all keys by a new one. */
  rotate(algorithm?: ProviderKeyPair['algorithm']): void;
  /** A token signed with the present key; claims `iss`, `aud` (`app`), `sub` and `exp` (in an hour) are there unless given. */
  token(claims?: Readonly<Record<string, unknown>>): string;
}

const CURVES = { ES256: 'P-256', ES384: 'P-384' } as const;

function makeKey(id: string, algorithm: ProviderKeyPair['algorithm']): ProviderKeyPair {
  const pair =
    algorithm === 'ES256' || algorithm === 'ES384'
      ? generateKeyPairSync('ec', { namedCurve: CURVES[algorithm] })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { id, algorithm, ...pair };
}

function signed({ id, algorithm, privateKey }: ProviderKeyPair, claims: object): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg: algorithm, kid: id })}.${encode(claims)}`;
  const hash = algorithm === 'ES384' ? 'sha384' : 'sha256';
  const key = algorithm.startsWith('ES')
    ? { key: privateKey, dsaEncoding: 'ieee-p1363' as const }
    : algorithm === 'PS256'
      ? { key: privateKey, padding: 6, saltLength: 32 }
      : privateKey;
  return `${text}.${sign(hash, Buffer.from(text), key).toString('base64url')}`;
}

/** Opens a provider; `nowSeconds` is when its tokens are made. */
export async function openOidcPeer(nowSeconds: () => number): Promise<OidcPeer> {
  let count = 0;
  let key = makeKey('key-0', 'RS256');
  const peer = await openLocalPeer();
  peer.answer = ({ path }) => {
    if (path === '/.well-known/openid-configuration') return { json: { issuer: peer.url, jwks_uri: `${peer.url}/keys` } };
    if (path === '/keys')
      return {
        json: {
          keys: [
            { ...key.publicKey.export({ format: 'jwk' }), kid: key.id, alg: key.algorithm, use: 'sig' },
            { kty: 'oct', k: 'AAAA' },
          ],
        },
      };
    return { code: 404 };
  };
  return {
    peer,
    issuer: peer.url,
    rotate(algorithm = 'RS256') {
      key = makeKey(`key-${++count}`, algorithm);
    },
    token: (claims = {}) => signed(key, { iss: peer.url, aud: 'app', sub: 'alice', exp: nowSeconds() + 3600, ...claims }),
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}
