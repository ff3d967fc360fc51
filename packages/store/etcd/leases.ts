/**
 * Leases: how etcd forgets keys by itself. Keys written within a minute share one, as each costs every member memory and renewal of its record.
 *
 * Source: apiserver `storage/etcd3/lease_manager.go`
 */
import type { Clock } from '#base/clock.ts';
import type { EtcdClient } from './etcd-client.ts';
import type { Int64 } from './messages.ts';

/** How long a lease takes further keys: this part of the time to live, and at most this long. */
const REUSE_PART = 0.05;
const MAX_REUSE_MS = 60_000;
/** When a lease ends, etcd deletes its keys in one go: not too many. */
const MAX_KEYS = 1_000;

interface Lease {
  readonly id: Promise<Int64>;
  readonly untilMs: number;
  keys: number;
}

/** The leases that this process takes. */
export class Leases {
  readonly #client: EtcdClient;
  readonly #clock: Clock;
  /** By time to live in milliseconds. */
  readonly #open = new Map<number, Lease>();

  constructor(client: EtcdClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * A lease that keeps a key for at least `ttlMs`.
   * @throws GrpcError, StoreUnavailableError
   */
  take(ttlMs: number): Promise<Int64> {
    const nowMs = this.#clock.monotonicMs();
    let lease = this.#open.get(ttlMs);
    if (!lease || lease.untilMs < nowMs || lease.keys >= MAX_KEYS) {
      lease = this.#grant(ttlMs, nowMs);
      this.#open.set(ttlMs, lease);
    }
    lease.keys++;
    return lease.id;
  }

  /** Takes no more keys on the leases of now: one of them is gone. */
  forget(): void {
    this.#open.clear();
  }

  #grant(ttlMs: number, nowMs: number): Lease {
    const reuseMs = Math.min(ttlMs * REUSE_PART, MAX_REUSE_MS);
    // A second lease, when the answer to the first was lost, ends by itself.
    const id = this.#client.call('LeaseGrant', { TTL: Math.ceil((ttlMs + reuseMs) / 1_000) }, { repeatable: true }).then((granted) => granted.ID);
    id.catch(() => this.#open.delete(ttlMs));
    return { id, untilMs: nowMs + reuseMs, keys: 0 };
  }
}
