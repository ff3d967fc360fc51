/**
 * Events of events.k8s.io are stored as core events.
 *
 * Source: kubernetes `pkg/apis/events/v1/conversion.go`.
 */
import type { KubeObject } from '#machinery/kind.ts';
import type { Event } from '../../core/event/schema.ts';
import type { EventsEvent } from './schema.ts';

/** A time that must be written but is not set is null on the wire and in memory. */
const UNSET_TIME = null as unknown as string;

/** The core event that stores `event`. */
export function toCoreEvent(event: EventsEvent): Event {
  const { regarding, note, reportingController, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, deprecatedCount, ...rest } =
    event;
  const { eventTime, series, ...same } = rest as Timed;
  return {
    ...same,
    kind: 'Event',
    apiVersion: 'v1',
    involvedObject: regarding,
    source: deprecatedSource ?? {},
    reportingComponent: reportingController ?? '',
    reportingInstance: event.reportingInstance ?? '',
    ...(note === undefined ? {} : { message: note }),
    firstTimestamp: deprecatedFirstTimestamp ?? UNSET_TIME,
    lastTimestamp: deprecatedLastTimestamp ?? UNSET_TIME,
    ...(deprecatedCount === undefined ? {} : { count: deprecatedCount }),
    eventTime: eventTime ?? UNSET_TIME,
    ...(series ? { series: { count: series.count, lastObservedTime: series.lastObservedTime ?? UNSET_TIME } } : {}),
  };
}

/** Times as they are in memory: null where not set. */
type Timed = Omit<EventsEvent, 'eventTime' | 'series'> & {
  readonly eventTime: string | null;
  readonly series?: { readonly count: number; readonly lastObservedTime: string | null };
};

/** The event that a stored core event is. */
export function fromCoreEvent(object: KubeObject): EventsEvent {
  const { involvedObject, message, reportingComponent, reportingInstance, source, firstTimestamp, lastTimestamp, count, eventTime, series, ...same } =
    object as Event;
  return {
    ...same,
    kind: 'Event',
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    deprecatedSource: source ?? {},
    eventTime: eventTime ?? UNSET_TIME,
    ...(series === undefined ? {} : { series: { count: series.count ?? 0, lastObservedTime: series.lastObservedTime ?? UNSET_TIME } }),
    ...(message === undefined ? {} : { note: message }),
    ...(reportingComponent ? { reportingController: reportingComponent } : {}),
    ...(reportingInstance ? { reportingInstance } : {}),
    deprecatedFirstTimestamp: firstTimestamp ?? UNSET_TIME,
    deprecatedLastTimestamp: lastTimestamp ?? UNSET_TIME,
    ...(count === undefined ? {} : { deprecatedCount: count }),
  };
}
