/**
 * Which servers there are: each renews a key of its own; a key that has not changed for a while belongs to a server that has died.
 *
 *     /servers/HOST:PORT   {"host":…,"port":…,"renewals":N}
 *
 * How old a key is, each server judges by its own clock, from when it saw the key change: clocks need not agree.
 *
 * Source: kubernetes `pkg/controlplane/reconcilers/lease.go` (there: `/masterleases/`).
 */
import type { Clock } from '#base/clock.ts';
import type { Store } from '#store/store.ts';

/** Below which servers announce themselves. Not below the registry's prefix: these are no objects. */
const PREFIX = '/servers/';

/** Source: `DefaultEndpointReconcilerTTL`. */
export const SERVER_TTL_MS = 15_000;

/** How many servers a cluster may have: a bound for what is read. */
const MAX_SERVERS = 1_000;

/** Where a server is reached. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

interface Seen {
  readonly modRevision: number;
  readonly atMs: number;
}

/** The servers on one store, as one of them sees them. */
export class ServerLeases {
  readonly #store: Store;
  readonly #own: ServerAddress;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();
  #renewals = 0;

  constructor(store: Store, own: ServerAddress, clock: Clock) {
    this.#store = store;
    this.#own = own;
    this.#clock = clock;
  }

  /** Says that this server lives. @throws StoreUnavailableError */
  async renew(): Promise<void> {
    const value = Buffer.from(JSON.stringify({ ...this.#own, renewals: ++this.#renewals }));
    await this.#store.commit([{ key: this.#key(this.#own), value, ttlMs: SERVER_TTL_MS }]);
  }

  /** Takes this server away. @throws StoreUnavailableError */
  async leave(): Promise<void> {
    await this.#store.commit([{ key: this.#key(this.#own), value: null }]);
  }

  /** The servers that live. Keys of dead ones are removed. @throws StoreUnavailableError */
  async alive(): Promise<ServerAddress[]> {
    using snapshot = await this.#store.snapshot();
    const { items } = await snapshot.range(PREFIX, { limit: MAX_SERVERS });
    const nowMs = this.#clock.monotonicMs();
    const addresses: ServerAddress[] = [];
    for (const { key, value, modRevision } of items) {
      let seen = this.#seen.get(key);
      if (seen?.modRevision !== modRevision) this.#seen.set(key, (seen = { modRevision, atMs: nowMs }));
      if (nowMs - seen.atMs > SERVER_TTL_MS) await this.#store.commit([{ key, value: null, expect: modRevision }]);
      else addresses.push(JSON.parse(Buffer.from(value).toString()) as ServerAddress);
    }
    for (const key of this.#seen.keys()) if (!items.some((item) => item.key === key)) this.#seen.delete(key);
    return addresses.map(({ host, port }) => ({ host, port }));
  }

  #key({ host, port }: ServerAddress): string {
    return `${PREFIX}${host}:${port}`;
  }
}
