/** Counts what a client asks of an API server, under the names that dashboards know. Source: component-base `metrics/prometheus/restclient`. */
import type { Clock } from '#base/clock.ts';
import type { Counter, Histogram, MetricRegistry } from '#base/metrics.ts';
import type { Wire, WireRequest, WireResponse } from './wire.ts';

const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];
const BYTES = [64, 256, 512, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216];
/** The code of requests without an answer. */
const NO_ANSWER = '<error>';

/** A wire whose requests to `host` are counted in `metrics`. */
export function measuredWire(wire: Wire, host: string, metrics: MetricRegistry, clock: Clock): Wire {
  return new MeasuredWire(wire, host, metrics, clock);
}

class MeasuredWire implements Wire {
  readonly #wire: Wire;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #requests: Counter;
  readonly #seconds: Histogram;
  readonly #bytes: Histogram;

  constructor(wire: Wire, host: string, metrics: MetricRegistry, clock: Clock) {
    this.#wire = wire;
    this.#host = host;
    this.#clock = clock;
    this.#requests = metrics.counter({ name: 'rest_client_requests_total', help: 'Number of HTTP requests, partitioned by status code, method, and host.', stability: 'ALPHA', labels: ['code', 'host', 'method'] });
    this.#seconds = metrics.histogram({ name: 'rest_client_request_duration_seconds', help: 'Request latency in seconds. Broken down by verb, and host.', stability: 'ALPHA', labels: ['host', 'verb'], buckets: SECONDS });
    this.#bytes = metrics.histogram({ name: 'rest_client_request_size_bytes', help: 'Request size in bytes. Broken down by verb and host.', stability: 'ALPHA', labels: ['host', 'verb'], buckets: BYTES });
  }

  async send(request: WireRequest, signal: AbortSignal): Promise<WireResponse> {
    const { method } = request;
    const sinceMs = this.#clock.monotonicMs();
    let code = NO_ANSWER;
    try {
      const response = await this.#wire.send(request, signal);
      code = String(response.code);
      return response;
    } finally {
      this.#requests.increment([code, this.#host, method]);
      this.#seconds.observe((this.#clock.monotonicMs() - sinceMs) / 1000, [this.#host, method]);
      this.#bytes.observe(request.body?.length ?? 0, [this.#host, method]);
    }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#wire[Symbol.asyncDispose]();
  }
}
