/** Users known by tokens of an OpenID provider. Source: the OIDC and structured authentication documentation; apiserver `plugin/pkg/authenticator/token/oidc`. */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Program } from '#machinery/cel/compile.ts';
import { unauthorized } from '#machinery/status.ts';
import type { User } from '../call.ts';
import { checkClaims, checkUser, mappedText, mappedTexts, type ValidationRule } from './claim-expressions.ts';
import { type ParsedToken, SIGNING_ALGORITHMS, hasSignature, parseToken } from './jwt.ts';
import { OidcProvider, type ProviderKey } from './oidc-provider.ts';
import type { TokenIdentity } from './service-account-tokens.ts';

/** Which claim says something, and what is put before it. */
export interface PrefixedClaim {
  readonly claim: string;
  readonly prefix: string;
}

/** An expression over the claims. */
export interface ClaimExpression {
  readonly program: Program;
}

/** One provider and what its tokens mean. */
export interface JwtAuthenticatorConfig {
  readonly issuer: string;
  readonly discoveryUrl?: string;
  /** PEM. */
  readonly certificateAuthority?: string;
  /** The token must be for one of these. */
  readonly audiences: readonly string[];
  readonly username: PrefixedClaim | ClaimExpression;
  readonly groups?: PrefixedClaim | ClaimExpression;
  readonly uid?: { readonly claim: string } | ClaimExpression;
  readonly extra?: readonly (ClaimExpression & { readonly key: string })[];
  readonly requiredClaims?: readonly { readonly claim: string; readonly value: string }[];
  readonly claimRules?: readonly ValidationRule[];
  readonly userRules?: readonly ValidationRule[];
  /** Default: all that are asymmetric. */
  readonly algorithms?: readonly string[];
}

/** Source: go-oidc: clocks may differ by this where a token is not valid yet. */
const NOT_BEFORE_LEEWAY_MS = 300_000;

type Claims = ParsedToken['claims'];

/** Knows the users of one provider. */
export class JwtAuthenticator implements Disposable {
  readonly #config: JwtAuthenticatorConfig;
  readonly #provider: OidcProvider;
  readonly #algorithms: ReadonlySet<string>;
  readonly #clock: Clock;
  readonly #serverAudiences: readonly string[];

