/**
 * CPU rates for runtimes that only report CPU time spent.
 */
import type { Clock } from '#base/clock.ts';

interface Sample {
  readonly timestampMs: number;
  readonly usageCoreNanoSeconds?: number | undefined;
  readonly usageNanoCores?: number | undefined;
}

interface Known extends Sample {
  readonly seenAtMs: number;
  readonly rate: number | undefined;
}

/** Samples older than this are of containers that are gone. */
const FORGET_AFTER_MS = 10 * 60_000;

/** Shorter spans give noise instead of a rate. */
const MIN_SPAN_MS = 500;

/** Completes each sample with its rate since the previous sample of the same container. */
export function createCpuRates(clock: Clock): <S extends Sample>(containerId: string, sample: S) => S {
  const known = new Map<string, Known>();
  let sweptAtMs = clock.monotonicMs();
  const sweep = (nowMs: number): void => {
    if (nowMs - sweptAtMs < FORGET_AFTER_MS) return;
    sweptAtMs = nowMs;
    for (const [id, { seenAtMs }] of known) if (nowMs - seenAtMs > FORGET_AFTER_MS) known.delete(id);
  };
  return (containerId, sample) => {
    if (sample.usageNanoCores !== undefined || sample.usageCoreNanoSeconds === undefined) return sample;
    const seenAtMs = clock.monotonicMs();
    sweep(seenAtMs);
    const before = known.get(containerId);
    const spanMs = before ? sample.timestampMs - before.timestampMs : 0;
    if (before && spanMs < MIN_SPAN_MS) return before.rate === undefined ? sample : { ...sample, usageNanoCores: before.rate };
    const spent = before ? sample.usageCoreNanoSeconds - (before.usageCoreNanoSeconds ?? 0) : 0;
    const rate = before && spent >= 0 ? Math.round((spent / spanMs) * 1000) : undefined;
    known.set(containerId, { timestampMs: sample.timestampMs, usageCoreNanoSeconds: sample.usageCoreNanoSeconds, seenAtMs, rate });
    return rate === undefined ? sample : { ...sample, usageNanoCores: rate };
  };
}
