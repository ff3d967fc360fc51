/**
 * Keeps this server among the endpoints of the `kubernetes` service while it lives, and dead ones out of them.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { StatusError } from '#machinery/status.ts';
import { StoreUnavailableError, type Store } from '#store/store.ts';
import type { Ensurer } from './ensure.ts';
import { ensureServerEndpoints, isAnnounced } from './server-endpoints.ts';
import { ServerLeases, type ServerAddress } from './server-leases.ts';

/** Source: `DefaultEndpointReconcilerInterval`. */
const INTERVAL_MS = 10_000;

/** What an announcement needs. */
export interface AnnouncementOptions {
  readonly store: Store;
  /** Without other servers there is nothing to agree upon. */
  readonly storeIsShared: boolean;
  readonly own: ServerAddress;
  readonly ensurer: Ensurer;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One server's part in the endpoints. */
export class Announcement {
  readonly #options: AnnouncementOptions;
  readonly #leases: ServerLeases;

  constructor(options: AnnouncementOptions) {
    this.#options = options;
    this.#leases = new ServerLeases(options.store, options.own, options.clock);
  }

  /** Puts this server among the endpoints. */
  async announce(): Promise<void> {
    const { own, ensurer, storeIsShared } = this.#options;
    if (!isAnnounced(own)) return;
    if (storeIsShared) await this.#leases.renew();
    await ensureServerEndpoints(ensurer, storeIsShared ? await this.#leases.alive() : [own]);
  }

  /** Announces again and again until `signal` aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    const { own, storeIsShared, clock, log } = this.#options;
    if (!isAnnounced(own) || !storeIsShared) return;
    for (;;) {
      await clock.sleep(INTERVAL_MS, signal);
      try {
        await this.announce();
      } catch (error) {
        if (!(error instanceof StatusError || error instanceof StoreUnavailableError)) throw error;
        log.warn('this server could not be announced', errorFields(error));
      }
    }
  }

  /** Takes this server out of the endpoints, when others remain that would have to do so. */
  async withdraw(): Promise<void> {
    const { own, ensurer, storeIsShared, log } = this.#options;
    if (!isAnnounced(own) || !storeIsShared) return;
    try {
      await this.#leases.leave();
      const others = await this.#leases.alive();
      if (others.length > 0) await ensureServerEndpoints(ensurer, others);
    } catch (error) {
      // Others find out when the lease runs out.
      log.warn('this server could not be withdrawn', errorFields(error));
    }
  }
}
