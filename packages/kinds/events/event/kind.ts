import { defineKind } from '#machinery/kind.ts';
import { eventColumns } from '../../core/event/columns.ts';
import { fromCoreEvent, toCoreEvent } from './convert.ts';
import { type EventsEvent, eventsEvent } from './schema.ts';
import { eventsEventSelectableFields } from './selectable-fields.ts';
import { eventsEventStrategy } from './strategy.ts';

/** `events` of events.k8s.io. */
export const eventsV1 = defineKind<EventsEvent>({
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  schema: eventsEvent,
  stored: { group: '', version: 'v1', toStored: toCoreEvent, fromStored: fromCoreEvent },
  strategy: eventsEventStrategy,
  selectableFields: eventsEventSelectableFields,
  columns: eventColumns.map((column) => ({ ...column, cell: (event: EventsEvent, nowMs: number) => column.cell(toCoreEvent(event), nowMs) })),
});
