import assert from 'node:assert/strict';
import test from 'node:test';
import { created } from '../../testing/objects.ts';
import { createCases, row } from '../../testing/tables.ts';
import { eventsV1 } from '../../events/event/kind.ts';
import { events } from './kind.ts';

const event = (members: object): object => ({
  kind: 'Event',
  apiVersion: 'v1',
  metadata: { name: 'p.1', namespace: 'default' },
  involvedObject: { kind: 'Pod', namespace: 'default', name: 'p' },
  reason: 'Started',
  message: 'Started container\nc',
  type: 'Normal',
  source: { component: 'kubelet', host: 'n1' },
  firstTimestamp: '2026-01-02T03:00:05Z',
  lastTimestamp: '2026-01-02T03:04:00Z',
  count: 3,
  ...members,
});

createCases(events, {
  'other namespace': [
    event({ involvedObject: { kind: 'Pod', namespace: 'other', name: 'p' } }),
    ['involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  ],
  'cluster object outside default': [
    { ...event({ involvedObject: { kind: 'Node', name: 'n' } }), metadata: { name: 'n.1', namespace: 'team' } },
    ['involvedObject.namespace: Invalid value: "": does not match event.namespace'],
  ],
  'new style': [
    event({ eventTime: '2026-01-02T03:04:05.000000Z', reportingComponent: 'example.com/c', reportingInstance: 'i', action: 'Start' }),
    [],
  ],
  'new style without its members': [
    event({ eventTime: '2026-01-02T03:04:05.000000Z', reason: '', type: 'Other' }),
    [
      'reportingController: Required value',
      'reportingController: Invalid value: "": name part must be non-empty',
      `reportingController: Invalid value: "": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
    ],
  ],
});

test('columns', () => {
  const cells = row(events, created(events, event({})));
  assert.equal(cells['Last Seen'], '5s');
  assert.equal(cells['Object'], 'pod/p');
  assert.equal(cells['Message'], 'Started container\nc');
  assert.equal(cells['Source'], 'kubelet, n1');
  assert.equal(cells['First Seen'], '4m');
});

test('the newer API shows the same object', () => {
  const stored = created(events, event({ series: { count: 4, lastObservedTime: '2026-01-02T03:04:05.000000Z' } }));
  const shown = eventsV1.stored!.fromStored(stored);
  assert.equal(shown.note, 'Started container\nc');
  assert.deepEqual(shown.regarding, stored.involvedObject);
  assert.equal(shown.deprecatedCount, 3);
  assert.equal(shown.apiVersion, 'events.k8s.io/v1');
  assert.deepEqual(eventsV1.stored!.toStored(shown), stored);
});
