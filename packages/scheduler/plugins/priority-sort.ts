/**
 * PrioritySort: more important pods leave the queue first, among equals those that came first.
 */
import type { Plugin } from '../framework.ts';

/** Order of the queue. */
export function prioritySort(): Plugin {
  return {
    name: 'PrioritySort',
    before: (a, b) => (a.priority === b.priority ? a.addedMs < b.addedMs : a.priority > b.priority),
  };
}
