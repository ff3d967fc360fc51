/**
 * Bootstrap tokens: secrets `bootstrap-token-ID` of kube-system with which new nodes and their cluster come to trust each other.
 *
 * Source: the documented bootstrap token format.
 */
import type { Secret } from '#kinds/core/secret/schema.ts';
import { timeToMs } from '#machinery/time.ts';

/** The type of secrets that hold one. */
export const BOOTSTRAP_TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
/** Where they live. */
export const BOOTSTRAP_TOKEN_NAMESPACE = 'kube-system';
const NAME_PREFIX = 'bootstrap-token-';

/** A token that may sign. */
export interface SigningToken {
  readonly id: string;
  readonly secret: string;
}

function field(secret: Secret, name: string): string {
  return Buffer.from(secret.data?.[name] ?? '', 'base64').toString();
}

/** When the token expires, in milliseconds since the epoch; `undefined`: never; 0 when its time cannot be read. */
export function expirationMs(secret: Secret): number | undefined {
  const text = field(secret, 'expiration');
  if (text === '') return undefined;
  try {
    return timeToMs(text);
  } catch {
    // As upstream: who cannot say how long a token lives has none.
    return 0;
  }
}

/** The token, if it is whole, lives and may sign. */
export function signingToken(secret: Secret, nowMs: number): SigningToken | undefined {
  if (secret.type !== BOOTSTRAP_TOKEN_TYPE || secret.metadata.deletionTimestamp) return undefined;
  const id = field(secret, 'token-id');
  const text = field(secret, 'token-secret');
  if (id === '' || text === '' || secret.metadata.name !== `${NAME_PREFIX}${id}`) return undefined;
  const endMs = expirationMs(secret);
  if (endMs !== undefined && endMs <= nowMs) return undefined;
  return field(secret, 'usage-bootstrap-signing') === 'true' ? { id, secret: text } : undefined;
}
