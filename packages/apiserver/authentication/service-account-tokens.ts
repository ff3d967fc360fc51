/** Verifies service account tokens: signature and claims once per token, the objects it is bound to on every request. */
import type { Clock } from '#base/clock.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { secrets } from '#kinds/core/secret/kind.ts';
import type { Secret } from '#kinds/core/secret/schema.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { unauthorized } from '#machinery/status.ts';
import { formatTime, timeToMs } from '#machinery/time.ts';
import type { Caches, User } from '../call.ts';
import { type ParsedToken, type VerifyingKey, isSignedBy, parseToken } from './jwt.ts';
import { type BoundObject, LEGACY_ISSUER } from './token-signer.ts';

/** Whom a valid token stands for, and for which audiences. */
export interface TokenIdentity {
  readonly user: User;
  readonly audiences: readonly string[];
  /** What the client should be told. */
  readonly warning?: string;
}

/** What the verifier needs. */
export interface TokenVerifierOptions {
  readonly keys: () => readonly VerifyingKey[];
  readonly issuers: readonly string[];
  /** Audiences that the API server goes by. */
  readonly audiences: readonly string[];
  readonly caches: Caches;
  readonly clock: Clock;
  /** Told of tokens in secrets that are used for the first time on a day (UTC, `2026-01-02`). */
  readonly onLegacyUse?: ((secret: Secret, day: string) => Promise<void>) | undefined;
}

interface Binding {
  readonly kind: Kind;
  readonly namespace: string;
  readonly bound: BoundObject;
}

interface Verified {
  readonly user: User;
  readonly audiences: readonly string[];
  readonly expiresMs: number;
  readonly notBeforeMs: number;
  readonly bindings: readonly Binding[];
  /** The secret that a token without expiry is in. */
  readonly kept?: { readonly namespace: string; readonly secret: string; readonly account: string };
}

/** Labels of secrets with tokens, by which those that nobody uses are found and made invalid. Source: KEP-2799. */
export const LEGACY_LAST_USED = 'kubernetes.io/legacy-token-last-used';
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';
const AUTO_GENERATED = 'Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.';

/** Tokens whose signature has been checked. Beyond this, the oldest are checked again. */
const MAX_VERIFIED = 4096;
const CLOCK_SKEW_MS = 60_000;
/** Tokens of an object that is being deleted stay valid this long. Source: kubernetes `pkg/serviceaccount/claims.go`. */
const DELETION_LEEWAY_MS = 60_000;

/** Knows the tokens of the cluster's own service accounts. */
export class ServiceAccountTokens {
  readonly #options: TokenVerifierOptions;
  readonly #verified = new Map<string, Verified>();
  /** Secrets whose use is being noted. */
  readonly #noting = new Set<string>();

  constructor(options: TokenVerifierOptions) {
    this.#options = options;
  }

  /**
   * Whom the token stands for; `undefined` when it is not a service account token of this cluster.
   * @throws StatusError Unauthorized when it is, but not valid (any more) or not for `audiences`.
   */
  authenticate(token: string, audiences: readonly string[] = this.#options.audiences): TokenIdentity | undefined {
    let verified = this.#verified.get(token);
    if (verified === undefined) {
      verified = this.#verify(token);
      if (verified === undefined) return undefined;
      if (this.#verified.size >= MAX_VERIFIED) this.#verified.delete(this.#verified.keys().next().value!);
      this.#verified.set(token, verified);
    }
    const nowMs = this.#options.clock.now();
    if (nowMs > verified.expiresMs + CLOCK_SKEW_MS) throw unauthorized('service account token has expired');
    if (nowMs + CLOCK_SKEW_MS < verified.notBeforeMs) throw unauthorized('service account token is not valid yet');
    for (const binding of verified.bindings) this.#checkBinding(binding, nowMs);
    const common = verified.audiences === audiences ? audiences : audiences.filter((audience) => verified.audiences.includes(audience));
    if (common.length === 0) {
      throw unauthorized(`token audiences ${JSON.stringify(verified.audiences)} is invalid for the target audiences ${JSON.stringify(audiences)}`);
    }
    const warning = verified.kept && this.#checkKept(token, verified.kept, nowMs);
    return { user: verified.user, audiences: common, ...(warning === undefined ? {} : { warning }) };
  }

  /** A token in a secret must still be the one that the secret holds; its use is noted once a day. */
  #checkKept(token: string, { namespace, secret, account }: NonNullable<Verified['kept']>, nowMs: number): string | undefined {
    const { caches } = this.#options;
    const found = caches.get(secrets, namespace, secret);
    if (!found || Buffer.from(found.data?.['token'] ?? '', 'base64').toString() !== token) throw unauthorized("Token does not match server's copy");
    if (found.metadata.labels?.[INVALID_SINCE]) {
      throw unauthorized(
        `the token in secret ${namespace}/${secret} for service account ${namespace}/${account} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${INVALID_SINCE}' label from the secret to temporarily allow use of this token`,
      );
    }
    this.#note(found, formatTime(nowMs).slice(0, 10));
    return caches.get(serviceAccounts, namespace, account)?.secrets?.some(({ name }) => name === secret) ? AUTO_GENERATED : undefined;
  }

