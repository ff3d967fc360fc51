/**
 * The writes of the garbage collector. All name the object by uid, and deletions also by the state they were decided on.
 */
import type { Client, ResourceClient } from '#client/client.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import { isReason } from '#machinery/status.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { GraphItem } from './graph.ts';
import { withoutOwners } from './verdict.ts';

type Policy = 'Foreground' | 'Background' | 'Orphan';

/** Reads and writes one object. */
export class ItemChanges {
  readonly #api: ResourceClient<KubeObject>;
  readonly #item: GraphItem;
  readonly #signal: AbortSignal;

  constructor(client: Client, item: GraphItem, signal: AbortSignal) {
    const api = client.of(item.kind);
    this.#api = item.kind.namespaced ? api.namespace(item.namespace) : api;
    this.#item = item;
    this.#signal = signal;
  }

  /** The object as the server has it; `undefined` when it is gone. */
  async live(): Promise<KubeObject | undefined> {
    try {
      const object = await this.#api.get(this.#item.name, this.#signal);
      return object.metadata.uid === this.#item.uid ? object : undefined;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** Deletes the object in the state it was judged in; a change that left its owners alone does not matter. */
  async delete(judged: KubeObject, policy: Policy): Promise<void> {
    const { uid } = this.#item;
    const { resourceVersion, ownerReferences } = judged.metadata;
    try {
      await this.#api.delete(
        this.#item.name,
        { propagationPolicy: policy, preconditions: { uid, ...(resourceVersion ? { resourceVersion } : {}) } },
        this.#signal,
      );
    } catch (error) {
      if (isReason(error, 'NotFound')) return;
      if (!isReason(error, 'Conflict')) throw error;
      const now = await this.live();
      if (!now) return;
      if (now.metadata.resourceVersion === resourceVersion || !sameValue(now.metadata.ownerReferences, ownerReferences)) throw error;
      await this.#api.delete(this.#item.name, { propagationPolicy: policy, preconditions: { uid } }, this.#signal);
    }
  }

  /** Takes the references to these owners away. */
  dropOwners(uids: readonly string[]): Promise<void> {
    const strategic = uids.map((uid) => ({ $patch: 'delete', uid }));
    return this.#changeOwners(strategic, (references) => withoutOwners(references, uids));
  }

  /** Lets the object's owners go before it. */
  unblockOwners(owners: readonly OwnerReference[]): Promise<void> {
    const strategic = owners.map(({ uid }) => ({ uid, blockOwnerDeletion: false }));
    return this.#changeOwners(strategic, (references) => (references ?? []).map((one) => ({ ...one, blockOwnerDeletion: false })));
  }

  /** Removes a finalizer from the object, if it is there. */
  async removeFinalizer(finalizer: string): Promise<void> {
    const now = await this.live();
    const { finalizers, resourceVersion } = now?.metadata ?? {};
    if (!finalizers?.includes(finalizer)) return;
    const rest = finalizers.filter((one) => one !== finalizer);
    await this.#patch('merge', { resourceVersion, finalizers: rest.length > 0 ? rest : null });
  }

  /** By strategic merge, which needs no present state; custom resources know only merge patches, which do. */
  async #changeOwners(
    strategic: readonly object[],
    change: (references: readonly OwnerReference[] | undefined) => readonly OwnerReference[],
  ): Promise<void> {
    try {
      await this.#patch('strategic', { uid: this.#item.uid, ownerReferences: strategic });
    } catch (error) {
      if (!isReason(error, 'UnsupportedMediaType')) throw error;
      const now = await this.live();
      if (!now) return;
      const rest = change(now.metadata.ownerReferences);
      await this.#patch('merge', {
        uid: this.#item.uid,
        resourceVersion: now.metadata.resourceVersion,
        ownerReferences: rest.length > 0 ? rest : null,
      });
    }
  }

  async #patch(type: 'strategic' | 'merge', metadata: object): Promise<void> {
    try {
      await this.#api.patch(this.#item.name, { type, body: { metadata } }, {}, this.#signal);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
}
