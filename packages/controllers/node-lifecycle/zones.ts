/**
 * How fast nodes may be emptied, zone by zone: when much of a zone is silent the fault is more likely in the network, or here, than in the nodes.
 *
 *     some nodes silent          normal    evictionRate
 *     55 % or more, at least 3   partial   secondaryEvictionRate in large zones, none in small ones
 *     all of one zone            full      evictionRate
 *     all of every zone          stopped   none, and taints are taken back
 *
 * Source: the documented rate limits on eviction; kube-controller-manager `pkg/controller/nodelifecycle`.
 */
import { TokenBucket } from '#base/token-bucket.ts';
import type { Node } from '#kinds/core/node/schema.ts';

/** Speeds and sizes. */
export interface EvictionRates {
  /** Nodes per second. */
  readonly evictionRate: number;
  /** Nodes per second in a partially disrupted large zone. */
  readonly secondaryEvictionRate: number;
  /** A zone with more nodes is large. */
  readonly largeClusterSize: number;
  /** The part of a zone's nodes, between 0 and 1, beyond which it is disrupted. */
  readonly unhealthyZoneThreshold: number;
}

/** How a zone fares. */
export type ZoneState = 'normal' | 'partial' | 'full';

/** Nodes of a zone by readiness. */
export interface ZoneCount {
  readonly ready: number;
  readonly notReady: number;
}

/** A zone counts as partially disrupted only from this many silent nodes on. */
const MIN_NOT_READY = 3;
/** Zones of regions are told apart as region and zone. */
const SEPARATOR = ':\0:';

/** The zone of a node; empty for nodes without region and zone. */
export function zoneOf({ metadata }: Node): string {
  const { labels = {} } = metadata;
  const region = labels['topology.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? '';
  return region || zone ? `${region}${SEPARATOR}${zone}` : '';
}

/** How a zone fares. */
export function zoneState({ ready, notReady }: ZoneCount, threshold: number): ZoneState {
  if (ready === 0 && notReady > 0) return 'full';
  return notReady >= MIN_NOT_READY && notReady / (ready + notReady) >= threshold ? 'partial' : 'normal';
}

/** Nodes per second that may be emptied in a zone. */
export function evictionRateOf(state: ZoneState, { ready, notReady }: ZoneCount, rates: EvictionRates): number {
  if (state !== 'partial') return rates.evictionRate;
  return ready + notReady > rates.largeClusterSize ? rates.secondaryEvictionRate : 0;
}

interface Zone {
  readonly count: ZoneCount;
  readonly state: ZoneState;
  readonly rate: number;
  readonly bucket: TokenBucket;
}

/** The zones of a cluster as last counted. */
export class Zones {
  readonly #rates: EvictionRates;
  #zones = new Map<string, Zone>();
  #stopped = false;

  constructor(rates: EvictionRates) {
    this.#rates = rates;
  }

  /** Whether all nodes of all zones are silent: nothing is evicted then. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** The zones as last counted, for metrics. */
  *counts(): Iterable<readonly [string, ZoneCount]> {
    for (const [name, { count }] of this.#zones) yield [name, count];
  }

  /** Takes a new count. `resumed`: everything was silent, and is not any more. */
  update(counts: ReadonlyMap<string, ZoneCount>, monotonicMs: number): { readonly resumed: boolean } {
    const wasStopped = this.#stopped;
    const next = new Map<string, Zone>();
    for (const [name, count] of counts) {
      const state = zoneState(count, this.#rates.unhealthyZoneThreshold);
      const rate = evictionRateOf(state, count, this.#rates);
      const known = this.#zones.get(name);
      next.set(name, known?.state === state && known.rate === rate ? { ...known, count } : { count, state, rate, bucket: newBucket(rate, known?.bucket, monotonicMs) });
    }
    this.#zones = next;
    this.#stopped = next.size > 0 && next.values().every((zone) => zone.state === 'full');
    return { resumed: wasStopped && !this.#stopped };
  }

  /** Whether a node of the zone may be emptied now; counts as one eviction when it may. */
  permit(zone: string, monotonicMs: number): boolean {
    const known = this.#zones.get(zone);
    return !this.#stopped && known !== undefined && known.rate > 0 && known.bucket.take(monotonicMs);
  }
}

/** A bucket of one token, spent when its predecessor was. */
function newBucket(rate: number, before: TokenBucket | undefined, monotonicMs: number): TokenBucket {
  const bucket = new TokenBucket(rate, 1, monotonicMs);
  if (before && !before.take(monotonicMs)) bucket.take(monotonicMs);
  return bucket;
}
