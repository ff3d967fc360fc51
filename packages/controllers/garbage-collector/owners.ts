/**
 * Finds out how the owners of an object stand: from the caches when they show the owner, else from the server, by uid.
 *
 * A name in a reference means an object in the dependent's own namespace, or one without namespace; anything else is not an owner.
 */
import { Lru } from '#base/lru.ts';
import type { Client } from '#client/client.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import { isReason } from '#machinery/status.ts';
import { waitingOf } from './graph.ts';
import type { GraphItem } from './graph.ts';
import type { Monitors } from '../discovery/monitors.ts';
import type { OwnerState } from './verdict.ts';

/** An owner as it was found. */
export interface FoundOwner {
  readonly state: OwnerState;
  /** Said by the server, while the cache does not show the owner yet. */
  readonly unobserved?: true;
  /** The reference breaks the namespace rule: an object with that uid lives elsewhere, or could never be an owner. */
  readonly misplaced?: true;
}

/** References that name nothing which is served: their meaning may become known later. */
export class UnknownOwnerKind extends Error {
  override readonly name = 'UnknownOwnerKind';
}

/** Owners known to be absent: uids are never used again. As upstream. */
const MAX_ABSENT = 500;

const stateOf = (owner: KubeObject): OwnerState => (waitingOf(owner) === 'foreground' ? 'waiting' : 'solid');

/** Looks owners up. */
export class Owners {
  readonly #monitors: Monitors;
  readonly #absent = new Lru<string, { readonly misplaced: boolean }>(MAX_ABSENT);

  constructor(monitors: Monitors) {
    this.#monitors = monitors;
  }

  /** How the owner stands according to the caches alone; `undefined` when they do not show it. */
  cached(item: GraphItem, reference: OwnerReference): OwnerState | undefined {
    const kind = this.#monitors.kindOf(reference);
    const informer = kind && this.#monitors.informerOf(kind);
    if (!informer || (kind.namespaced && item.namespace === '')) return undefined;
    const owner = informer.lister.get(kind.namespaced ? `${item.namespace}/${reference.name}` : reference.name);
    return owner?.metadata.uid === reference.uid ? stateOf(owner) : undefined;
  }

  /**
   * How the owner stands.
   * @throws UnknownOwnerKind, StatusError
   */
  async find(item: GraphItem, reference: OwnerReference, client: Client, signal: AbortSignal): Promise<FoundOwner> {
    const state = this.cached(item, reference);
    if (state) return { state };
    const kind = this.#monitors.kindOf(reference);
    if (!kind) throw new UnknownOwnerKind(`no resource of kind "${reference.kind}" in "${reference.apiVersion}" is served`);
    if (kind.namespaced && item.namespace === '') return { state: 'solid', misplaced: true };
    const key = [reference.apiVersion, reference.kind, kind.namespaced ? item.namespace : '', reference.name, reference.uid].join('|');
    const known = this.#absent.get(key);
    if (known) return absent(known.misplaced);
    const owner = await this.#ask(kind, item, reference, client, signal);
    if (owner?.metadata.uid === reference.uid) return { state: stateOf(owner), unobserved: true };
    const misplaced = this.#livesElsewhere(kind, reference.uid);
    this.#absent.set(key, { misplaced });
    return absent(misplaced);
  }

  async #ask(kind: Kind, item: GraphItem, reference: OwnerReference, client: Client, signal: AbortSignal): Promise<KubeObject | undefined> {
    const api = client.of(kind);
    try {
      return await (kind.namespaced ? api.namespace(item.namespace) : api).get(reference.name, signal);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** Whether an object of the kind in another namespace has the uid: asked once per absent owner. */
  #livesElsewhere(kind: Kind, uid: string): boolean {
    const informer = kind.namespaced ? this.#monitors.informerOf(kind) : undefined;
    return informer?.lister.list().some((one) => one.metadata.uid === uid) ?? false;
  }
}

function absent(misplaced: boolean): FoundOwner {
  return misplaced ? { state: 'absent', misplaced } : { state: 'absent' };
}