  #note(secret: Secret, day: string): void {
    const { onLegacyUse } = this.#options;
    const key = `${secret.metadata.namespace}/${secret.metadata.name}`;
    if (!onLegacyUse || secret.metadata.labels?.[LEGACY_LAST_USED] === day || this.#noting.has(key)) return;
    this.#noting.add(key);
    void onLegacyUse(secret, day).finally(() => this.#noting.delete(key));
  }

  #verify(text: string): Verified | undefined {
    const token = parseToken(text);
    if (!token) return undefined;
    const { iss } = token.claims;
    const legacy = iss === LEGACY_ISSUER;
    if (!legacy && (typeof iss !== 'string' || !this.#options.issuers.includes(iss))) return undefined;
    if (!isSignedBy(token, this.#options.keys())) throw unauthorized('invalid bearer token');
    return legacy ? legacyToken(token, this.#options.audiences) : boundToken(token);
  }

  #checkBinding({ kind, namespace, bound }: Binding, nowMs: number): void {
    const object: KubeObject | undefined = this.#options.caches.get(kind, namespace, bound.name);
    if (!object || (bound.uid !== '' && object.metadata.uid !== bound.uid)) throw unauthorized('service account token has been invalidated');
    const deleted = object.metadata.deletionTimestamp;
    if (deleted !== undefined && timeToMs(deleted) + DELETION_LEEWAY_MS < nowMs) throw unauthorized('service account token has been invalidated');
  }
}

function boundToken({ claims }: ParsedToken): Verified {
  const own = record(claims['kubernetes.io']);
  const namespace = text(own['namespace']);
  const account = boundObject(own['serviceaccount']);
  if (namespace === '' || !account) throw unauthorized('invalid bearer token');
  const bindings: Binding[] = [{ kind: serviceAccounts, namespace, bound: account }];
  const pod = boundObject(own['pod']);
  const secret = boundObject(own['secret']);
  const node = boundObject(own['node']);
  if (pod) bindings.push({ kind: pods, namespace, bound: pod });
  if (secret) bindings.push({ kind: secrets, namespace, bound: secret });
  // A pod's node is information; a token bound to the node alone ends with the node.
  if (node && !pod) bindings.push({ kind: nodes, namespace: '', bound: node });
  const extra: Record<string, readonly string[]> = {};
  const id = text(claims['jti']);
  if (id) extra['authentication.kubernetes.io/credential-id'] = [`JTI=${id}`];
  if (node) {
    extra['authentication.kubernetes.io/node-name'] = [node.name];
    extra['authentication.kubernetes.io/node-uid'] = [node.uid];
  }
  if (pod) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name];
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid];
  }
  return {
    user: { ...serviceAccountUser(namespace, account), ...(Object.keys(extra).length > 0 ? { extra } : {}) },
    audiences: texts(claims['aud']),
    expiresMs: seconds(claims['exp'], 0),
    notBeforeMs: seconds(claims['nbf'], 0),
    bindings,
  };
}

function legacyToken({ claims }: ParsedToken, audiences: readonly string[]): Verified {
  const prefix = 'kubernetes.io/serviceaccount/';
  const namespace = text(claims[`${prefix}namespace`]);
  const secret = text(claims[`${prefix}secret.name`]);
  const account = { name: text(claims[`${prefix}service-account.name`]), uid: text(claims[`${prefix}service-account.uid`]) };
  if (namespace === '' || account.name === '' || secret === '') throw unauthorized('invalid bearer token');
  return {
    user: serviceAccountUser(namespace, account),
    audiences,
    expiresMs: Number.MAX_SAFE_INTEGER,
    notBeforeMs: 0,
    bindings: [
      { kind: serviceAccounts, namespace, bound: account },
      { kind: secrets, namespace, bound: { name: secret, uid: '' } },
    ],
    kept: { namespace, secret, account: account.name },
  };
}

/** The user that a service account is. */
export function serviceAccountUser(namespace: string, account: BoundObject): User {
  return {
    name: `system:serviceaccount:${namespace}:${account.name}`,
    uid: account.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}

function seconds(value: unknown, absent: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value * 1000 : absent;
}

function boundObject(value: unknown): BoundObject | undefined {
  const { name, uid } = record(value);
  return typeof name === 'string' && name !== '' && typeof uid === 'string' ? { name, uid } : undefined;
}
