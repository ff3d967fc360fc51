import type { FieldText } from '#machinery/kind.ts';
import type { EventsEvent } from './schema.ts';

/** Field selectors of events in events.k8s.io. */
export const eventsEventSelectableFields: Readonly<Record<string, FieldText<EventsEvent>>> = {
  'regarding.kind': (event) => event.regarding?.kind ?? '',
  'regarding.namespace': (event) => event.regarding?.namespace ?? '',
  'regarding.name': (event) => event.regarding?.name ?? '',
  'regarding.uid': (event) => event.regarding?.uid ?? '',
  'regarding.apiVersion': (event) => event.regarding?.apiVersion ?? '',
  'regarding.resourceVersion': (event) => event.regarding?.resourceVersion ?? '',
  'regarding.fieldPath': (event) => event.regarding?.fieldPath ?? '',
  reason: (event) => event.reason ?? '',
  reportingController: (event) => event.reportingController ?? '',
  type: (event) => event.type ?? '',
};
