/**
 * Service account tokens bound to pods: asked for once, kept, and asked for again before they expire.
 *
 * Source: kubernetes `pkg/kubelet/token`: a token is renewed after 80 % of its life, or after a day.
 */
import type { Clock } from '#base/clock.ts';
import type { Client } from '#client/client.ts';
import type { TokenRequest } from '#kinds/authentication/token-request/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { serviceAccounts } from '#kinds/core/service-account/kind.ts';
import { timeToMs } from '#machinery/time.ts';

/** A token and when to replace it. */
export interface PodToken {
  readonly token: string;
  readonly refreshAtMs: number;
  readonly expiresAtMs: number;
}

const RENEW_AT = 0.8;
const RENEW_AFTER_MS = 24 * 3_600_000;
/** Spreads the renewals of pods that started together. */
const MAX_JITTER_MS = 10_000;
const DEFAULT_SECONDS = 3600;

/** The tokens of this node's pods. */
export class ServiceAccountTokens {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #tokens = new Map<string, PodToken>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** A valid token for the pod. While the API server is away, one that is due for renewal is still given until it expires. */
  async get(pod: Pod, request: { readonly audience: string; readonly expirationSeconds?: number }, signal: AbortSignal): Promise<PodToken> {
    const { uid = '' } = pod.metadata;
    const key = `${uid}/${request.audience}/${request.expirationSeconds ?? DEFAULT_SECONDS}`;
    const known = this.#tokens.get(key);
    if (known && this.#clock.now() < known.refreshAtMs) return known;
    try {
      const fresh = await this.#request(pod, request, signal);
      this.#tokens.set(key, fresh);
      return fresh;
    } catch (error) {
      if (known && this.#clock.now() < known.expiresAtMs) return known;
      throw error;
    }
  }

  /** The pod is gone. */
  release(podUid: string): void {
    for (const key of this.#tokens.keys()) if (key.startsWith(`${podUid}/`)) this.#tokens.delete(key);
  }

  async #request(pod: Pod, request: { readonly audience: string; readonly expirationSeconds?: number }, signal: AbortSignal): Promise<PodToken> {
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    const seconds = request.expirationSeconds ?? DEFAULT_SECONDS;
    const body = {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {},
      spec: {
        audiences: request.audience ? [request.audience] : [],
        expirationSeconds: seconds,
        boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name, uid },
      },
    };
    const account = pod.spec.serviceAccountName || 'default';
    const nowMs = this.#clock.now();
    const answer = (await this.#client.of(serviceAccounts).namespace(namespace).sub('POST', account, 'token', body, signal)) as TokenRequest;
    const expiresAtMs = timeToMs(answer.status.expirationTimestamp);
    const lifeMs = Math.min((answer.spec?.expirationSeconds ?? seconds) * 1000, expiresAtMs - nowMs);
    const jitterMs = Number.parseInt(uid.slice(-4), 16) % MAX_JITTER_MS || 0;
    return { token: answer.status.token, expiresAtMs, refreshAtMs: nowMs + Math.min(lifeMs * RENEW_AT, RENEW_AFTER_MS) - jitterMs };
  }
}
