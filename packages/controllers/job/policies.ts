/**
 * Pod failure policies and success policies: what the end of a pod means for its Job.
 *
 * Source: the documented `podFailurePolicy` (KEP-3329) and `successPolicy` (KEP-3998).
 */
import type { Job, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyRule, SuccessPolicy } from '#kinds/batch/job/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ContainerStatus } from '#kinds/core/pod/status.ts';
import { Indexes } from './indexes.ts';

/** What the first matching rule says. Without a match a failure simply counts. */
export interface FailureVerdict {
  readonly action?: PodFailurePolicyRule['action'];
  /** Whether the failure counts towards the backoff limit. */
  readonly counts: boolean;
  /** Why the job fails at once, when it does. */
  readonly failsJob?: string;
}

/** The first container, or init container, whose exit meets the requirement. */
function matchingContainer(pod: Pod, requirement: PodFailurePolicyOnExitCodesRequirement): ContainerStatus | undefined {
  const statuses = [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])];
  return statuses.find(({ name, state }) => {
    const exitCode = state.terminated?.exitCode;
    if (exitCode === undefined || exitCode === 0) return false;
    if (requirement.containerName !== undefined && requirement.containerName !== name) return false;
    return requirement.values.includes(exitCode) === (requirement.operator === 'In');
  });
}

/** Why a rule matches; `undefined` when it does not. */
function matchRule(pod: Pod, rule: PodFailurePolicyRule, index: number): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (rule.onExitCodes) {
    const container = matchingContainer(pod, rule.onExitCodes);
    if (container) {
      return `Container ${container.name} for pod ${name} failed with exit code ${container.state.terminated?.exitCode} matching ${rule.action} rule at index ${index}`;
    }
    return undefined;
  }
  for (const pattern of rule.onPodConditions ?? []) {
    const condition = pod.status.conditions?.find(({ type, status }) => type === pattern.type && status === pattern.status);
    if (condition) return `Pod ${name} has condition ${condition.type} matching ${rule.action} rule at index ${index}`;
  }
  return undefined;
}

/** What the failure of `pod` means. */
export function judgeFailure(job: Job, pod: Pod): FailureVerdict {
  const rules = job.spec.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    if (rule.action === 'FailIndex' && job.spec.backoffLimitPerIndex === undefined) continue;
    const why = matchRule(pod, rule, index);
    if (why === undefined) continue;
    if (rule.action === 'FailJob') return { action: rule.action, counts: true, failsJob: why };
    return { action: rule.action, counts: rule.action !== 'Ignore' };
  }
  return { counts: true };
}

/** Which rule the succeeded indexes meet, in words; `undefined` when none. */
export function metSuccessRule(policy: SuccessPolicy | undefined, completions: number, succeeded: Indexes): string | undefined {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const required = rule.succeededIndexes === undefined ? undefined : Indexes.parse(rule.succeededIndexes, completions);
    const have = required ? required.common(succeeded) : succeeded.size;
    const want = rule.succeededCount ?? required?.size;
    if (want !== undefined && have >= want && (required === undefined || required.size > 0)) return `Matched rules at index ${index}`;
  }
  return undefined;
}
