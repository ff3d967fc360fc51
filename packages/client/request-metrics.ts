/** Counts what a client asks of an API server, under the names that dashboards know. Source: component-base `metrics/prometheus/restclient`. */
import type { Clock } from '#base/clock.ts';
import type { Counter, Histogram, MetricRegistry } from '#base/metrics.ts';
import type { Wire, WireRequest, WireResponse } from './wire.ts';

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const BYTES = [64, 256, 512, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];
/** The code of requests without an answer. */
const NO_ANSWER = '<error>';

/** Metrics of all the clients of a process. */
export class ClientMetrics {
  readonly #clock: Clock;
  readonly #requests: Counter;
  readonly #seconds: Histogram;
  readonly #bytes: Histogram;

  constructor(metrics: MetricRegistry, clock: Clock) {
    this.#clock = clock;
    this.#requests = metrics.counter({ name: 'rest_client_requests_total', help: 'Number of HTTP requests, partitioned by status code, method, and host.', stability: 'ALPHA', labels: ['code', 'host', 'method'] });
    this.#seconds = metrics.histogram({ name: 'rest_client_request_duration_seconds', help: 'Request latency in seconds. Broken down by verb, and host.', stability: 'ALPHA', labels: ['host', 'verb'], buckets: SECONDS });
    this.#bytes = metrics.histogram({ name: 'rest_client_request_size_bytes', help: 'Request size in bytes. Broken down by verb and host.', stability: 'ALPHA', labels: ['host', 'verb'], buckets: BYTES });
  }

  now(): number {
    return this.#clock.monotonicMs();
  }

  /** Counts a request that began at `sinceMs`; `code` undefined: there was no answer. */
  sent(host: string, { method, body }: WireRequest, code: number | undefined, sinceMs: number): void {
    this.#requests.increment([code === undefined ? NO_ANSWER : String(code), host, method]);
    this.#seconds.observe((this.#clock.monotonicMs() - sinceMs) / 1000, [host, method]);
    this.#bytes.observe(body?.length ?? 0, [host, method]);
  }
}

/** A wire whose requests to `host` are counted. */
export function measuredWire(wire: Wire, host: string, metrics: ClientMetrics): Wire {
  return new MeasuredWire(wire, host, metrics);
}

class MeasuredWire implements Wire {
  readonly #wire: Wire;
  readonly #host: string;
  readonly #metrics: ClientMetrics;

  constructor(wire: Wire, host: string, metrics: ClientMetrics) {
    this.#wire = wire;
    this.#host = host;
    this.#metrics = metrics;
  }

  async send(request: WireRequest, signal: AbortSignal): Promise<WireResponse> {
    const sinceMs = this.#metrics.now();
    let code: number | undefined;
    try {
      const response = await this.#wire.send(request, signal);
      ({ code } = response);
      return response;
    } finally {
      this.#metrics.sent(this.#host, request, code, sinceMs);
    }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#wire[Symbol.asyncDispose]();
  }
}
