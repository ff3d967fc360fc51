/** What a watch cache counts, for metrics: plain numbers, so that counting costs nothing. */
export class CacheCounts {
  /** How often everything was read from the store. */
  initializations = 0;
  /** Objects read then. */
  initEvents = 0;
  /** Changes that came from the store since. */
  events = 0;
  /** Watches ended because their client was too slow. */
  slowWatchers = 0;
  /** Lists from memory: how many, objects looked at, objects answered. */
  readonly lists = { count: 0, fetched: 0, returned: 0 };
  /** Lists at revisions that are no longer in memory. */
  readonly storeLists = { count: 0, fetched: 0, returned: 0 };
}
