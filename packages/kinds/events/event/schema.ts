import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, message, microTime, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { eventSource } from '../../core/event/schema.ts';
import { objectReference } from '../../core/references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const eventSeries = message('events/v1.EventSeries', {
  count: required(1, int32),
  lastObservedTime: required(2, microTime),
});
export interface EventSeries extends Infer<typeof eventSeries> {}

export const eventsEvent = message('events/v1.Event', {
  ...typeMeta,
  metadata: embedded(1, objectMeta),
  eventTime: required(2, microTime),
  series: pointer(3, eventSeries),
  reportingController: optional(4, string),
  reportingInstance: optional(5, string),
  action: optional(6, string),
  reason: optional(7, string),
  regarding: embedded(8, objectReference),
  related: pointer(9, objectReference),
  note: optional(10, string),
  type: optional(11, string),
  deprecatedSource: embedded(12, eventSource),
  deprecatedFirstTimestamp: optional(13, time),
  deprecatedLastTimestamp: optional(14, time),
  deprecatedCount: optional(15, int32),
});
export interface EventsEvent extends Infer<typeof eventsEvent> {}
