/**
 * Counts what each quota limits, and writes it into the quota's status. Admission counts what is created; here it is counted what has gone or changed,
 * and everything anew from time to time.
 *
 * Source: kube-controller-manager `pkg/controller/resourcequota`.
 */
import { nextTurn } from '#base/event-loop.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { customResourceDefinitions } from '#kinds/apiextensions/custom-resource-definition/kind.ts';
import { resourceQuotas } from '#kinds/core/resource-quota/kind.ts';
import type { ResourceQuota } from '#kinds/core/resource-quota/schema.ts';
import { addAmounts, isInScope, onlyNamed, quotaUsage } from '#kinds/core/resource-quota/usage.ts';
import type { QuotaAmounts } from '#kinds/core/resource-quota/usage.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { compareQuantities } from '#machinery/quantity.ts';
import { Monitors } from '../discovery/monitors.ts';
import { resourceName } from '../discovery/served-resources.ts';
import type { ListServedResources, ServedResources } from '../discovery/served-resources.ts';
import { countedResource } from './counted.ts';

/** What the controller needs. */
export interface ResourceQuotaOptions {
  readonly listServed: ListServedResources;
  /** How often everything is counted anew. */
  readonly resyncMs?: number;
}

/** As upstream: `--concurrent-resource-quota-syncs`, `--resource-quota-sync-period`. */
const CONCURRENCY = 5;
const RESYNC_MS = 300_000;
/** One quota is counted at most this often: a thousand deletions are one count. */
const MIN_INTERVAL_MS = 100;
/** Admission raises the count before the object is written: a lower count is believed only when nobody has raised it for this long, and the API server's own list says it too … */
const SETTLE_MS = 100;
/** … but at last after this long. */
const MAX_SETTLE_MS = 1_000;
/** Asking the API server for lists takes at most this part of the time. */
const LIST_SHARE = 0.1;
/** While the first content of the caches is awaited. */
const SYNC_POLL_MS = 50;
/** Objects counted in one turn of the event loop. */
const TURN_OBJECTS = 500;
/** The key that stands for "what must be watched may have changed". */
const RESYNC = 'resync';

/** `resourcequota-controller`. */
export function resourceQuotaController(options: ResourceQuotaOptions): ControllerEntry {
  return { name: 'resourcequota-controller', make: (dependencies) => new QuotaController(dependencies, options).controller() };
}

/** What is remembered of a quota between counts. */
interface Memory {
  readonly resourceVersion: string | undefined;
  /** Since when the quota has been in this version, and since when a lower count has been held back. */
  readonly sinceMs: number;
  readonly heldMs: number | undefined;
  /** Not to be counted again before. */
  readonly restUntilMs: number;
}

/** The objects of a kind in a namespace; undefined: not known. */
type ObjectsOf = (kind: Kind, namespace: string) => readonly KubeObject[] | undefined | Promise<readonly KubeObject[] | undefined>;

class QuotaController {
  readonly #options: ResourceQuotaOptions;
  readonly #dependencies: ControllerDependencies;
  readonly #quotas: Informer<ResourceQuota>;
  readonly #monitors: Monitors;
  #served: ServedResources = { kinds: [], failures: new Map() };
  #followed = new Set<string>();
  #enqueue: (key: string) => void = () => undefined;
  /** Holds one entry per quota. */
  readonly #memory = new Map<string, Memory>();

