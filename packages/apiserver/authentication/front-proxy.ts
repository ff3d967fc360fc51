/** Users named by a front proxy that proves itself with a client certificate of its own authority. Source: apiserver request-header authentication. */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import { StatusError } from '#machinery/status.ts';
import type { User } from '../call.ts';
import type { Exchange, Peer } from '../http/exchange.ts';
import { type CertificateIdentity, presentedCertificate, verifyCertificate } from './client-certificate.ts';

/** Which certificates may name users. */
export interface FrontProxyOptions {
  /** PEM. */
  readonly authorities: readonly string[];
  /** Common names that are allowed; empty: any. */
  readonly allowedNames: readonly string[];
  /** Headers that the proxy sets, in lower case: of each kind the first that is there counts. */
  readonly headers?: FrontProxyHeaders;
}

/** Names of headers, and prefixes of names. */
export interface FrontProxyHeaders {
  readonly user: readonly string[];
  readonly uid: readonly string[];
  readonly group: readonly string[];
  readonly extraPrefix: readonly string[];
}

/** Headers that a front proxy sets, unless configured otherwise. */
export const FRONT_PROXY_HEADERS: FrontProxyHeaders = { user: ['x-remote-user'], uid: ['x-remote-uid'], group: ['x-remote-group'], extraPrefix: ['x-remote-extra-'] };

/** Recognises the front proxy. */
export class FrontProxy {
  readonly #authorities: readonly X509Certificate[];
  readonly #options: FrontProxyOptions;
  readonly #clock: Clock;
  readonly #known = new WeakMap<Peer, CertificateIdentity | 'none'>();

  constructor(options: FrontProxyOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#authorities = options.authorities.map((pem) => new X509Certificate(pem));
  }

  /** The user that the proxy names; `undefined` when no proxy speaks. */
  authenticate(exchange: Exchange): User | undefined {
    const names = this.#options.headers ?? FRONT_PROXY_HEADERS;
    const { headers } = exchange;
    const first = (candidates: readonly string[]): string | undefined => candidates.map((one) => headers.get(one)).find(Boolean);
    const name = first(names.user);
    if (!name || !this.#isProxy(exchange.peer)) return undefined;
    const uid = first(names.uid);
    const groups = names.group.flatMap((one) => headers.all(one));
    const extra: Record<string, string[]> = {};
    for (const prefix of names.extraPrefix) {
      for (const [key, values] of headers.withPrefix(prefix)) extra[safeDecode(key)] = [...(extra[safeDecode(key)] ?? []), ...values];
    }
    return {
      name,
      ...(uid ? { uid } : {}),
      groups: groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'],
      ...(Object.keys(extra).length > 0 ? { extra } : {}),
    };
  }

  /** Whether the peer is the front proxy, for which client certificate authentication is then not tried. */
  #isProxy(peer: Peer): boolean {
    let known = this.#known.get(peer);
    if (known === undefined) {
      known = this.#identify(peer);
      this.#known.set(peer, known);
    }
    if (known === 'none') return false;
    const nowMs = this.#clock.now();
    return nowMs >= known.notBeforeMs && nowMs <= known.notAfterMs;
  }

  #identify(peer: Peer): CertificateIdentity | 'none' {
    const certificate = presentedCertificate(peer);
    if (!certificate) return 'none';
    try {
      const identity = verifyCertificate(certificate, this.#authorities);
      const { allowedNames } = this.#options;
      return allowedNames.length === 0 || allowedNames.includes(identity.user.name) ? identity : 'none';
    } catch (error) {
      if (error instanceof StatusError) return 'none';
      throw error;
    }
  }
}

/** Extra keys may be percent-encoded. */
export function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