  constructor(config: JwtAuthenticatorConfig, effects: { readonly clock: Clock; readonly log: Logger; readonly serverAudiences: readonly string[] }) {
    this.#config = config;
    this.#clock = effects.clock;
    this.#serverAudiences = effects.serverAudiences;
    this.#algorithms = new Set(config.algorithms ?? SIGNING_ALGORITHMS);
    const { issuer, discoveryUrl, certificateAuthority } = config;
    this.#provider = new OidcProvider({
      issuer,
      ...(discoveryUrl ? { discoveryUrl } : {}),
      ...(certificateAuthority ? { certificateAuthority } : {}),
      clock: effects.clock,
      log: effects.log,
    });
    this.#provider.start();
  }

  [Symbol.dispose](): void {
    this.#provider[Symbol.dispose]();
  }

  /** Whom the token stands for; `undefined` when another issuer made it. @throws StatusError Unauthorized when it is not valid. */
  async authenticate(token: string, audiences: readonly string[] = this.#serverAudiences): Promise<TokenIdentity | undefined> {
    const parsed = parseToken(token);
    if (!parsed || parsed.claims['iss'] !== this.#config.issuer) return undefined;
    const common = audiences.filter((one) => this.#serverAudiences.includes(one));
    if (common.length === 0) return undefined;
    await this.#verify(parsed);
    return { user: this.#userOf(parsed.claims), audiences: common };
  }

  async #verify(token: ParsedToken): Promise<void> {
    const { aud, exp, nbf } = token.claims;
    const named = (Array.isArray(aud) ? aud : [aud]) as readonly unknown[];
    if (!this.#config.audiences.some((one) => named.includes(one)))
      throw unauthorized(`oidc: verify token: oidc: expected audience in ${JSON.stringify(this.#config.audiences)} got ${JSON.stringify(named)}`);
    const nowMs = this.#clock.now();
    if (typeof exp !== 'number' || exp * 1000 <= nowMs) throw unauthorized('oidc: verify token: oidc: token is expired');
    if (typeof nbf === 'number' && nbf * 1000 > nowMs + NOT_BEFORE_LEEWAY_MS)
      throw unauthorized('oidc: verify token: oidc: current time is before the nbf (not before) time');
    const known = await this.#provider.keys();
    if (!known) throw unauthorized('oidc: authenticator not initialized');
    if (this.#isSigned(token, known)) return;
    // The provider may have new keys.
    const newest = await this.#provider.newestKeys();
    if (!newest || newest === known || !this.#isSigned(token, newest))
      throw unauthorized('oidc: verify token: failed to verify signature: failed to verify id token signature');
  }

  #isSigned({ header, signed, signature }: ParsedToken, keys: readonly ProviderKey[]): boolean {
    const { alg, kid } = header;
    if (typeof alg !== 'string' || !this.#algorithms.has(alg)) return false;
    const data = Buffer.from(signed);
    return keys.some(
      ({ id, algorithm, key }) =>
        (typeof kid !== 'string' || kid === '' || id === kid) &&
        (algorithm === undefined || algorithm === alg) &&
        hasSignature(data, signature, { algorithm: alg, key }),
    );
  }

  #userOf(claims: Claims): User {
    const { groups, requiredClaims = [], claimRules = [], userRules = [] } = this.#config;
    const name = this.#username(claims);
    const names = groups ? groupsOf(claims, groups) : [];
    const uid = this.#uid(claims);
    const extra = this.#extra(claims);
    for (const { claim, value } of requiredClaims) {
      const found = textClaim(claims, claim);
      if (found === undefined) throw unauthorized(`oidc: required claim ${claim} not present in ID token`);
      if (found !== value) throw unauthorized(`oidc: required claim ${claim} value does not match. Got = ${found}, want = ${value}`);
    }
    checkClaims(claimRules, claims);
    const user = { name, ...(uid ? { uid } : {}), groups: names, ...(extra ? { extra } : {}) };
    checkUser(userRules, user);
    return { ...user, groups: [...names, 'system:authenticated'] };
  }

  #username(claims: Claims): string {
    const { username } = this.#config;
    if ('program' in username) return mappedText(username.program, claims, 'username');
    const name = textClaim(claims, username.claim);
    if (name === undefined || name === '') throw unauthorized(`oidc: parse username claims ${JSON.stringify(username.claim)}: claim not present`);
    if (username.claim === 'email' && claims['email_verified'] !== undefined && claims['email_verified'] !== true)
      throw unauthorized('oidc: email not verified');
    return username.prefix + name;
  }

  #uid(claims: Claims): string | undefined {
    const { uid } = this.#config;
    if (!uid) return undefined;
    return 'program' in uid ? mappedText(uid.program, claims, 'uid') : textClaim(claims, uid.claim);
  }

  #extra(claims: Claims): Record<string, string[]> | undefined {
    const found = (this.#config.extra ?? []).map(({ key, program }): [string, string[]] => [key, mappedTexts(program, claims, 'extra')]);
    const present = found.filter(([, texts]) => texts.length > 0);
    return present.length > 0 ? Object.fromEntries(present) : undefined;
  }
}

/** A claim that is a text. @throws StatusError when it is no text */
function textClaim(claims: Claims, name: string): string | undefined {
  const value = claimAt(claims, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw unauthorized(`oidc: parse claim ${name}: a text is needed`);
  return value;
}

function claimAt(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

/** One group as a text, or a list of them. */
function groupsOf(claims: Claims, from: PrefixedClaim | ClaimExpression): string[] {
  if ('program' in from) return mappedTexts(from.program, claims, 'group');
  const { claim, prefix } = from;
  const value = claimAt(claims, claim);
  if (value === undefined) return [];
  const names = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(names) || names.some((one) => typeof one !== 'string'))
    throw unauthorized(`oidc: parse groups claim ${JSON.stringify(claim)}: a text or a list of texts is needed`);
  return (names as readonly string[]).map((one) => prefix + one);
}
