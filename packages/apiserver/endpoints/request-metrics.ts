/** Counts requests and how long they take, under the names that dashboards know. Source: apiserver `endpoints/metrics`. */
import type { Clock } from '#base/clock.ts';
import type { MetricRegistry } from '#base/metrics.ts';
import type { ActiveCall } from '../active-call.ts';
import type { Stage } from '../pipeline.ts';

const SECONDS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** The first stage, so that it sees how every call ends. */
export function requestMetricsStage(metrics: MetricRegistry, clock: Clock): Stage {
  const total = metrics.counter({
    name: 'apiserver_request_total',
    help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
    labels: ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component', 'code'],
  });
  const seconds = metrics.histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    labels: ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component'],
    buckets: SECONDS,
  });
  let current = 0;
  metrics.gauge({ name: 'apiserver_current_inflight_requests', help: 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.' }, () => current);
  return {
    name: 'metrics',
    enter() {
      current++;
    },
    leave(call, outcome) {
      current--;
      const labels = labelsOf(call);
      total.increment([...labels, String(outcome.code)]);
      if (!call.longRunning) seconds.observe(Math.max(0, clock.now() - call.startMs) / 1000, labels);
    },
  };
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
