/** Counts requests and how long they take, under the names that dashboards know. Source: apiserver `endpoints/metrics`. */
import type { Clock } from '#base/clock.ts';
import type { CounterSeries, HistogramSeries, MetricRegistry } from '#base/metrics.ts';
import type { ActiveCall } from '../active-call.ts';
import type { Stage } from '../pipeline.ts';
import { IdentityCounts } from './identity-metrics.ts';

const SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** The first stage, so that it sees how every call ends. */
export function requestMetricsStage(metrics: MetricRegistry, clock: Clock): Stage {
  const total = metrics.counter({
    name: 'apiserver_request_total', stability: 'STABLE',
    help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    labels: ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component', 'code'],
  });
  const seconds = metrics.histogram({
    name: 'apiserver_request_duration_seconds', stability: 'STABLE',
    help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    labels: ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
    buckets: SECONDS,
  });
  const known = new Map<string, Series>();
  const seriesOf = (call: ActiveCall): Series => {
    const key = seriesKey(call);
    let series = known.get(key);
    if (!series) {
      if (known.size >= MAX_REMEMBERED) known.clear();
      const labels = labelsOf(call);
      series = { labels, byCode: new Map(), seconds: seconds.series(labels) };
      known.set(key, series);
    }
    return series;
  };
  const current = { mutating: 0, readOnly: 0 };
  metrics.gauge({ name: 'apiserver_current_inflight_requests', stability: 'STABLE', help: 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.', labels: ['request_kind'] }, () =>
    Object.entries(current).map(([kind, value]) => ({ labels: [kind], value })),
  );
  const identities = new IdentityCounts(metrics);
  return {
    name: 'metrics',
    enter(call) {
      if (!call.longRunning) current[kindOf(call)]++;
    },
    leave(call, outcome) {
      if (!call.longRunning) current[kindOf(call)]--;
      identities.count(call, outcome.code);
      const series = seriesOf(call);
      let counter = series.byCode.get(outcome.code);
      if (!counter) series.byCode.set(outcome.code, (counter = total.series([...series.labels, String(outcome.code)])));
      counter.increment();
      if (!call.longRunning) series.seconds.observe(Math.max(0, clock.now() - call.startMs) / 1000);
    },
  };
}

const READING = new Set(['get', 'list', 'watch']);

function kindOf({ info }: ActiveCall): 'mutating' | 'readOnly' {
  return READING.has(info.verb) ? 'readOnly' : 'mutating';
}

/** The series of one kind of request. */
interface Series {
  readonly labels: readonly string[];
  readonly byCode: Map<number, CounterSeries>;
  readonly seconds: HistogramSeries;
}

/** Kinds of requests remembered with their series. */
const MAX_REMEMBERED = 4_096;

/** Tells apart what `labelsOf` tells apart, but cheaply. */
function seriesKey({ info, method, query }: ActiveCall): string {
  const dryRun = query.size > 0 ? (query.get('dryRun') ?? '') : '';
  if (!info.isResource) return `${method} ${dryRun} ${KNOWN_PATHS.test(info.path) ? info.path : ''}`;
  const scope = info.name !== '' ? 'r' : info.namespace !== '' ? 'n' : 'c';
  return `${method} ${info.verb} ${info.group}/${info.version}/${info.resource}/${info.subresource} ${scope} ${dryRun}`;
}

/** Paths that are counted under their own name; others together, so that clients cannot make up label values. */
const KNOWN_PATHS = /^\/(?:healthz|livez|readyz|metrics|version|openapi\/v[23]|apis?)?$/;

function labelsOf({ info, method, query }: ActiveCall): string[] {
  const dryRun = query.size > 0 ? (query.get('dryRun') ?? '') : '';
  if (!info.isResource) return [method, dryRun, '', '', '', KNOWN_PATHS.test(info.path) ? info.path : '', '', 'apiserver'];
  const scope = info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
  return [metricVerb(info.verb, method), dryRun, info.group, info.version, info.resource, info.subresource, scope, 'apiserver'];
}

function metricVerb(verb: string, method: string): string {
  switch (verb) {
    case 'list':
    case 'watch':
    case 'deletecollection':
      return verb.toUpperCase();
    case 'patch':
      return 'PATCH';
    default:
      return method;
  }
}
