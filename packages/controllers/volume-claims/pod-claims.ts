/**
 * Pods by the claims that they use.
 */
import type { Informer } from '#client/informer.ts';
import { claimNamesOf } from '#kinds/core/pod/claims.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { InformerFactory } from '#client/informer.ts';

const INDEX = 'claims';

/** Finds the pods that use a claim. */
export interface PodsOfClaims {
  readonly informer: Informer<Pod>;
  /** `key`: `namespace/name` of the claim. */
  of(key: string): readonly Pod[];
}

/** The keys (`namespace/name`) of the claims that the pod uses, ephemeral ones too. */
export function podClaimKeys(pod: Pod): string[] {
  return claimNamesOf(pod).map((name) => `${pod.metadata.namespace}/${name}`);
}

/** Indexes the pods of the cluster by their claims. */
export function podsOfClaims(informers: InformerFactory): PodsOfClaims {
  const informer = informers.of(pods);
  informer.addIndex(INDEX, podClaimKeys);
  return { informer, of: (key) => informer.lister.byIndex(INDEX, key) };
}
