/** Counts requests, how long they take and how large they are, under the names that dashboards know. Source: apiserver `endpoints/metrics`, `endpoints/handlers/metrics`. */
import type { Clock } from '#base/clock.ts';
import type { Counter, CounterSeries, Histogram, HistogramSeries, MetricRegistry, Sample, Stability } from '#base/metrics.ts';
import { isReason } from '#machinery/status.ts';
import type { ActiveCall } from '../active-call.ts';
import type { Stage } from '../pipeline.ts';
import { Peak } from './peak.ts';
import { REQUEST_LABELS, requestKey, requestLabels } from './request-labels.ts';

const SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];
const SLI_SECONDS = SECONDS.slice(2);
/** 1 kB to 1 GB, by tens. */
const REPLY_BYTES = Array.from({ length: 7 }, (_, i) => 10 ** (i + 3));
/** 50 kB, then every 100 kB up to the largest body there may be. */
const BODY_BYTES = Array.from({ length: 31 }, (_, i) => 50_000 + i * 100_000);
const READING = new Set(['get', 'list', 'watch']);
const BODY_VERBS: Readonly<Record<string, string>> = { create: 'create', update: 'update', patch: 'patch', delete: 'delete', deletecollection: 'delete_collection' };
/** Kinds of requests remembered with their series. */
const MAX_REMEMBERED = 4_096;

/** The series of one kind of request, found once. */
interface Series {
  readonly labels: readonly string[];
  readonly dryRun: string;
  readonly byCode: Map<number, CounterSeries>;
  readonly seconds: HistogramSeries;
  readonly sliSeconds: HistogramSeries;
  /** Of requests that read. */
  readonly replyBytes: HistogramSeries | undefined;
  /** Of requests with an object. */
  readonly bodyBytes: HistogramSeries | undefined;
  readonly selfRequests: CounterSeries | undefined;
}

/** Long-running requests of one kind that are served now. */
interface Running {
  readonly labels: readonly string[];
  count: number;
}

/** Metrics of requests. */
export class RequestMetrics {
  readonly #clock: Clock;
  readonly #total: Counter;
  readonly #seconds: Histogram;
  readonly #sliSeconds: Histogram;
  readonly #replyBytes: Histogram;
  readonly #bodyBytes: Histogram;
  readonly #selfRequests: Counter;
  readonly #terminations: Counter;
  readonly #known = new Map<string, Series>();
  readonly #running = new Map<string, Running>();
  readonly #inFlight: Readonly<Record<'mutating' | 'readOnly', Peak>>;

