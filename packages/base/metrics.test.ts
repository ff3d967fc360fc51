import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

test('counters, gauges and histograms appear in the text format', () => {
  const metrics = createMetrics();
  const requests = metrics.counter({ name: 'requests_total', help: 'Requests.', labels: ['verb', 'code'] });
  requests.increment(['GET', '200']);
  requests.increment(['GET', '200'], 2);
  requests.increment(['a"b', '500']);
  const seconds = metrics.histogram({ name: 'seconds', help: 'Seconds.', buckets: [0.1, 1] });
  seconds.observe(0.05);
  seconds.observe(0.5);
  seconds.observe(5);
  metrics.gauge({ name: 'depth', help: 'Depth.' }, () => 7);
  assert.equal(
    metrics.text(),
    '# HELP requests_total Requests.\n# TYPE requests_total counter\n' +
      'requests_total{verb="GET",code="200"} 3\nrequests_total{verb="a\\"b",code="500"} 1\n' +
      '# HELP seconds Seconds.\n# TYPE seconds histogram\n' +
      'seconds_bucket{le="0.1"} 1\nseconds_bucket{le="1"} 2\nseconds_bucket{le="+Inf"} 3\nseconds_sum 5.55\nseconds_count 3\n' +
      '# HELP depth Depth.\n# TYPE depth gauge\ndepth 7\n',
  );
  assert.throws(() => metrics.counter({ name: 'depth', help: '' }), /exists already/);
});

test('the metrics of a scope go with it, and may come again', () => {
  const metrics = createMetrics();
  metrics.counter({ name: 'kept', help: 'x' }).increment();
  for (let i = 0; i < 2; i++) {
    using scope = metrics.scope();
    scope.counter({ name: 'passing', help: 'x' }).increment();
    using inner = scope.scope();
    inner.counter({ name: 'inner', help: 'x' });
    assert.match(metrics.text(), /passing 1/);
    assert.throws(() => scope.counter({ name: 'kept', help: 'x' }), /exists already/);
  }
  assert.doesNotMatch(metrics.text(), /passing|inner/);
  assert.match(metrics.text(), /kept 1/);
});

test('help says how stable a metric is; a series without labels is there before anything happens', () => {
  const metrics = createMetrics();
  using scope = metrics.scope('ALPHA');
  scope.counter({ name: 'things_total', help: 'Things.' });
  scope.counter({ name: 'kinds_total', help: 'Kinds.', labels: ['kind'], stability: 'STABLE' });
  scope.histogram({ name: 'seconds', help: 'Seconds.', buckets: [0.00001, 1] });
  assert.equal(
    metrics.text(),
    '# HELP things_total [ALPHA] Things.\n# TYPE things_total counter\nthings_total 0\n' +
      '# HELP kinds_total [STABLE] Kinds.\n# TYPE kinds_total counter\n' +
      '# HELP seconds [ALPHA] Seconds.\n# TYPE seconds histogram\nseconds_bucket{le="1e-05"} 0\nseconds_bucket{le="1"} 0\nseconds_bucket{le="+Inf"} 0\nseconds_sum 0\nseconds_count 0\n',
  );
});
