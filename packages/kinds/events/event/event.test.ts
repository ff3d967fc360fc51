import { QUALIFIED_TEXT } from '../../testing/pods.ts';
import { createCases, updateCases } from '../../testing/tables.ts';
import { eventsV1 } from './kind.ts';

const TIME = '2026-01-02T03:04:05.000000Z';
const event = (members: object = {}): object => ({
  kind: 'Event',
  apiVersion: 'events.k8s.io/v1',
  metadata: { name: 'p.1', namespace: 'default' },
  eventTime: TIME,
  reportingController: 'example.com/c',
  reportingInstance: 'i',
  action: 'Start',
  reason: 'Started',
  regarding: { kind: 'Pod', namespace: 'default', name: 'p' },
  note: 'Started container c',
  type: 'Normal',
  ...members,
});

createCases(eventsV1, {
  'an event': [event({ series: { count: 2, lastObservedTime: TIME } }), []],
  'no time': [event({ eventTime: null }), ['eventTime: Required value']],
  'a type that is none': [event({ type: 'Odd' }), ['type: Invalid value: "": has invalid value: Odd']],
  'what only the core group has': [
    event({
      deprecatedCount: 1,
      deprecatedFirstTimestamp: '2026-01-02T03:04:05Z',
      deprecatedLastTimestamp: '2026-01-02T03:04:05Z',
      deprecatedSource: { component: 'c' },
    }),
    [
      'firstTimestamp: Invalid value: "": needs to be unset',
      'lastTimestamp: Invalid value: "": needs to be unset',
      'count: Invalid value: "": needs to be unset',
      'source: Invalid value: "": needs to be unset',
    ],
  ],
  'a series of one': [
    event({ series: { count: 1, lastObservedTime: null } }),
    ['series.count: Invalid value: "": should be at least 2', 'series.lastObservedTime: Required value'],
  ],
  'nobody and nothing': [
    event({ reportingController: '', reportingInstance: '', action: '', reason: '' }),
    [
      'reportingController: Required value',
      'reportingController: Invalid value: "": name part must be non-empty',
      `reportingController: Invalid value: "": ${QUALIFIED_TEXT}`,
      'reportingInstance: Required value',
      'action: Required value',
      'reason: Required value',
    ],
  ],
  'too many words': [
    event({ reportingInstance: 'x'.repeat(129), action: 'x'.repeat(129), reason: 'x'.repeat(129), note: 'x'.repeat(1025) }),
    [
      'reportingInstance: Invalid value: "": can have at most 128 characters',
      'action: Invalid value: "": can have at most 128 characters',
      'reason: Invalid value: "": can have at most 128 characters',
      'message: Invalid value: "": can have at most 1024 characters',
    ],
  ],
  'something elsewhere': [event({ regarding: { kind: 'Pod', namespace: 'other', name: 'p' } }), []],
  'something of no namespace': [event({ regarding: { kind: 'Node', name: 'n' } }), []],
});

updateCases(eventsV1, event(), {
  'a series': [(draft) => void (draft.series = { count: 2, lastObservedTime: TIME }), []],
  'a series of none': [
    (draft) => void (draft.series = { count: 1, lastObservedTime: TIME }),
    ['series.count: Invalid value: "": should be at least 2'],
  ],
  labels: [(draft) => void (draft.metadata!.labels = { a: 'b' }), []],
  'everything else': [
    (draft) =>
      Object.assign(draft, {
        regarding: { kind: 'Pod', namespace: 'default', name: 'q' },
        reason: 'Ended',
        note: 'x',
        type: 'Warning',
        eventTime: '2026-01-02T03:04:06.000000Z',
        action: 'End',
        related: { kind: 'Node', name: 'n' },
        reportingController: 'example.com/d',
        reportingInstance: 'j',
      }),
    [
      'involvedObject: Invalid value: {"Kind":"Pod","Namespace":"default","Name":"q","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
      'reason: Invalid value: "Ended": field is immutable',
      'message: Invalid value: "x": field is immutable',
      'type: Invalid value: "Warning": field is immutable',
      'eventTime: Invalid value: "2026-01-02T03:04:06.000000Z": field is immutable',
      'action: Invalid value: "End": field is immutable',
      'related: Invalid value: {"Kind":"Node","Namespace":"","Name":"n","UID":"","APIVersion":"","ResourceVersion":"","FieldPath":""}: field is immutable',
      'reportingController: Invalid value: "example.com/d": field is immutable',
      'reportingInstance: Invalid value: "j": field is immutable',
    ],
  ],
});
