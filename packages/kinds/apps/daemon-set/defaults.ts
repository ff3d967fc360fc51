import type { Draft } from '#machinery/schema.ts';
import { defaultPodTemplate } from '../../core/pod/defaults.ts';
import type { DaemonSet } from './schema.ts';

const DEFAULT_HISTORY_LIMIT = 10;

/**
 * Fills a daemon set.
 *
 * Source: kubernetes `pkg/apis/apps/v1/defaults.go`.
 */
export function defaultDaemonSet(draft: Draft<DaemonSet>): void {
  const spec = (draft.spec ??= {});
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= 1;
    strategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= DEFAULT_HISTORY_LIMIT;
  defaultPodTemplate(spec.template);
}
