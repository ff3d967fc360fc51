import type { Infer } from '#machinery/schema.ts';
import { embedded, int32, message, microTime, optional, pointer, required, string, time } from '#machinery/schema.ts';
import { objectReference } from '../references.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';

export const eventSource = message('core/v1.EventSource', {
  component: optional(1, string),
  host: optional(2, string),
});
export interface EventSource extends Infer<typeof eventSource> {}

export const eventSeries = message('core/v1.EventSeries', {
  count: optional(1, int32),
  lastObservedTime: optional(2, microTime),
});
export interface EventSeries extends Infer<typeof eventSeries> {}

export const event = message('core/v1.Event', {
  ...typeMeta,
  metadata: required(1, objectMeta),
  involvedObject: required(2, objectReference),
  reason: optional(3, string),
  message: optional(4, string),
  source: embedded(5, eventSource),
  firstTimestamp: optional(6, time),
  lastTimestamp: optional(7, time),
  count: optional(8, int32),
  type: optional(9, string),
  eventTime: optional(10, microTime),
  series: pointer(11, eventSeries),
  action: optional(12, string),
  related: pointer(13, objectReference),
  reportingComponent: required(14, string, { notRequired: true }),
  reportingInstance: required(15, string, { notRequired: true }),
});
export interface Event extends Infer<typeof event> {}
