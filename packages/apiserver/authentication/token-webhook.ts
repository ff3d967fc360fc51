/** Asks another server whom a token stands for. Source: the webhook token authentication documentation; authentication.k8s.io/v1 `TokenReview`. */
import type { Clock } from '#base/clock.ts';
import type { UserInfo } from '#kinds/authentication/user-info.ts';
import { unauthorized } from '#machinery/status.ts';
import type { PeerAddress } from '../outbound/https-peer.ts';
import { Webhook } from '../outbound/webhook.ts';
import type { TokenAuthenticator } from './authenticator.ts';
import type { TokenIdentity } from './service-account-tokens.ts';
import type { User } from '../call.ts';
import { cachedTokens } from './token-cache.ts';

/** Where the webhook is, and how long what it says is believed. */
export interface TokenWebhookConfig {
  readonly address: PeerAddress;
  readonly version: 'v1' | 'v1beta1';
  readonly cacheMs: number;
}

/** How long an answer of the webhook is believed unless configured otherwise. */
export const TOKEN_WEBHOOK_CACHE_MS = 120_000;

const TIMEOUT_MS = 30_000;

interface Review {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: object;
  readonly spec: { readonly token: string; readonly audiences?: readonly string[] };
  readonly status?: { readonly authenticated?: boolean; readonly user?: UserInfo; readonly audiences?: readonly string[]; readonly error?: string };
}

/** Knows the users of a webhook. `serverAudiences` are what the server goes by. */
export class TokenWebhook implements Disposable {
  readonly #webhook: Webhook;
  readonly #config: TokenWebhookConfig;
  readonly #serverAudiences: readonly string[];
  readonly authenticate: TokenAuthenticator;

  constructor(config: TokenWebhookConfig, { clock, serverAudiences }: { readonly clock: Clock; readonly serverAudiences: readonly string[] }) {
    this.#config = config;
    this.#serverAudiences = serverAudiences;
    this.#webhook = new Webhook({ address: config.address, timeoutMs: TIMEOUT_MS, clock });
    this.authenticate = cachedTokens((token, audiences) => this.#ask(token, audiences), {
      knownMs: config.cacheMs,
      unknownMs: config.cacheMs,
      clock,
    });
  }

  [Symbol.dispose](): void {
    this.#webhook[Symbol.dispose]();
  }

  async #ask(token: string, audiences: readonly string[] = this.#serverAudiences): Promise<TokenIdentity | undefined> {
    const review: Review = {
      kind: 'TokenReview',
      apiVersion: `authentication.k8s.io/${this.#config.version}`,
      metadata: {},
      spec: { token, audiences },
    };
    let answer: Review;
    try {
      answer = await this.#webhook.ask(review);
    } catch (error) {
      throw unauthorized((error as Error).message);
    }
    const { authenticated = false, user, error, audiences: common } = answer.status ?? {};
    if (!authenticated || !user) {
      if (error) throw unauthorized(error);
      return undefined;
    }
    // A webhook that knows no audiences answers for the server itself.
    const valid =
      common && common.length > 0 ? audiences.filter((one) => common.includes(one)) : audiences.filter((one) => this.#serverAudiences.includes(one));
    return valid.length > 0 ? { user: userOf(user), audiences: valid } : undefined;
  }
}

function userOf({ username = '', uid, groups = [], extra }: UserInfo): User {
  const all = groups.includes('system:authenticated') ? groups : [...groups, 'system:authenticated'];
  return {
    name: username,
    ...(uid ? { uid } : {}),
    groups: all,
    ...(extra ? { extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, values ?? []])) } : {}),
  };
}
