import { defineKind } from '#machinery/kind.ts';
import { type EventsEvent, eventsEvent } from './schema.ts';

/** `events` of events.k8s.io. */
export const eventsV1 = defineKind<EventsEvent>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  schema: eventsEvent,
});
