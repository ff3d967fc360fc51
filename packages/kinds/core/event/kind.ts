import { defineKind } from '#machinery/kind.ts';
import { type Event, event } from './schema.ts';

/** `events`. */
export const events = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  schema: event,
});