  constructor(dependencies: ControllerDependencies, options: ResourceQuotaOptions) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#quotas = dependencies.informers.of(resourceQuotas);
    this.#monitors = new Monitors(dependencies, {
      put: (kind, object, old) => {
        if (old && this.#hasQuotas(object) && this.#usesLess(kind, object, old)) this.#recount(object);
      },
      removed: (_, object) => this.#recount(object),
    });
  }

  controller(): Controller {
    return {
      name: 'resourcequota_primary',
      concurrency: CONCURRENCY,
      watches: [
        // The status is written by this controller and by admission: neither is news.
        watchSelf(this.#quotas, { changed: (quota, old) => !sameValue(quota.spec, old.spec) }),
        watch(this.#dependencies.informers.of(customResourceDefinitions), () => [RESYNC]),
      ],
      reconcile: (key, context) => (key === RESYNC ? this.#resync(context.signal) : this.#reconcile(key, context)),
      background: async ({ clock, signal }, enqueue) => {
        this.#enqueue = enqueue;
        try {
          for (;;) {
            enqueue(RESYNC);
            for (const quota of this.#quotas.lister.list()) enqueue(objectKey(quota));
            await clock.sleep(this.#options.resyncMs ?? RESYNC_MS, signal);
          }
        } finally {
          await this.#monitors[Symbol.asyncDispose]();
        }
      },
    };
  }

  #hasQuotas({ metadata }: KubeObject): boolean {
    return this.#quotas.lister.list(metadata.namespace ?? '').length > 0;
  }

  #usesLess(kind: Kind, object: KubeObject, old: KubeObject): boolean {
    const nowMs = this.#dependencies.clock.now();
    const used = quotaUsage(kind, object, nowMs);
    return Object.entries(quotaUsage(kind, old, nowMs)).some(([name, amount]) => used[name] !== amount) || this.#changedScope(kind, object, old);
  }

  #changedScope(kind: Kind, object: KubeObject, old: KubeObject): boolean {
    return this.#quotas.lister.list(object.metadata.namespace ?? '').some((quota) => isInScope(quota, kind, object) !== isInScope(quota, kind, old));
  }

  #recount({ metadata }: KubeObject): void {
    if (!metadata.namespace) return;
    for (const quota of this.#quotas.lister.list(metadata.namespace)) this.#enqueue(objectKey(quota));
  }

  async #resync(signal: AbortSignal): Promise<void> {
    this.#served = await this.#options.listServed(signal);
    if (!signal.aborted) await this.#follow();
  }

  /** Watches what some quota counts, and nothing else. */
  async #follow(): Promise<void> {
    const wanted = new Set<string>();
    for (const { spec } of this.#quotas.lister.list()) {
      for (const name of Object.keys(spec.hard ?? {})) {
        const resource = countedResource(name);
        if (resource) wanted.add(resource);
      }
    }
    this.#followed = wanted;
    const kinds = this.#served.kinds.filter((kind) => kind.namespaced && wanted.has(resourceName(kind)));
    await this.#monitors.follow({ kinds, failures: this.#served.failures });
  }

  async #reconcile(key: string, { client, clock, signal }: ReconcileContext): Promise<ReconcileAgain | void> {
    const quota = this.#quotas.lister.get(key);
    if (!quota || quota.metadata.deletionTimestamp) {
      this.#memory.delete(key);
      return;
    }
    if (this.#served.kinds.length === 0) return { afterMs: SYNC_POLL_MS };
    const resources = new Set(Object.keys(quota.spec.hard ?? {}).flatMap((name) => countedResource(name) ?? []));
    if (!resources.isSubsetOf(this.#followed)) await this.#follow();
    if (!this.#monitors.synced) return { afterMs: SYNC_POLL_MS };
    const nowMs = clock.monotonicMs();
    const before = this.#remember(key, quota, nowMs);
    if (before.restUntilMs > nowMs) return { afterMs: before.restUntilMs - nowMs };
    const cached = await this.#count(quota, (kind, namespace) => this.#monitors.informerOf(kind)?.lister.list(namespace));
    const { hard = {} } = quota.spec;
    if (isSame(quota.status.hard, hard) && isSame(quota.status.used, cached)) {
      this.#memory.set(key, { ...before, heldMs: undefined, restUntilMs: nowMs + MIN_INTERVAL_MS });
      return;
    }
    const isLess = isLower(cached, quota.status.used);
    if (isLess && nowMs - before.sinceMs < SETTLE_MS && nowMs - (before.heldMs ?? nowMs) < MAX_SETTLE_MS) {
      this.#memory.set(key, { ...before, heldMs: before.heldMs ?? nowMs });
      return { afterMs: before.sinceMs + SETTLE_MS - nowMs };
    }
    // A cache whose watch is late does not know yet what was counted: more could be created than the quota allows.
    const used = isLess ? await this.#count(quota, async (kind, namespace) => (await client.of(kind).namespace(namespace).list({}, signal)).items) : cached;
    const restUntilMs = nowMs + Math.max(MIN_INTERVAL_MS, isLess ? (clock.monotonicMs() - nowMs) / LIST_SHARE : 0);
    if (isSame(quota.status.hard, hard) && isSame(quota.status.used, used)) {
      this.#memory.set(key, { ...before, heldMs: undefined, restUntilMs });
      return { afterMs: restUntilMs - nowMs };
    }
    const { metadata } = await client.of(resourceQuotas).updateStatus({ ...quota, status: { hard, used } }, {}, signal);
    // A version of our own making has nothing of admission's in it that could be in flight.
    this.#memory.set(key, { resourceVersion: metadata.resourceVersion, sinceMs: nowMs - SETTLE_MS, heldMs: undefined, restUntilMs });
  }

  #remember(key: string, { metadata }: ResourceQuota, nowMs: number): Memory {
    const known = this.#memory.get(key);
    if (known && known.resourceVersion === metadata.resourceVersion) return known;
    // A quota found at the start may have been raised just now, like one that changed.
    const next: Memory = {
      resourceVersion: metadata.resourceVersion,
      sinceMs: nowMs,
      heldMs: known?.heldMs,
      restUntilMs: known?.restUntilMs ?? nowMs,
    };
    this.#memory.set(key, next);
    return next;
  }

  /** What the quota's namespace uses of it; names that nothing served counts are left out, and those of kinds of which `objectsOf` knows nothing. */
  async #count(quota: ResourceQuota, objectsOf: ObjectsOf): Promise<QuotaAmounts> {
    const { hard = {} } = quota.spec;
    const { namespace = '' } = quota.metadata;
    let used: QuotaAmounts = {};
    const nowMs = this.#dependencies.clock.now();
    for (const kind of this.#served.kinds) {
      const names = Object.keys(hard).filter((name) => countedResource(name) === resourceName(kind));
      if (!kind.namespaced || !this.#followed.has(resourceName(kind)) || names.length === 0) continue;
      const objects = await objectsOf(kind, namespace);
      if (!objects) continue;
      used = { ...used, ...Object.fromEntries(names.map((name) => [name, '0'])) };
      let turn = 0;
      for (const object of objects) {
        if (isInScope(quota, kind, object)) used = addAmounts(used, onlyNamed(quotaUsage(kind, object, nowMs), hard));
        if (++turn % TURN_OBJECTS === 0) await nextTurn();
      }
    }
    return used;
  }
}

function isSame(a: QuotaAmounts | undefined, b: QuotaAmounts): boolean {
  if (!a) return false;
  const names = Object.keys(b);
  return Object.keys(a).length === names.length && names.every((name) => a[name] !== undefined && compareQuantities(a[name], b[name]!) === 0);
}

/** Whether some amount is lower than it was. */
function isLower(now: QuotaAmounts, before: QuotaAmounts | undefined): boolean {
  return Object.entries(before ?? {}).some(([name, amount]) => now[name] !== undefined && compareQuantities(now[name], amount) < 0);
}
