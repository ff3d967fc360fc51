/**
 * Rules for events.
 *
 * Source: kubernetes `pkg/apis/core/validation/events.go`.
 */
import { type FieldError, invalid, required } from '#machinery/field-error.ts';
import { goStruct } from '../../go-struct.ts';
import { dnsSubdomain, IMMUTABLE, present, qualifiedName } from '../../rules.ts';
import { sameValue } from '../../semantic-equal.ts';
import { type Event, event as eventSchema } from './schema.ts';

const MAX_WORD = 128;
const MAX_NOTE = 1024;

/** An event through the core group, new or changed: old ones have no event time and few rules. */
export function validateEvent(event: Event): FieldError[] {
  const namespace = event.metadata.namespace ?? '';
  const about = event.involvedObject?.namespace ?? '';
  const clusterWide = event.eventTime ? ['default', 'kube-system'] : ['', 'default'];
  const agrees = about ? Boolean(event.eventTime) || about === namespace : clusterWide.includes(namespace);
  return [
    ...(agrees ? [] : [invalid('involvedObject.namespace', about, 'does not match event.namespace')]),
    ...(event.eventTime ? reportedRules(event) : []),
    ...dnsSubdomain('namespace', namespace),
  ];
}

/** Who reported what. Upstream's internal type calls the component a controller, whichever API was used. */
function reportedRules({ reportingComponent, reportingInstance, action = '', reason = '', message = '' }: Event): FieldError[] {
  const reporter = 'reportingController';
  return [
    ...present(reporter, reportingComponent),
    ...qualifiedName(reporter, reportingComponent),
    ...wordRules('reportingInstance', reportingInstance),
    ...wordRules('action', action),
    ...wordRules('reason', reason),
    ...lengthRules('message', message, MAX_NOTE),
  ];
}

function wordRules(field: string, text: string): FieldError[] {
  return text ? lengthRules(field, text, MAX_WORD) : [required(field)];
}

function lengthRules(field: string, text: string, most: number): FieldError[] {
  return Buffer.byteLength(text) > most ? [invalid(field, '', `can have at most ${most} characters`)] : [];
}

/** An event through events.k8s.io, as the core event it is stored as. */
export function validateEventsEvent(event: Event): FieldError[] {
  const errors = [...validateEvent(event), ...seriesRules(event)];
  if (!event.eventTime) errors.push(required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${event.type ?? ''}`));
  const { firstTimestamp, lastTimestamp, count, source } = event;
  for (const [field, value] of Object.entries({ firstTimestamp, lastTimestamp, count, source: source?.component || source?.host }))
    if (value) errors.push(invalid(field, '', 'needs to be unset'));
  return errors;
}

function seriesRules({ series }: Event): FieldError[] {
  if (!series) return [];
  const errors: FieldError[] = [];
  if ((series.count ?? 0) < 2) errors.push(invalid('series.count', '', 'should be at least 2'));
  if (!series.lastObservedTime) errors.push(required('series.lastObservedTime'));
  return errors;
}

const KEPT = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const;

/** A changed event through events.k8s.io: only the series grows. */
export function validateEventsEventUpdate(event: Event, stored: Event): FieldError[] {
  const errors = validateEvent(event);
  if (!sameValue(event.series, stored.series)) errors.push(...seriesRules(event));
  for (const name of KEPT) {
    if (sameValue(event[name], stored[name])) continue;
    const { schema } = eventSchema.fields[name];
    const value = schema.type === 'message' && event[name] ? goStruct(schema, event[name]) : event[name];
    errors.push(invalid(name === 'reportingComponent' ? 'reportingController' : name, value, IMMUTABLE));
  }
  return errors;
}