  constructor(metrics: MetricRegistry, clock: Clock) {
    this.#clock = clock;
    const counter = (name: string, help: string, labels: readonly string[]): Counter => metrics.counter({ name, help, labels, stability: stabilityOf(name) });
    const histogram = (name: string, help: string, labels: readonly string[], buckets: readonly number[]): Histogram => metrics.histogram({ name, help, labels, buckets, stability: stabilityOf(name) });
    const withDryRun = [REQUEST_LABELS[0]!, 'dry_run', ...REQUEST_LABELS.slice(1)];
    this.#total = counter('apiserver_request_total', 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.', [...withDryRun, 'code']);
    this.#seconds = histogram('apiserver_request_duration_seconds', 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.', withDryRun, SECONDS);
    const sli = 'Response latency distribution (not counting webhook duration and priority & fairness queue wait times) in seconds for each verb, group, version, resource, subresource, scope and component.';
    this.#sliSeconds = histogram('apiserver_request_sli_duration_seconds', sli, REQUEST_LABELS, SLI_SECONDS);
    this.#replyBytes = histogram('apiserver_response_sizes', 'Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.', REQUEST_LABELS, REPLY_BYTES);
    this.#bodyBytes = histogram('apiserver_request_body_size_bytes', 'Apiserver request body size in bytes broken out by resource and verb.', ['group', 'resource', 'verb'], BODY_BYTES);
    this.#selfRequests = counter('apiserver_selfrequest_total', 'Counter of apiserver self-requests broken out for each verb, API resource and subresource.', ['verb', 'group', 'resource', 'subresource']);
    this.#terminations = counter('apiserver_request_terminations_total', 'Number of requests which apiserver terminated in self-defense.', [...REQUEST_LABELS, 'code']);
    const longRunning = 'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.';
    metrics.gauge({ name: 'apiserver_longrunning_requests', help: longRunning, stability: 'STABLE', labels: REQUEST_LABELS }, () => [...this.#running.values()].map(({ labels, count }): Sample => ({ labels, value: count })));
    this.#inFlight = { mutating: new Peak(clock), readOnly: new Peak(clock) };
    const inFlight = 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.';
    metrics.gauge({ name: 'apiserver_current_inflight_requests', help: inFlight, stability: 'STABLE', labels: ['request_kind'] }, () => Object.entries(this.#inFlight).map(([kind, peak]) => ({ labels: [kind], value: peak.read() })));
  }

  /** Goes first, so that it sees how every call ends. */
  readonly stage: Stage = {
    name: 'metrics',
    enter: (call) => {
      if (call.longRunning) this.#begin(call);
      else this.#inFlight[kindOf(call)].raise();
    },
    leave: (call, outcome) => {
      const series = this.#seriesOf(call);
      let counter = series.byCode.get(outcome.code);
      if (!counter) series.byCode.set(outcome.code, (counter = this.#total.series([...withDryRun(series), String(outcome.code)])));
      counter.increment();
      series.selfRequests?.increment();
      if (outcome.error && isReason(outcome.error, 'TooManyRequests') && call.wasRefused) this.terminated(call, outcome.code);
      if (call.longRunning) return;
      this.#inFlight[kindOf(call)].lower();
      const ms = Math.max(0, this.#clock.now() - call.startMs);
      series.seconds.observe(ms / 1000);
      series.sliSeconds.observe(Math.max(0, ms - call.queuedMs) / 1000);
      call.replySizes = series.replyBytes;
      const { body } = call;
      if (body.type === 'bytes') series.bodyBytes?.observe(body.bytes.length);
    },
  };

  /** Counts a request that the server gave up, or would not serve, to protect itself. */
  terminated(call: ActiveCall, code: number): void {
    this.#terminations.increment([...this.#seriesOf(call).labels, String(code)]);
  }

  #begin(call: ActiveCall): void {
    const { labels } = this.#seriesOf(call);
    const key = labels.join(' ');
    let running = this.#running.get(key);
    if (!running) this.#running.set(key, (running = { labels, count: 0 }));
    const one = running;
    one.count++;
    call.whenEnded(() => {
      one.count--;
      if (one.count === 0 && this.#running.get(key) === one) this.#running.delete(key);
    });
  }

  #seriesOf(call: ActiveCall): Series {
    const key = call.exchange ? requestKey(call) : `${requestKey(call)} self`;
    const known = this.#known.get(key);
    if (known) return known;
    if (this.#known.size >= MAX_REMEMBERED) this.#known.clear();
    const { verb, dryRun, values: labels } = requestLabels(call);
    const { group, resource, subresource, verb: asked, isResource } = call.info;
    const bodyVerb = isResource ? BODY_VERBS[asked] : undefined;
    const series: Series = {
      labels,
      dryRun,
      byCode: new Map(),
      seconds: this.#seconds.series(withDryRun({ labels, dryRun })),
      sliSeconds: this.#sliSeconds.series(labels),
      replyBytes: isResource && (verb === 'GET' || verb === 'LIST') ? this.#replyBytes.series(labels) : undefined,
      bodyBytes: bodyVerb === undefined ? undefined : this.#bodyBytes.series([group, resource, bodyVerb]),
      selfRequests: call.exchange ? undefined : this.#selfRequests.series([verb, group, resource, subresource]),
    };
    this.#known.set(key, series);
    return series;
  }
}

const STABLE = new Set(['apiserver_request_total', 'apiserver_request_duration_seconds', 'apiserver_response_sizes']);

function stabilityOf(name: string): Stability {
  return STABLE.has(name) ? 'STABLE' : 'ALPHA';
}

function withDryRun({ labels, dryRun }: Pick<Series, 'labels' | 'dryRun'>): string[] {
  return [labels[0]!, dryRun, ...labels.slice(1)];
}

function kindOf({ info }: ActiveCall): 'mutating' | 'readOnly' {
  return READING.has(info.verb) ? 'readOnly' : 'mutating';
}
