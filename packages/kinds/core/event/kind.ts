import { defineKind } from '#machinery/kind.ts';
import { eventColumns } from './columns.ts';
import { type Event, event } from './schema.ts';
import { eventSelectableFields } from './selectable-fields.ts';

/** `events`. */
export const events = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  schema: event,
  strategy: { createOnUpdate: true, unconditionalUpdate: true },
  selectableFields: eventSelectableFields,
  columns: eventColumns,
});
