/**
 * Rules for events.
 *
 * Source: kubernetes `pkg/apis/core/validation/events.go`.
 */
import { type FieldError, invalid, required } from '#machinery/field-error.ts';
import { validateQualifiedName } from '#machinery/names.ts';
import { dnsSubdomain, immutable, invalidEach } from '../../rules.ts';
import type { Event } from './schema.ts';

const MAX_WORD = 128;
const MAX_NOTE = 1024;

/** An event through the core group: old ones have no event time and few rules. */
export function validateEvent(event: Event): FieldError[] {
  return commonRules(event, 'reportingComponent');
}

function commonRules(event: Event, reporter: string): FieldError[] {
  const namespace = event.metadata.namespace ?? '';
  const errors = event.eventTime ? reportedRules(event, reporter) : [];
  const about = event.involvedObject?.namespace ?? '';
  const clusterWide = event.eventTime ? ['default', 'kube-system'] : ['', 'default'];
  const agrees = about ? Boolean(event.eventTime) || about === namespace : clusterWide.includes(namespace);
  if (!agrees) errors.unshift(invalid('involvedObject.namespace', about, 'does not match event.namespace'));
  errors.push(...dnsSubdomain('namespace', namespace));
  return errors;
}

function reportedRules(event: Event, reporter: string): FieldError[] {
  const { reportingComponent, reportingInstance, action, reason, message = '' } = event;
  const errors = reportingComponent ? [] : [required(reporter)];
  errors.push(...invalidEach(reporter, reportingComponent ?? '', validateQualifiedName(reportingComponent ?? '')));
  for (const [field, text] of Object.entries({ reportingInstance, action, reason })) {
    if (!text) errors.push(required(field));
    else if (text.length > MAX_WORD) errors.push(invalid(field, '', `can have at most ${MAX_WORD} characters`));
  }
  if (message.length > MAX_NOTE) errors.push(invalid('message', '', `can have at most ${MAX_NOTE} characters`));
  return errors;
}

/** An event through events.k8s.io, as the core event it is stored as. */
export function validateEventsEvent(event: Event): FieldError[] {
  const errors = [...commonRules(event, 'reportingController'), ...seriesRules(event)];
  if (!event.eventTime) errors.push(required('eventTime'));
  if (event.type !== 'Normal' && event.type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${event.type ?? ''}`));
  const text = 'needs to be unset';
  if (event.firstTimestamp) errors.push(invalid('firstTimestamp', '', text));
  if (event.lastTimestamp) errors.push(invalid('lastTimestamp', '', text));
  if (event.count) errors.push(invalid('count', '', text));
  if (event.source?.component || event.source?.host) errors.push(invalid('source', '', text));
  return errors;
}

function seriesRules({ series }: Event): FieldError[] {
  if (!series) return [];
  const errors: FieldError[] = [];
  if ((series.count ?? 0) < 2) errors.push(invalid('series.count', '', 'should be at least 2'));
  if (!series.lastObservedTime) errors.push(required('series.lastObservedTime'));
  return errors;
}

/** A changed event through events.k8s.io: only the series grows. */
export function validateEventsEventUpdate(event: Event, stored: Event): FieldError[] {
  const kept = [
    'involvedObject',
    'reason',
    'message',
    'source',
    'firstTimestamp',
    'lastTimestamp',
    'count',
    'reportingInstance',
    'action',
    'related',
    'type',
    'eventTime',
  ] as const;
  return [
    ...kept.flatMap((name) => immutable(name, event[name], stored[name])),
    ...immutable('reportingController', event.reportingComponent, stored.reportingComponent),
    ...seriesRules(event),
  ];
}
