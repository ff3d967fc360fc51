/** What relying parties need to verify service account tokens. Source: KEP-1393. */
import type { VerifyingKey } from './jwt.ts';

/** Path of the public keys. */
export const JWKS_PATH = '/openid/v1/jwks';

/** The JSON web key set. */
export function keySetDocument(keys: readonly VerifyingKey[]): string {
  return JSON.stringify({
    keys: keys.map(({ id, algorithm, key }) => ({ use: 'sig', kid: id, alg: algorithm, ...key.export({ format: 'jwk' }) })),
  });
}

/** The provider configuration, served at `/.well-known/openid-configuration`. */
export function providerDocument(issuer: string, jwksUri: string, keys: readonly VerifyingKey[]): string {
  return JSON.stringify({
    issuer,
    jwks_uri: jwksUri,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map((key) => key.algorithm))],
  });
}
