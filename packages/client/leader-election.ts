/**
 * `runWithLease`: of several processes that share a Lease, one leads at a time.
 *
 * Source: client-go `tools/leaderelection` (same Lease fields, times and events), so that both kinds of participants can share a Lease.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields } from '#base/log.ts';
import type { Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import { leases } from '#kinds/coordination/lease/kind.ts';
import type { Lease, LeaseSpec } from '#kinds/coordination/lease/schema.ts';
import { isReason } from '#machinery/status.ts';
import { formatMicroTime } from '#machinery/time.ts';
import type { Client } from './client.ts';
import type { EventRecorder } from './event-recorder.ts';

/** The Lease to share and who takes part. */
export interface LeaderElectionOptions {
  readonly client: Client;
  readonly namespace: string;
  readonly name: string;
  /** Unique among the participants: host name and a UUID. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly events?: EventRecorder;
  /** How long others wait before they take a lease that is not renewed, in milliseconds; default 15 s. */
  readonly leaseMs?: number;
  /** How long the leader tries to renew before it gives up; default 10 s. */
  readonly renewMs?: number;
  /** Between attempts; default 2 s. */
  readonly retryMs?: number;
}

const LEASE_MS = 15_000;
const RENEW_MS = 10_000;
const RETRY_MS = 2_000;
/** Those who wait do so up to this much longer, so that they do not all ask at once. */
const JITTER = 1.2;

class Election {
  readonly #options: LeaderElectionOptions;
  /** The record as last seen and when it last changed, by our own clock: clocks of participants may differ. */
  #observed: Lease | undefined;
  #observedMs = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
  }

  get leader(): string {
    return this.#observed?.spec.holderIdentity ?? '';
  }

  get isLeader(): boolean {
    return this.leader === this.#options.identity;
  }

  /** Takes or renews the lease; false when somebody else holds it. @throws StatusError when the server cannot say. */
  async attempt(signal: AbortSignal): Promise<boolean> {
    const { client, namespace, name, identity, clock } = this.#options;
    const api = client.of(leases).namespace(namespace);
    const now = formatMicroTime(clock.now());
    let lease: Lease;
    try {
      lease = await api.get(name, signal);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      this.#observe(await api.create({ metadata: { name, namespace }, spec: this.#spec(now, now, 0) }, {}, signal));
      return true;
    }
    if (JSON.stringify(this.#observed?.spec) !== JSON.stringify(lease.spec)) this.#observe(lease);
    const { spec } = lease;
    const held = Boolean(spec.holderIdentity) && spec.holderIdentity !== identity;
    const validMs = (spec.leaseDurationSeconds ?? 0) * 1000;
    if (held && this.#observedMs + validMs > clock.monotonicMs()) return false;
    const renewing = spec.holderIdentity === identity;
    const next = renewing ? this.#spec(spec.acquireTime ?? now, now, spec.leaseTransitions ?? 0) : this.#spec(now, now, (spec.leaseTransitions ?? 0) + 1);
    this.#observe(await api.update({ ...lease, spec: next }, {}, signal));
    return true;
  }

  /** Gives the lease up, so that the next leader need not wait for it to run out. */
  async release(signal: AbortSignal): Promise<void> {
    const lease = this.#observed;
    if (!lease || !this.isLeader) return;
    const now = formatMicroTime(this.#options.clock.now());
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now };
    this.#observe(await this.#options.client.of(leases).update({ ...lease, spec }, {}, signal));
  }

  #observe(lease: Lease): void {
    const before = this.leader;
    this.#observed = lease;
    this.#observedMs = this.#options.clock.monotonicMs();
    if (this.leader !== before && this.leader) this.#options.log.info('new leader', { lease: this.#options.name, leader: this.leader });
  }

  #spec(acquireTime: string, renewTime: string, leaseTransitions: number): LeaseSpec {
    const { identity, leaseMs = LEASE_MS } = this.#options;
    return { holderIdentity: identity, leaseDurationSeconds: Math.ceil(leaseMs / 1000), acquireTime, renewTime, leaseTransitions };
  }

  /** Reports a change of leadership about the Lease. */
  report(what: string): void {
    if (this.#observed) this.#options.events?.event(this.#observed, 'Normal', 'LeaderElection', `${this.#options.identity} ${what}`);
  }
}

/** Attempts until leading. Failures of the server count as not leading. */
async function acquire(election: Election, options: LeaderElectionOptions, signal: AbortSignal): Promise<void> {
  const { clock, random, log, retryMs = RETRY_MS } = options;
  for (;;) {
    try {
      if (await election.attempt(signal)) return;
    } catch (error) {
      signal.throwIfAborted();
      log.debug('the lease could not be taken', errorFields(error));
    }
    await clock.sleep(retryMs * (1 + JITTER * random.next()), signal);
  }
}

/** Renews until it fails for `renewMs`, or somebody else leads. */
async function renew(election: Election, options: LeaderElectionOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, retryMs = RETRY_MS, renewMs = RENEW_MS } = options;
  let renewedMs = clock.monotonicMs();
  for (;;) {
    await clock.sleep(retryMs, signal);
    try {
      if (!(await election.attempt(signal))) return;
      renewedMs = clock.monotonicMs();
    } catch (error) {
      signal.throwIfAborted();
      log.warn('the lease could not be renewed', errorFields(error));
    }
    if (clock.monotonicMs() - renewedMs >= renewMs) return;
  }
}

/**
 * Waits for leadership, then runs `lead` until it ends, `signal` aborts (the lease is then given up) or leadership is lost.
 * The signal that `lead` gets aborts when leadership ends.
 *
 * @throws Error `leader election lost` when leadership was lost: whoever led must end.
 */
export async function runWithLease(options: LeaderElectionOptions, lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
  const election = new Election(options);
  await acquire(election, options, signal);
  election.report('became leader');
  const leading = new AbortController();
  const stop = (): void => leading.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let lost = false;
  const renewal = renew(election, options, leading.signal).then(
    () => {
      lost = true;
      leading.abort(new Error('leader election lost'));
    },
    () => undefined, // ended by us
  );
  try {
    await lead(leading.signal);
  } catch (error) {
    if (!leading.signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    leading.abort();
    await renewal;
    election.report('stopped leading');
    if (!lost) await release(election, options);
  }
  if (lost) throw new Error('leader election lost');
}

/** Releasing is a courtesy: when it fails, the lease runs out by itself. */
async function release(election: Election, options: LeaderElectionOptions): Promise<void> {
  const limit = new AbortController();
  const timer = options.clock.after(options.renewMs ?? RENEW_MS, () => limit.abort());
  try {
    await election.release(limit.signal);
  } catch (error) {
    options.log.debug('the lease could not be released', errorFields(error));
  } finally {
    timer.cancel();
  }
}
