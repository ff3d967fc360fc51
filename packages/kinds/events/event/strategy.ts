import type { Strategy } from '#machinery/kind.ts';
import { validateEventsEvent, validateEventsEventUpdate } from '../../core/event/validation.ts';
import { toCoreEvent } from './convert.ts';
import type { EventsEvent } from './schema.ts';

/** Rules of an event's life in events.k8s.io. */
export const eventsEventStrategy: Strategy<EventsEvent> = {
  createOnUpdate: true,
  unconditionalUpdate: true,
  validate: (event) => validateEventsEvent(toCoreEvent(event)),
  validateUpdate: (event, stored) => validateEventsEventUpdate(toCoreEvent(event), toCoreEvent(stored)),
};
