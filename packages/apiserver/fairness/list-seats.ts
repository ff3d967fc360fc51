/** How many seats lists take: more when there is more to send. Source: apiserver `flowcontrol/request`, list work estimator. */
import type { RequestInfo } from '../call.ts';

/** Source: upstream's defaults. */
const MAX_SEATS = 10;
const OBJECTS_PER_SEAT = 100;

/** Estimates; `count` knows how many objects a resource has. */
export function listSeats(count: (info: RequestInfo) => number): (info: RequestInfo, query: URLSearchParams) => number {
  return (info, query) => {
    const { verb, name } = info;
    if (name !== '' || (verb !== 'list' && !(verb === 'watch' && query.get('sendInitialEvents') === 'true'))) return 1;
    const stored = count(info);
    if (stored <= OBJECTS_PER_SEAT) return 1;
    const limit = Number(query.get('limit') ?? 0);
    const sent = limit > 0 ? Math.min(limit, stored) : stored;
    return Math.min(MAX_SEATS, Math.ceil(sent / OBJECTS_PER_SEAT));
  };
}
