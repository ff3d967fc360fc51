/**
 * Finds out since when the endpoints of a Service should have been different: the earliest change since they were last looked at.
 *
 * Source: upstream's TriggerTimeTracker.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Service } from '#kinds/core/service/schema.ts';
import { formatTime } from '#machinery/time.ts';
import { createdMs, podCondition } from '../workload/pod-state.ts';
import { timeToMs } from '#machinery/time.ts';

interface Seen {
  readonly serviceMs: number;
  readonly podsMs: ReadonlyMap<string, number>;
}

function podMs(pod: Pod): number {
  const at = podCondition(pod, 'Ready')?.lastTransitionTime;
  return at ? timeToMs(at) : 0;
}

/** Remembers, per Service, what was seen last. */
export class TriggerTimes {
  readonly #seen = new Map<string, Seen>();

  /** The time of the earliest change since the last call, as annotations have it; `undefined` when nothing changed. */
  next(key: string, service: Service, pods: readonly Pod[]): string | undefined {
    const last = this.#seen.get(key);
    const podsMs = new Map(pods.map((pod) => [pod.metadata.name ?? '', podMs(pod)]));
    const changes: number[] = [];
    for (const [name, ms] of podsMs) if (ms > (last?.podsMs.get(name) ?? 0)) changes.push(ms);
    const serviceMs = createdMs(service);
    if (serviceMs > (last?.serviceMs ?? 0)) changes.push(serviceMs);
    this.#seen.set(key, { serviceMs, podsMs });
    return changes.length > 0 ? formatTime(Math.min(...changes)) : undefined;
  }

  /** Forgets a Service that is gone. */
  forget(key: string): void {
    this.#seen.delete(key);
  }
}
