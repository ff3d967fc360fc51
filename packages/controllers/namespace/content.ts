/**
 * Deletes what a namespace holds and reports what is left.
 *
 *     pods first ──all gone──> every other resource, several at a time ──> what is left, why, and for how long
 *
 * Source: kube-controller-manager `pkg/controller/namespace/deletion`, with pods before everything else (KEP-5080).
 */
import type { Client, ResourceClient } from '#client/client.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { supports } from '../discovery/served-resources.ts';
import type { ListServedResources } from '../discovery/served-resources.ts';
import type { DeletionFindings } from './conditions.ts';
import { FINALIZER_ESTIMATE_SECONDS, podsEstimateSeconds } from './estimate.ts';

/** Resources emptied at the same time: enough to hide latency, few enough to leave room for others. */
const PARALLEL_RESOURCES = 8;
/** Single deletions at the same time, for resources that cannot be deleted as a collection. */
const PARALLEL_DELETES = 16;

/** Which namespace, through whom. */
export interface ContentRequest {
  readonly client: Client;
  readonly namespace: string;
  /** How long ago its deletion was asked for. */
  readonly deletedForMs: number;
  readonly listServed: ListServedResources;
  readonly signal: AbortSignal;
}

/** What came of an attempt. */
export interface ContentResult {
  readonly findings: DeletionFindings;
  /** Something failed: the attempt must be repeated after a back-off. */
  readonly failed: boolean;
  /** Seconds that what is left may take; 0 when nothing is. */
  readonly estimateSeconds: number;
}

class Emptying {
  readonly #request: ContentRequest;
  readonly #remaining = new Map<string, number>();
  readonly #finalizers = new Map<string, number>();
  readonly #failures: string[] = [];
  #estimateSeconds = 0;

  constructor(request: ContentRequest) {
    this.#request = request;
  }

  async run(): Promise<ContentResult> {
    const { listServed, signal } = this.#request;
    const { kinds, failures } = await listServed(signal);
    const deletable = kinds.filter((kind) => kind.namespaced && supports(kind, 'delete'));
    const podKind = deletable.find((kind) => kind.plural === pods.plural && kind.group === pods.group);
    if (podKind) await this.#emptyOrFail(podKind);
    if (!this.#remaining.has(remainingName(pods as Kind))) {
      await inParallel(
        deletable.filter((kind) => kind !== podKind),
        PARALLEL_RESOURCES,
        (kind) => this.#emptyOrFail(kind),
      );
    }
    signal.throwIfAborted();
    const texts = [...failures].map(([version, why]) => `${version}: ${why}`).join(', ');
    const discoveryFailure =
      failures.size === 0
        ? undefined
        : `Discovery failed for some groups, ${failures.size} failing: unable to retrieve the complete list of server APIs: ${texts}`;
    return {
      findings: { discoveryFailure, contentFailures: this.#failures, remaining: this.#remaining, finalizers: this.#finalizers },
      failed: this.#failures.length > 0 || failures.size > 0,
      estimateSeconds: this.#estimateSeconds,
    };
  }

  /** One resource's failure keeps the others from nothing. */
  async #emptyOrFail(kind: Kind): Promise<void> {
    try {
      await this.#empty(kind);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#failures.push(error.message);
    }
  }

  async #empty(kind: Kind): Promise<void> {
    const { client, namespace, deletedForMs, signal } = this.#request;
    const api = client.of(kind).namespace(namespace);
    let estimate = 0;
    if (kind.plural === pods.plural && kind.group === '') {
      const { items } = await api.list({}, signal);
      if (items.length === 0) return;
      estimate = podsEstimateSeconds(items as unknown as readonly Pod[], deletedForMs);
    }
    if (!(await deleteAll(api, kind, signal)) || !supports(kind, 'list')) return;
    const { items } = await api.list({}, signal);
    if (items.length === 0) return;
    this.#remaining.set(remainingName(kind), items.length);
    const held = this.#countFinalizers(items);
    if (estimate === 0 && held) estimate = FINALIZER_ESTIMATE_SECONDS;
    if (estimate > 0) this.#estimateSeconds = Math.max(this.#estimateSeconds, estimate);
    else
      this.#failures.push(`unexpected items still remain in namespace: ${namespace} for gvr: ${kind.group}/${kind.version}, Resource=${kind.plural}`);
  }

  /** True when some object has a finalizer. */
  #countFinalizers(items: readonly KubeObject[]): boolean {
    let any = false;
    for (const { metadata } of items) {
      for (const finalizer of metadata.finalizers ?? []) {
        any = true;
        this.#finalizers.set(finalizer, (this.#finalizers.get(finalizer) ?? 0) + 1);
      }
    }
    return any;
  }
}

/** Deletes every object of a resource; false when there is none to look for afterwards. */
async function deleteAll(api: ResourceClient<KubeObject>, kind: Kind, signal: AbortSignal): Promise<boolean> {
  const background = { propagationPolicy: 'Background' } as const;
  try {
    if (supports(kind, 'deletecollection')) {
      await api.deleteCollection(background, signal);
      return true;
    }
    if (!supports(kind, 'list')) return false;
    const { items } = await api.list({}, signal);
    await inParallel(items, PARALLEL_DELETES, async ({ metadata }) => {
      await api.delete(metadata.name ?? '', background, signal).catch((error: unknown) => {
        if (!isReason(error, 'NotFound')) throw error;
      });
    });
    return items.length > 0;
  } catch (error) {
    // The resource itself is gone, with all its objects: its definition was removed meanwhile.
    if (isReason(error, 'NotFound')) return false;
    throw error;
  }
}

function remainingName(kind: Kind): string {
  return `${kind.plural}.${kind.group}`;
}

async function inParallel<T>(items: readonly T[], width: number, act: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}

/** One attempt to empty a namespace. @throws StatusError when it cannot even be told what is served */
export function deleteContent(request: ContentRequest): Promise<ContentResult> {
  return new Emptying(request).run();
}
