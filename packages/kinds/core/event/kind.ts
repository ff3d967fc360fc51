import { defineKind } from '#machinery/kind.ts';
import { eventColumns } from './columns.ts';
import { type Event, event } from './schema.ts';
import { eventSelectableFields } from './selectable-fields.ts';
import { validateEvent } from './validation.ts';

/** `events`. */
export const events = defineKind<Event>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  namespaced: true,
  schema: event,
  strategy: { createOnUpdate: true, unconditionalUpdate: true, validate: validateEvent, validateUpdate: validateEvent },
  selectableFields: eventSelectableFields,
  columns: eventColumns,
});
