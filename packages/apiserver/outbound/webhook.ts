/**
 * Asks a webhook: an object of a kind is posted, the same kind comes back.
 *
 * Source: apiserver `util/webhook`.
 */
import type { Clock } from '#base/clock.ts';
import { HttpsPeer, type PeerAddress, type PeerReply } from './https-peer.ts';

/** How a webhook is asked. */
export interface WebhookOptions {
  readonly address: PeerAddress;
  /** For one attempt. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** How often a webhook is asked, and how long is waited before the second time; each further wait is half as long again. */
const ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;
const WAIT_FACTOR = 1.5;

/** Answers that say: try again. */
const RETRIED_CODES: ReadonlySet<number> = new Set([429, 500, 504]);

/** A webhook with its connections. */
export class Webhook implements Disposable {
  readonly #options: WebhookOptions;
  readonly #peer: HttpsPeer;

  constructor(options: WebhookOptions) {
    this.#options = options;
    this.#peer = new HttpsPeer(options.address, options.clock);
  }

  [Symbol.dispose](): void {
    this.#peer[Symbol.dispose]();
  }

  /** Posts `object`. @throws Error saying what kept the webhook from answering with an object of the same kind. */
  async ask<T extends { readonly kind: string; readonly apiVersion: string }>(object: T): Promise<T> {
    const body = JSON.stringify(object);
    let waitMs = FIRST_WAIT_MS;
    for (let attempt = 1; ; attempt++) {
      try {
        return readReply(await this.#post(body), object);
      } catch (error) {
        if (!(error instanceof RetryError) || attempt === ATTEMPTS) throw error;
      }
      await this.#options.clock.sleep(waitMs);
      waitMs *= WAIT_FACTOR;
    }
  }

  async #post(body: string): Promise<PeerReply> {
    try {
      return await this.#peer.post(body, this.#options.timeoutMs);
    } catch (error) {
      const { code } = (error as { readonly cause?: { readonly code?: string } }).cause ?? {};
      throw code === 'ECONNRESET' ? new RetryError((error as Error).message) : error;
    }
  }
}

/** A failure that may pass. */
class RetryError extends Error {}

function readReply<T extends { readonly kind: string; readonly apiVersion: string }>({ code, text }: PeerReply, asked: T): T {
  if (code < 200 || code > 299) {
    const why = `the server responded with the status code ${code} but did not return more information`;
    throw RETRIED_CODES.has(code) ? new RetryError(why) : new Error(why);
  }
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw new Error(`the answer is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const { kind, apiVersion } = (answer ?? {}) as { readonly kind?: unknown; readonly apiVersion?: unknown };
  if (kind !== asked.kind || apiVersion !== asked.apiVersion)
    throw new Error(
      `no kind ${JSON.stringify(kind ?? '')} is expected for version ${JSON.stringify(apiVersion ?? '')}: ${asked.kind} of ${asked.apiVersion} was asked for`,
    );
  return answer as T;
}
