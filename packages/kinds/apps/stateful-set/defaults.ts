import type { KindContext } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { defaultPodTemplate } from '../../core/pod/defaults.ts';
import { defaultClaim } from '../../core/persistent-volume-claim/strategy.ts';
import type { StatefulSet } from './schema.ts';

const DEFAULT_HISTORY_LIMIT = 10;

/**
 * Fills a stateful set.
 *
 * Source: kubernetes `pkg/apis/apps/v1/defaults.go`.
 */
export function defaultStatefulSet(draft: Draft<StatefulSet>, context: Pick<KindContext, 'gate'>): void {
  const spec = (draft.spec ??= {});
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  if (!strategy.type) {
    strategy.type = 'RollingUpdate';
    strategy.rollingUpdate ??= {};
  }
  if (strategy.type === 'RollingUpdate' && strategy.rollingUpdate) {
    strategy.rollingUpdate.partition ??= 0;
    if (context.gate('MaxUnavailableStatefulSet')) strategy.rollingUpdate.maxUnavailable ??= 1;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= DEFAULT_HISTORY_LIMIT;
  defaultPodTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.kind ||= 'PersistentVolumeClaim';
    claim.apiVersion ||= 'v1';
    defaultClaim(claim);
  }
}
