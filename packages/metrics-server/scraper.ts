/**
 * `startScraper`: measures all nodes every 15 seconds.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields } from '#base/log.ts';
import type { Logger } from '#base/log.ts';
import { openTaskGroup } from '#base/task-group.ts';
import type { UsageSource } from './samples.ts';
import type { UsageStore } from './usage-store.ts';

/** What is measured, and where it is kept. */
export interface ScraperOptions {
  readonly nodes: () => readonly string[];
  readonly source: UsageSource;
  readonly store: UsageStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Between two measurements; default 15 s. */
  readonly intervalMs?: number;
}

const INTERVAL_MS = 15_000;
/** The second measurement of all comes early, so that there is something to show. */
const FIRST_INTERVAL_MS = 5_000;
/** How long a node may take to answer. */
const TIMEOUT_MS = 10_000;
/** Nodes that are asked at the same time. */
const MAX_CONCURRENT = 32;

/** Starts measuring, until disposed. */
export function startScraper(options: ScraperOptions): AsyncDisposable {
  const { clock, log, intervalMs = INTERVAL_MS } = options;
  const tasks = openTaskGroup((task, error) => log.error('measuring usage failed', { task, ...errorFields(error) }));
  tasks.run('scraper', async (signal) => {
    for (let round = 0; ; round++) {
      await scrape(options, signal);
      await clock.sleep(round === 0 ? Math.min(FIRST_INTERVAL_MS, intervalMs) : intervalMs, signal);
    }
  });
  return { [Symbol.asyncDispose]: () => tasks[Symbol.asyncDispose]() };
}

async function scrape({ nodes, source, store, clock, log }: ScraperOptions, signal: AbortSignal): Promise<void> {
  const names = nodes();
  store.retain(new Set(names));
  const waiting = [...names];
  const worker = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
      const limit = new AbortController();
      const timer = clock.after(TIMEOUT_MS, () => limit.abort(new Error('i/o timeout')));
      try {
        store.add(name, await source(name, AbortSignal.any([signal, limit.signal])));
      } catch (error) {
        signal.throwIfAborted();
        log.debug('a node could not be measured', { node: name, ...errorFields(error) });
      } finally {
        timer.cancel();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(MAX_CONCURRENT, names.length) }, worker));
}
