/**
 * How many replicas the controllers of some pods want.
 *
 * Source: kube-controller-manager `pkg/controller/disruption`, finders.
 */
import type { Client } from '#client/client.ts';
import type { Informer, InformerFactory } from '#client/informer.ts';
import { controllerRef } from '#controller/owners.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import type { Scale } from '#kinds/autoscaling/scale/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { replicationControllers } from '#kinds/core/replication-controller/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import { groupResourceText, isReason } from '#machinery/status.ts';
import type { ListServedResources } from '../discovery/served-resources.ts';

interface Scaled extends KubeObject {
  readonly spec: { readonly replicas?: number };
}

/** A controller of pods and the replicas it wants. */
interface FoundScale {
  readonly uid: string;
  readonly replicas: number;
}

/** Finds the controllers of pods. */
export class Scales {
  readonly #listServed: ListServedResources;
  readonly #sets: Informer<ReplicaSet>;
  /** Informers of kinds that say themselves how many replicas they want, by `group/kind`. */
  readonly #known: ReadonlyMap<string, Informer<Scaled>>;

  constructor(informers: InformerFactory, listServed: ListServedResources) {
    this.#listServed = listServed;
    this.#sets = informers.of(replicaSets);
    const kinds = [deployments, statefulSets, replicationControllers, replicaSets] as unknown as readonly Kind<Scaled>[];
    this.#known = new Map(kinds.map((kind) => [`${kind.group}/${kind.kind}`, informers.of(kind)]));
  }

  /** The informers that must be current. */
  get informers(): readonly Informer<Scaled>[] {
    return [...this.#known.values()];
  }

  /**
   * The replicas that the pods' controllers want together; pods without a controller count for nothing.
   * @throws Error when a controller cannot be found or does not say
   */
  async expected(pods: readonly Pod[], client: Client, signal: AbortSignal): Promise<number> {
    const found = new Map<string, number>();
    const seen = new Set<string>();
    for (const pod of pods) {
      const reference = controllerRef(pod);
      if (!reference || seen.has(reference.uid)) continue;
      seen.add(reference.uid);
      const scale = await this.#find(reference, pod.metadata.namespace ?? '', client, signal);
      if (!scale) throw new Error(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`);
      found.set(scale.uid, scale.replicas);
    }
    return found.values().reduce((sum, replicas) => sum + replicas, 0);
  }

  async #find(reference: OwnerReference, namespace: string, client: Client, signal: AbortSignal): Promise<FoundScale | undefined> {
    const key = `${namespace}/${reference.name}`;
    const set = groupKind(reference) === 'apps/ReplicaSet' ? this.#sets.lister.get(key) : undefined;
    // A set of a Deployment has as many replicas as the rollout leaves it: the Deployment knows how many are wanted.
    const above = set?.metadata.uid === reference.uid ? controllerRef(set) : undefined;
    return above ? this.#scaleOf(above, namespace, client, signal) : this.#scaleOf(reference, namespace, client, signal);
  }

  async #scaleOf(reference: OwnerReference, namespace: string, client: Client, signal: AbortSignal): Promise<FoundScale | undefined> {
    const known = this.#known.get(groupKind(reference));
    if (!known) return this.#ask(reference, namespace, client, signal);
    const object = known.lister.get(`${namespace}/${reference.name}`);
    return object?.metadata.uid === reference.uid ? { uid: reference.uid, replicas: object.spec.replicas ?? 1 } : undefined;
  }

  /** Asks any other kind by its `scale` subresource. */
  async #ask(reference: OwnerReference, namespace: string, client: Client, signal: AbortSignal): Promise<FoundScale | undefined> {
    const { kinds } = await this.#listServed(signal);
    const kind = kinds.find((one) => `${one.group}/${one.kind}` === groupKind(reference));
    if (!kind) return undefined;
    if (!kind.subresources['scale'])
      throw new Error(`${groupResourceText({ group: kind.group, resource: kind.plural })} does not implement the scale subresource`);
    try {
      const { metadata, spec } = (await client.of(kind).namespace(namespace).sub('GET', reference.name, 'scale', undefined, signal)) as Scale;
      return metadata.uid === reference.uid ? { uid: reference.uid, replicas: spec.replicas ?? 0 } : undefined;
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function groupKind({ apiVersion, kind }: OwnerReference): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}`;
}
