/**
 * A registry on a memory store, for tests.
 */
import { Caller } from './calls.ts';
import { openRegistry, type Registry, type RegistryOptions } from '../registry/registry.ts';
import { systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { openMemoryStore, type MemoryStoreOptions } from '#store/memory/memory-store.ts';
import type { Store } from '#store/store.ts';

/** A running registry. */
export interface TestRegistry extends AsyncDisposable {
  readonly store: Store;
  readonly registry: Registry;
  readonly caller: Caller;
}

/** What caches share is never changed: tests make sure. */
function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
}

/** Opens a registry of all built-in kinds on a store of its own, or on the one given; without admission unless told otherwise. */
export async function openTestRegistry(options: Partial<RegistryOptions> & { readonly memory?: MemoryStoreOptions } = {}): Promise<TestRegistry> {
  const store = options.store ?? (await openMemoryStore(options.memory));
  const registry = await openRegistry({
    kinds: builtinKinds,
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger,
    admission: () => [],
    ...options,
    store,
  });
  for (const kind of options.kinds ?? builtinKinds) {
    if (!kind.virtual && !kind.stored) registry.caches.subscribe(kind, (next) => next && deepFreeze(next));
  }
  return {
    store,
    registry,
    caller: new Caller(registry),
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
      if (!options.store) await store[Symbol.asyncDispose]();
    },
  };
}
