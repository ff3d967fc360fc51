/** Who asks: the authentication methods, in order. */
import { StatusError, unauthorized } from '#machinery/status.ts';
import type { User } from '../call.ts';
import type { Exchange, Peer } from '../http/exchange.ts';
import type { TokenIdentity } from './service-account-tokens.ts';

/** One way to know a user. `undefined`: no credentials of this kind. @throws StatusError Unauthorized when they are not valid. */
export interface RequestAuthenticator {
  (exchange: Exchange): User | undefined;
}

/** Knows whom a bearer token stands for. */
export interface TokenAuthenticator {
  (token: string, audiences?: readonly string[]): TokenIdentity | undefined;
}

/** Nobody in particular. */
export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Paths (with what is below them) that anonymous users may ask for, unless configured otherwise. */
export const DEFAULT_ANONYMOUS_PATHS: readonly string[] = ['/healthz', '/livez', '/readyz', '/version'];

/** What the authenticator is made of. */
export interface AuthenticatorOptions {
  readonly frontProxy?: RequestAuthenticator;
  readonly clientCertificate?: (peer: Peer) => User | undefined;
  /** Tried in order; the first that knows the token decides. */
  readonly tokens: readonly TokenAuthenticator[];
  /** Where requests without credentials pass as `system:anonymous`; `all` for everywhere. */
  readonly anonymous: 'all' | readonly string[];
}

/** Decides who asks. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #methods: readonly RequestAuthenticator[];

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    const { frontProxy, clientCertificate } = options;
    this.#methods = [
      ...(frontProxy ? [frontProxy] : []),
      ...(clientCertificate ? [(exchange: Exchange) => clientCertificate(exchange.peer)] : []),
      (exchange) => this.#byToken(exchange),
    ];
  }

  /** The user. @throws StatusError Unauthorized: credentials are missing or not valid. */
  authenticate(exchange: Exchange, path: string): User {
    let failed = false;
    for (const method of this.#methods) {
      try {
        const user = method(exchange);
        if (user) return user;
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        // Other credentials of the request may still be good; if none is, it is refused even where anonymous ones are not.
        failed = true;
      }
    }
    if (failed || !this.#anonymousMay(path)) throw unauthorized();
    return ANONYMOUS;
  }

  /** Whom a token stands for. @throws StatusError Unauthorized when it is known but not valid. */
  authenticateToken(token: string, audiences?: readonly string[]): TokenIdentity | undefined {
    for (const method of this.#options.tokens) {
      const identity = method(token, audiences);
      if (identity) return identity;
    }
    return undefined;
  }

  #byToken(exchange: Exchange): User | undefined {
    const token = bearerToken(exchange);
    if (token === undefined) return undefined;
    const identity = this.authenticateToken(token);
    if (!identity) throw unauthorized('invalid bearer token');
    return identity.user;
  }

  #anonymousMay(path: string): boolean {
    const { anonymous } = this.#options;
    if (anonymous === 'all') return true;
    return anonymous.some((allowed) => path === allowed || path.startsWith(`${allowed}/`));
  }
}

const WEBSOCKET_TOKEN_PREFIX = 'base64url.bearer.authorization.k8s.io.';

/** The token of the `Authorization` header, or of the WebSocket protocol that browsers use in its place. */
function bearerToken(exchange: Exchange): string | undefined {
  const { headers } = exchange;
  if (!exchange.upgrade || headers.get('authorization') !== undefined) return headers.bearerToken;
  for (const protocol of (exchange.headers.combined('sec-websocket-protocol') ?? '').split(',')) {
    const name = protocol.trim();
    if (name.startsWith(WEBSOCKET_TOKEN_PREFIX)) return Buffer.from(name.slice(WEBSOCKET_TOKEN_PREFIX.length), 'base64url').toString();
  }
  return undefined;
}
