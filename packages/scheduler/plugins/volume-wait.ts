/**
 * Waiting until claims are as they should be: many bindings wait at once, and each hears only of its own claims.
 */
import type { Clock } from '#base/clock.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';

/** Whose changes matter. */
export interface ClaimWaitersOptions {
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly volumes: Informer<PersistentVolume>;
  readonly nodes: Informer<Node>;
  readonly clock: Clock;
}

/** Bindings that wait; listens only while there are any. */
export class ClaimWaiters {
  readonly #options: ClaimWaitersOptions;
  readonly #byKey = new Map<string, Set<() => void>>();
  #listening: DisposableStack | undefined;

  constructor(options: ClaimWaitersOptions) {
    this.#options = options;
  }

  /** Waits until `settled` is true; it is asked again when one of the claims, its volume or some node has changed. @throws what `settled` throws, or Error after the time */
  async until(claimKeys: readonly string[], settled: () => boolean, timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (settled()) return;
    const done = Promise.withResolvers<void>();
    const look = (): void => {
      try {
        if (settled()) done.resolve();
      } catch (error) {
        done.reject(error as Error);
      }
    };
    const stop = (): void => done.reject(signal.reason as Error);
    using _timer = this.#options.clock.after(timeoutMs, () => done.reject(new Error('context deadline exceeded')));
    signal.addEventListener('abort', stop, { once: true });
    for (const key of claimKeys) this.#add(key, look);
    try {
      await done.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      for (const key of claimKeys) this.#delete(key, look);
    }
  }

  #add(key: string, look: () => void): void {
    const looks = this.#byKey.get(key);
    if (looks) looks.add(look);
    else this.#byKey.set(key, new Set([look]));
    this.#listening ??= this.#listen();
  }

  #delete(key: string, look: () => void): void {
    const looks = this.#byKey.get(key);
    looks?.delete(look);
    if (looks?.size === 0) this.#byKey.delete(key);
    if (this.#byKey.size > 0) return;
    this.#listening?.dispose();
    this.#listening = undefined;
  }

  #listen(): DisposableStack {
    const { claims, volumes, nodes } = this.#options;
    const subscriptions = new DisposableStack();
    const wakeClaim = (claim: PersistentVolumeClaim): void => this.#wake(objectKey(claim));
    const wakeVolume = ({ spec: { claimRef } }: PersistentVolume): void => this.#wake(`${claimRef?.namespace}/${claimRef?.name}`);
    subscriptions.use(claims.listen({ updated: wakeClaim, deleted: wakeClaim }));
    subscriptions.use(
      volumes.listen({
        updated(volume, old) {
          wakeVolume(volume);
          wakeVolume(old);
        },
        deleted: wakeVolume,
      }),
    );
    subscriptions.use(nodes.listen({ deleted: () => [...this.#byKey.keys()].forEach((key) => this.#wake(key)) }));
    return subscriptions;
  }

  #wake(key: string): void {
    for (const look of this.#byKey.get(key) ?? []) look();
  }
}
