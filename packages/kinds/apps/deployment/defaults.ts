import type { Draft } from '#machinery/schema.ts';
import { defaultPodTemplate } from '../../core/pod/defaults.ts';
import type { Deployment } from './schema.ts';

const DEFAULT_HISTORY_LIMIT = 10;
const DEFAULT_PROGRESS_DEADLINE_SECONDS = 600;

/** Fills a deployment. */
export function defaultDeployment(draft: Draft<Deployment>): void {
  const spec = (draft.spec ??= {});
  spec.replicas ??= 1;
  spec.strategy ??= {};
  const { strategy } = spec;
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    strategy.rollingUpdate.maxUnavailable ??= '25%';
    strategy.rollingUpdate.maxSurge ??= '25%';
  }
  spec.revisionHistoryLimit ??= DEFAULT_HISTORY_LIMIT;
  spec.progressDeadlineSeconds ??= DEFAULT_PROGRESS_DEADLINE_SECONDS;
  defaultPodTemplate(spec.template);
}
