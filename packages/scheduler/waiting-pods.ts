/**
 * Pods that a permit plugin holds back between their reservation and their binding.
 */
import type { Clock, Timer } from '#base/clock.ts';
import type { Rejection } from './framework.ts';
import type { PodInfo } from './pod-info.ts';

/** How a wait ended: allowed, or rejected by a plugin. */
export type PermitVerdict = { readonly type: 'allowed' } | { readonly type: 'rejected'; readonly plugin: string; readonly rejection: Rejection };

/** A permit's wait never lasts longer. Source: the documented maximum of permit timeouts. */
const MAX_WAIT_MS = 900_000;

interface Waiting {
  readonly info: PodInfo;
  readonly timers: Map<string, Timer>;
  readonly settle: (verdict: PermitVerdict) => void;
}

/** Bounded by the number of bindings under way. */
export class WaitingPods {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The pods that wait now. */
  *pods(): IterableIterator<PodInfo> {
    for (const { info } of this.#waiting.values()) yield info;
  }

  /** Resolves when every plugin of `waits` (name and longest wait in milliseconds) has allowed the pod, or one rejected it or let its time pass. */
  wait(info: PodInfo, waits: ReadonlyMap<string, number>): Promise<PermitVerdict> {
    const { promise, resolve } = Promise.withResolvers<PermitVerdict>();
    const timers = new Map<string, Timer>();
    const settle = (verdict: PermitVerdict): void => {
      for (const timer of timers.values()) timer.cancel();
      this.#waiting.delete(info.uid);
      resolve(verdict);
    };
    for (const [plugin, waitMs] of waits) {
      const timeout = (): void => void this.reject(info.uid, plugin, `rejected due to timeout after waiting ${Math.round(waitMs / 1_000)}s at plugin ${plugin}`);
      timers.set(plugin, this.#clock.after(Math.min(waitMs, MAX_WAIT_MS), timeout));
    }
    this.#waiting.set(info.uid, { info, timers, settle });
    return promise;
  }

  /** One plugin's permission; the last one lets the pod go on. */
  allow(uid: string, plugin: string): void {
    const waiting = this.#waiting.get(uid);
    if (!waiting) return;
    waiting.timers.get(plugin)?.cancel();
    waiting.timers.delete(plugin);
    if (waiting.timers.size === 0) waiting.settle({ type: 'allowed' });
  }

  /** Ends the wait of a pod; false when it does not wait. */
  reject(uid: string, plugin: string, reason: string): boolean {
    const waiting = this.#waiting.get(uid);
    waiting?.settle({ type: 'rejected', plugin, rejection: { reasons: [reason], resolvable: true } });
    return waiting !== undefined;
  }
}
