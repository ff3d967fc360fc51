/**
 * What the pods of a workload have in common, for the default spreading of pods that ask for none.
 *
 * Source: the scheduler's default constraints use the selectors of the services, replica sets, replication controllers and stateful sets a pod belongs to.
 */
import type { InformerFactory } from '#client/informer.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import { statefulSets } from '#kinds/apps/stateful-set/kind.ts';
import { replicationControllers } from '#kinds/core/replication-controller/kind.ts';
import { services } from '#kinds/core/service/kind.ts';
import type { LabelSelector } from '#machinery/meta.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import type { DefaultSelector } from './plugins/pod-topology-spread.ts';

/** Looks selectors up in the caches of `informers`. */
export function defaultSelectorFrom(informers: InformerFactory): DefaultSelector {
  const known = { services: informers.of(services), replicaSets: informers.of(replicaSets), controllers: informers.of(replicationControllers), statefulSets: informers.of(statefulSets) };
  return (pod) => {
    const { namespace, labels = {}, ownerReferences } = pod.metadata;
    const matchLabels: Record<string, string> = {};
    for (const service of known.services.lister.list(namespace)) {
      const selector = Object.entries(service.spec.selector ?? {});
      if (selector.length > 0 && selector.every(([key, value]) => labels[key] === value)) Object.assign(matchLabels, service.spec.selector);
    }
    const owner = ownerReferences?.find((one) => one.controller);
    const selector = owner && ownerSelector(known, `${namespace}/${owner.name}`, owner.kind);
    Object.assign(matchLabels, selector?.matchLabels);
    const matchExpressions = selector?.matchExpressions ?? [];
    if (Object.keys(matchLabels).length === 0 && matchExpressions.length === 0) return undefined;
    return compileLabelSelector({ matchLabels, matchExpressions });
  };
}

interface Known {
  readonly replicaSets: { readonly lister: { get(key: string): { readonly spec: { readonly selector?: LabelSelector } } | undefined } };
  readonly controllers: { readonly lister: { get(key: string): { readonly spec: { readonly selector?: Readonly<Record<string, string>> } } | undefined } };
  readonly statefulSets: { readonly lister: { get(key: string): { readonly spec: { readonly selector?: LabelSelector } } | undefined } };
}

function ownerSelector(known: Known, key: string, kind: string): Partial<LabelSelector> | undefined {
  switch (kind) {
    case 'ReplicaSet':
      return known.replicaSets.lister.get(key)?.spec.selector;
    case 'StatefulSet':
      return known.statefulSets.lister.get(key)?.spec.selector;
    case 'ReplicationController': {
      const matchLabels = known.controllers.lister.get(key)?.spec.selector;
      return matchLabels && { matchLabels };
    }
    default:
      return undefined;
  }
}
