import type { Column } from '#machinery/kind.ts';
import { ageText } from '#machinery/time.ts';
import { nameColumn } from '../../cells.ts';
import type { Event } from './schema.ts';

/** What `kubectl get events` shows. */
export const eventColumns: readonly Column<Event>[] = [
  { name: 'Last Seen', type: 'string', description: 'When the event was last seen.', cell: lastSeen },
  { name: 'Type', type: 'string', description: 'Normal or Warning.', cell: ({ type }) => type ?? '' },
  { name: 'Reason', type: 'string', description: 'Why it happened, in one word.', cell: ({ reason }) => reason ?? '' },
  { name: 'Object', type: 'string', description: 'What it happened to.', cell: target },
  {
    name: 'Subobject',
    type: 'string',
    description: 'The part it happened to.',
    priority: 1,
    cell: ({ involvedObject }) => involvedObject?.fieldPath ?? '',
  },
  { name: 'Source', type: 'string', description: 'Who says so.', priority: 1, cell: source },
  { name: 'Message', type: 'string', description: 'What happened.', cell: ({ message = '' }) => message.trim() },
  { name: 'First Seen', type: 'string', description: 'When the event was first seen.', priority: 1, cell: firstSeen },
  {
    name: 'Count',
    type: 'string',
    description: 'How often it was seen.',
    priority: 1,
    cell: ({ series, count }) => (series ? (series.count ?? 0) : count || 1),
  },
  { ...nameColumn, priority: 1 },
];

function firstSeen({ firstTimestamp, eventTime }: Event, nowMs: number): string {
  return ageText(firstTimestamp || eventTime, nowMs);
}

function lastSeen(event: Event, nowMs: number): string {
  if (event.series) return ageText(event.series.lastObservedTime, nowMs);
  return event.lastTimestamp ? ageText(event.lastTimestamp, nowMs) : firstSeen(event, nowMs);
}

function target({ involvedObject }: Event): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase();
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind;
}

function source(event: Event): string {
  const component = event.source?.component || event.reportingComponent || '';
  const instance = event.source?.host || event.reportingInstance || '';
  return instance ? `${component}, ${instance}` : component;
}
