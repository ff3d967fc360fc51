import type { Draft } from '#machinery/schema.ts';
import { fillAmounts, roundAmounts } from '../pod/resource-list.ts';
import type { LimitRange } from './schema.ts';

/** Fills a limit range: a container's default limit is the maximum, its default request the default limit or the minimum. */
export function defaultLimitRange(draft: Draft<LimitRange>): void {
  for (const item of draft.spec?.limits ?? []) {
    if (item.type === 'Container') {
      const limits = { ...item.default };
      const requests = { ...item.defaultRequest };
      fillAmounts(limits, item.max);
      fillAmounts(requests, limits);
      fillAmounts(requests, item.min);
      if (Object.keys(limits).length > Object.keys(item.default ?? {}).length) item.default = limits;
      if (Object.keys(requests).length > Object.keys(item.defaultRequest ?? {}).length) item.defaultRequest = requests;
    }
    for (const amounts of [item.default, item.defaultRequest, item.max, item.min, item.maxLimitRequestRatio]) roundAmounts(amounts);
  }
}
