/** Who asks: the authentication methods, in order. */
import { StatusError, unauthorized } from '#machinery/status.ts';
import { TOKEN_PROTOCOL_PREFIX } from '../streaming/web-socket.ts';
import type { User } from '../call.ts';
import type { Exchange, Peer } from '../http/exchange.ts';
import type { TokenIdentity } from './service-account-tokens.ts';

/** One way to know a user. `undefined`: no credentials of this kind. @throws StatusError Unauthorized when they are not valid. */
export interface RequestAuthenticator {
  (exchange: Exchange): User | undefined;
}

/** Knows whom a bearer token stands for; a promise when it has to ask elsewhere. */
export interface TokenAuthenticator {
  (token: string, audiences?: readonly string[]): TokenIdentity | undefined | Promise<TokenIdentity | undefined>;
}

/** What the methods together answer. */
export type Authentication = Pick<Authenticator, 'authenticate' | 'authenticateToken'>;

/** Nobody in particular. */
export const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Where requests without credentials pass as `system:anonymous`. */
export type AnonymousRule = 'everywhere' | 'nowhere' | { readonly paths: readonly string[] };

/** Paths (with what is below them) that anonymous users may ask for, unless configured otherwise. */
const HEALTH_PATHS: readonly string[] = ['/healthz', '/livez', '/readyz', '/version'];

/** What the authenticator is made of. */
export interface AuthenticatorOptions {
  readonly frontProxy?: RequestAuthenticator;
  readonly clientCertificate?: (peer: Peer) => User | undefined;
  /** Tried in order; the first that knows the token decides. */
  readonly tokens: readonly TokenAuthenticator[];
  /** Default: where health and version are asked for. */
  readonly anonymous?: AnonymousRule | undefined;
}

/** Decides who asks. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #methods: readonly RequestAuthenticator[];

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    const { frontProxy, clientCertificate } = options;
    this.#methods = [...(frontProxy ? [frontProxy] : []), ...(clientCertificate ? [(exchange: Exchange) => clientCertificate(exchange.peer)] : [])];
  }

  /** The user; a promise when the token has to be asked about elsewhere. @throws StatusError Unauthorized: credentials are missing or not valid. */
  authenticate(exchange: Exchange, path: string, warn: (text: string) => void = () => {}): User | Promise<User> {
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
    const token = bearerToken(exchange);
    if (token !== undefined) return this.#byToken(token, warn);
    if (failed || !this.#anonymousMay(path)) throw unauthorized();
    return ANONYMOUS;
  }

  /** Whom a token stands for. @throws StatusError Unauthorized when it is known but not valid. */
  authenticateToken(token: string, audiences?: readonly string[]): TokenIdentity | undefined | Promise<TokenIdentity | undefined> {
    return this.#askFrom(0, [], token, audiences);
  }

  #byToken(token: string, warn: (text: string) => void): User | Promise<User> {
    const userOf = (identity: TokenIdentity | undefined): User => {
      if (!identity) throw unauthorized();
      if (identity.warning !== undefined) warn(identity.warning);
      return identity.user;
    };
    const refuse = (error: unknown): never => {
      // Why a token is not accepted is nobody's business but the log's.
      throw error instanceof StatusError ? unauthorized() : error;
    };
    try {
      const identity = this.authenticateToken(token);
      return identity instanceof Promise ? identity.then(userOf).catch(refuse) : userOf(identity);
    } catch (error) {
      return refuse(error);
    }
  }

  /** Asks the methods from the given one on; those that fail do not keep others from knowing the token. */
  #askFrom(
    first: number,
    failures: readonly string[],
    token: string,
    audiences: readonly string[] | undefined,
  ): TokenIdentity | undefined | Promise<TokenIdentity | undefined> {
    const { tokens } = this.#options;
    let failed = failures;
    for (let index = first; index < tokens.length; index++) {
      try {
        const identity = tokens[index]!(token, audiences);
        if (identity instanceof Promise) {
          const known = failed;
          return identity.then(
            (found) => found ?? this.#askFrom(index + 1, known, token, audiences),
            (error: unknown) => this.#askFrom(index + 1, [...known, messageOf(error)], token, audiences),
          );
        }
        if (identity) return identity;
      } catch (error) {
        failed = [...failed, messageOf(error)];
      }
    }
    if (failed.length > 0) throw unauthorized(failed.length === 1 ? failed[0]! : `[${failed.join(', ')}]`);
    return undefined;
  }

  #anonymousMay(path: string): boolean {
    const { anonymous } = this.#options;
    if (anonymous === 'everywhere') return true;
    if (anonymous === 'nowhere') return false;
    if (anonymous) return anonymous.paths.includes(path);
    return HEALTH_PATHS.some((allowed) => path === allowed || path.startsWith(`${allowed}/`));
  }
}

/** @throws what is not a refusal */
function messageOf(error: unknown): string {
  if (!(error instanceof StatusError)) throw error;
  return error.message;
}


/** The token of the `Authorization` header, or of the WebSocket protocol that browsers use in its place. */
function bearerToken(exchange: Exchange): string | undefined {
  const { headers } = exchange;
  if (!exchange.upgrade || headers.get('authorization') !== undefined) return headers.bearerToken;
  for (const protocol of (exchange.headers.combined('sec-websocket-protocol') ?? '').split(',')) {
    const name = protocol.trim();
    if (name.startsWith(TOKEN_PROTOCOL_PREFIX)) return Buffer.from(name.slice(TOKEN_PROTOCOL_PREFIX.length), 'base64url').toString();
  }
  return undefined;
}
