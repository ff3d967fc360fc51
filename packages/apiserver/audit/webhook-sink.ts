/** Sends audit events to a webhook, many at a time. Source: apiserver `plugin/pkg/audit/webhook`, `plugin/pkg/audit/buffered`. */
import type { Clock, Timer } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { HttpsPeer, type PeerAddress } from '../outbound/https-peer.ts';

/** How events are put together. Source: kube-apiserver's `--audit-webhook-batch-…`. */
export interface BatchSettings {
  /** Events that wait at most; more are dropped. */
  readonly bufferSize: number;
  readonly maxSize: number;
  readonly maxWaitMs: number;
  /** Before an attempt that failed is repeated. */
  readonly backoffMs: number;
}

/** As upstream. */
export const DEFAULT_BATCH: BatchSettings = { bufferSize: 10_000, maxSize: 400, maxWaitMs: 30_000, backoffMs: 10_000 };

const TIMEOUT_MS = 30_000;
const ATTEMPTS = 5;

/** What the sink works with. */
export interface WebhookSinkOptions {
  readonly address: PeerAddress;
  readonly batch?: BatchSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A sink that never blocks requests: what does not fit is dropped and counted. */
export class WebhookSink implements AsyncDisposable {
  readonly #options: WebhookSinkOptions;
  readonly #batch: BatchSettings;
  readonly #peer: HttpsPeer;
  #waiting: string[] = [];
  #timer: Timer | undefined;
  #sending: Promise<void> | undefined;
  #dropped = 0;
  #stopping = false;

  constructor(options: WebhookSinkOptions) {
    this.#options = options;
    this.#batch = options.batch ?? DEFAULT_BATCH;
    this.#peer = new HttpsPeer(options.address, options.clock);
  }

  /** Events that did not fit, or that the webhook would not take. */
  get dropped(): number {
    return this.#dropped;
  }

  readonly write = (line: string): void => {
    if (this.#waiting.length >= this.#batch.bufferSize) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(line);
    if (this.#waiting.length >= this.#batch.maxSize) this.#start();
    else this.#timer ??= this.#options.clock.after(this.#batch.maxWaitMs, () => this.#start());
  };

  /** Sends what waits, once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    this.#start();
    await this.#sending;
    this.#peer[Symbol.dispose]();
  }

  #start(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const lines = this.#waiting.splice(0, this.#batch.maxSize);
      await this.#deliver(lines);
      // A rest waits for others to join it.
      if (this.#waiting.length < this.#batch.maxSize && !this.#stopping) break;
    }
    if (this.#waiting.length > 0 && !this.#stopping) this.#timer ??= this.#options.clock.after(this.#batch.maxWaitMs, () => this.#start());
  }

  async #deliver(lines: readonly string[]): Promise<void> {
    const { clock, log } = this.#options;
    const body = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${lines.join(',')}]}`;
    for (let attempt = 1; ; attempt++) {
      try {
        const { code } = await this.#peer.post(body, TIMEOUT_MS);
        if (code < 300) return;
        throw new Error(`the webhook answered ${code}`);
      } catch (error) {
        if (attempt < ATTEMPTS && !this.#stopping) {
          await clock.sleep(this.#batch.backoffMs);
          continue;
        }
        this.#dropped += lines.length;
        log.error('audit events were lost: the webhook did not take them', { events: lines.length, ...errorFields(error) });
        return;
      }
    }
  }
}
