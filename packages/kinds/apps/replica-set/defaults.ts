import type { Draft } from '#machinery/schema.ts';
import { defaultPodTemplate } from '../../core/pod/defaults.ts';
import type { ReplicaSet } from './schema.ts';

/** Fills a replica set. */
export function defaultReplicaSet(draft: Draft<ReplicaSet>): void {
  const spec = (draft.spec ??= {});
  spec.replicas ??= 1;
  defaultPodTemplate(spec.template);
}
