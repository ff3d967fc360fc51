/** Mints service account tokens. Source: kubernetes `pkg/serviceaccount`, KEP-1205, KEP-4193. */
import { type KeyObject, createPrivateKey } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import { formatTime } from '#machinery/time.ts';
import { signToken, verifyingKey } from './jwt.ts';

/** Names an object that a token is bound to. */
export interface BoundObject {
  readonly name: string;
  readonly uid: string;
}

/** What a token says. */
export interface TokenSpec {
  readonly namespace: string;
  readonly serviceAccount: BoundObject;
  readonly pod?: BoundObject;
  /** The node that the pod runs on, or that the token is bound to by itself. */
  readonly node?: BoundObject;
  readonly secret?: BoundObject;
  /** Empty: the API server itself. */
  readonly audiences: readonly string[];
  readonly expirationSeconds: number;
}

/** A minted token. */
export interface SignedToken {
  readonly token: string;
  /** RFC 3339. What the client is told; the token itself may live longer for clients that do not renew theirs. */
  readonly expirationTimestamp: string;
}

/** Signs tokens for the `token` subresource of service accounts, and for legacy token secrets. */
export interface TokenSigner {
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** No token lives longer; absent: as long as is asked for. */
  readonly maxSeconds?: number | undefined;
  sign(spec: TokenSpec): SignedToken;
  /** A token without expiry, for a secret of type `kubernetes.io/service-account-token`. */
  signLegacy(namespace: string, serviceAccount: BoundObject, secretName: string): string;
}

/** What a signer needs. */
export interface TokenSignerOptions {
  /** PEM of a private key: P-256 or RSA. */
  readonly privateKey: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  /** No token lives longer. */
  readonly maxSeconds?: number | undefined;
  /** Whether tokens of pods that do not renew them in time live for a year. Default true. */
  readonly extend?: boolean;
}

/** The issuer of legacy tokens. */
export const LEGACY_ISSUER = 'kubernetes/serviceaccount';

/** The lifetime that the service account admission asks for in projected tokens. Tokens with exactly this lifetime are extended. */
const WARN_ONLY_BOUND_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

/** Makes a signer. */
export function createTokenSigner(options: TokenSignerOptions): TokenSigner {
  const key: KeyObject = createPrivateKey(options.privateKey);
  const { id } = verifyingKey(key);
  return {
    issuer: options.issuer,
    audiences: options.audiences,
    maxSeconds: options.maxSeconds,
    sign(spec) {
      const nowSeconds = Math.floor(options.clock.now() / 1000);
      const extended = (options.extend ?? true) && spec.pod !== undefined && spec.expirationSeconds === WARN_ONLY_BOUND_SECONDS && asksForServer(spec, options.audiences);
      const expiry = nowSeconds + (extended ? EXTENDED_SECONDS : spec.expirationSeconds);
      const claims = {
        aud: spec.audiences.length > 0 ? spec.audiences : options.audiences,
        exp: expiry,
        iat: nowSeconds,
        iss: options.issuer,
        jti: options.random.uuid(),
        'kubernetes.io': {
          namespace: spec.namespace,
          ...(spec.node ? { node: spec.node } : {}),
          ...(spec.pod ? { pod: spec.pod } : {}),
          ...(spec.secret ? { secret: spec.secret } : {}),
          serviceaccount: spec.serviceAccount,
          ...(extended ? { warnafter: nowSeconds + WARN_ONLY_BOUND_SECONDS } : {}),
        },
        nbf: nowSeconds,
        sub: `system:serviceaccount:${spec.namespace}:${spec.serviceAccount.name}`,
      };
      return { token: signToken(claims, key, id), expirationTimestamp: formatTime((nowSeconds + spec.expirationSeconds) * 1000) };
    },
    signLegacy(namespace, serviceAccount, secretName) {
      const claims = {
        iss: LEGACY_ISSUER,
        'kubernetes.io/serviceaccount/namespace': namespace,
        'kubernetes.io/serviceaccount/secret.name': secretName,
        'kubernetes.io/serviceaccount/service-account.name': serviceAccount.name,
        'kubernetes.io/serviceaccount/service-account.uid': serviceAccount.uid,
        sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
      };
      return signToken(claims, key, id);
    },
  };
}

function asksForServer(spec: TokenSpec, own: readonly string[]): boolean {
  return spec.audiences.length === 0 || spec.audiences.every((audience) => own.includes(audience));
}
