/** The keys of an OpenID provider: found by its discovery document, fetched again when a token names one that is not known. Source: OpenID Connect Discovery 1.0. */
import { type JsonWebKey, type KeyObject, createPublicKey } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { type Logger, errorFields } from '#base/log.ts';
import { HttpsPeer } from '../outbound/https-peer.ts';

/** Where the provider is. */
export interface OidcProviderOptions {
  readonly issuer: string;
  /** Default: below the issuer, as the specification says. */
  readonly discoveryUrl?: string;
  /** PEM; default: the authorities that Node trusts. */
  readonly certificateAuthority?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A public key of the provider. */
export interface ProviderKey {
  readonly id: string | undefined;
  /** Absent: any algorithm that suits the key. */
  readonly algorithm: string | undefined;
  readonly key: KeyObject;
}

const WELL_KNOWN = '/.well-known/openid-configuration';
const TIMEOUT_MS = 30_000;
/** A provider that cannot be reached is tried again no sooner than this. */
const RETRY_MS = 10_000;
/** Keys are not fetched again sooner, however many unknown ones tokens name. */
const MIN_REFRESH_MS = 1_000;
/** How long requests wait for keys. */
const PATIENCE_MS = 10_000;

/** Keeps the keys. Nothing is fetched before `start`. */
export class OidcProvider implements Disposable {
  readonly #options: OidcProviderOptions;
  readonly #peer: HttpsPeer;
  #jwksUrl: URL | undefined;
  #keys: readonly ProviderKey[] | undefined;
  #fetching: Promise<void> | undefined;
  #notBeforeMs = -Infinity;
  #stopped = false;

  constructor(options: OidcProviderOptions) {
    this.#options = options;
    const { certificateAuthority } = options;
    this.#peer = new HttpsPeer({ url: new URL(options.issuer), ...(certificateAuthority ? { ca: certificateAuthority } : {}) }, options.clock);
  }

  /** Begins to fetch, so that the first request need not wait. */
  start(): void {
    void this.#fetch();
  }

  [Symbol.dispose](): void {
    this.#stopped = true;
    this.#peer[Symbol.dispose]();
  }

  /** The keys; waits for them a while when there are none yet. */
  async keys(): Promise<readonly ProviderKey[] | undefined> {
    if (!this.#keys) await this.#patiently(this.#fetch());
    return this.#keys;
  }

  /** The keys as they are now at the provider, or as they were lately. */
  async newestKeys(): Promise<readonly ProviderKey[] | undefined> {
    await this.#patiently(this.#fetch());
    return this.#keys;
  }

  async #patiently(fetching: Promise<void>): Promise<void> {
    const impatient = Promise.withResolvers<void>();
    using _timer = this.#options.clock.after(PATIENCE_MS, impatient.resolve);
    await Promise.race([fetching, impatient.promise]);
  }

  #fetch(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    if (this.#stopped || this.#options.clock.monotonicMs() < this.#notBeforeMs) return Promise.resolve();
    this.#fetching = this.#fetchNow().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  }

  async #fetchNow(): Promise<void> {
    const { clock, log, issuer } = this.#options;
    try {
      this.#jwksUrl ??= await this.#discover();
      this.#keys = readKeys(await this.#document(this.#jwksUrl));
      this.#notBeforeMs = clock.monotonicMs() + MIN_REFRESH_MS;
    } catch (error) {
      this.#notBeforeMs = clock.monotonicMs() + (this.#keys ? MIN_REFRESH_MS : RETRY_MS);
      if (!this.#stopped) log.error('the keys of an OpenID provider cannot be had', { issuer, ...errorFields(error) });
    }
  }

  async #discover(): Promise<URL> {
    const { issuer, discoveryUrl } = this.#options;
    const document = await this.#document(new URL(discoveryUrl ?? `${issuer.replace(/\/$/, '')}${WELL_KNOWN}`));
    if (document['issuer'] !== issuer)
      throw new Error(
        `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(issuer)} got ${JSON.stringify(document['issuer'])}`,
      );
    if (typeof document['jwks_uri'] !== 'string') throw new Error('oidc: the provider names no jwks_uri');
    return new URL(document['jwks_uri']);
  }

  async #document(url: URL): Promise<Readonly<Record<string, unknown>>> {
    const { code, text } = await this.#peer.get(url, TIMEOUT_MS);
    if (code !== 200) throw new Error(`oidc: get ${url.href}: ${code}`);
    const document: unknown = JSON.parse(text);
    if (typeof document !== 'object' || document === null) throw new Error(`oidc: ${url.href} is not an object`);
    return document as Readonly<Record<string, unknown>>;
  }
}

/** Keys that cannot be used for signatures, or that Node does not know, are left out. */
function readKeys(document: Readonly<Record<string, unknown>>): ProviderKey[] {
  const listed = Array.isArray(document['keys'])
    ? (document['keys'] as readonly (JsonWebKey & { readonly kid?: unknown; readonly alg?: unknown; readonly use?: unknown })[])
    : [];
  return listed.flatMap((jwk) => {
    if (typeof jwk !== 'object' || jwk === null || (jwk.use !== undefined && jwk.use !== 'sig')) return [];
    const key = publicKey(jwk);
    if (!key) return [];
    return [{ id: typeof jwk.kid === 'string' ? jwk.kid : undefined, algorithm: typeof jwk.alg === 'string' ? jwk.alg : undefined, key }];
  });
}

function publicKey(jwk: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    return undefined;
  }
}
