/** Which requests are logged, and how much of them. Source: audit.k8s.io/v1 `Policy`. */
import type { RequestInfo, User } from '../call.ts';

/** How much is logged. */
export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';

/** One rule; absent members match everything. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly { readonly group?: string; readonly resources?: readonly string[]; readonly resourceNames?: readonly string[] }[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  /** Stages that make no event, besides those of the policy. */
  readonly omitStages?: readonly AuditStage[];
  /** Whether managed fields are left out of bodies; default: as the policy says. */
  readonly omitManagedFields?: boolean;
}

/** When an event is made. */
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

/** The first rule that matches decides; none: nothing is logged. */
export interface AuditPolicy {
  readonly rules: readonly AuditRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** What is logged of a request. */
export interface AuditDecision {
  readonly level: Exclude<AuditLevel, 'None'>;
  readonly omitStages: readonly AuditStage[];
  readonly omitManagedFields: boolean;
}

/** What is logged of a request; `undefined`: nothing. */
export function auditDecision(policy: AuditPolicy, user: User, info: RequestInfo): AuditDecision | undefined {
  const rule = policy.rules.find((one) => matches(one, user, info));
  if (!rule || rule.level === 'None') return undefined;
  return { level: rule.level, omitStages: [...(policy.omitStages ?? []), ...(rule.omitStages ?? [])], omitManagedFields: rule.omitManagedFields ?? policy.omitManagedFields ?? false };
}

function matches(rule: AuditRule, user: User, info: RequestInfo): boolean {
  if (isGiven(rule.users) && !rule.users.includes(user.name)) return false;
  if (isGiven(rule.userGroups) && !rule.userGroups.some((group) => user.groups.includes(group))) return false;
  if (isGiven(rule.verbs) && !rule.verbs.includes(info.verb)) return false;
  if (!isGiven(rule.resources) && !isGiven(rule.namespaces) && !isGiven(rule.nonResourceURLs)) return true;
  if (!info.isResource) return (rule.nonResourceURLs ?? []).some((url) => url === '*' || url === info.path || (url.endsWith('*') && info.path.startsWith(url.slice(0, -1))));
  if (isGiven(rule.namespaces) && !rule.namespaces.includes(info.namespace)) return false;
  if (!isGiven(rule.resources)) return isGiven(rule.namespaces);
  const full = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  return rule.resources.some(({ group = '', resources, resourceNames }) => {
    if (group !== info.group) return false;
    if (!isGiven(resources)) return true;
    if (isGiven(resourceNames) && !resourceNames.includes(info.name)) return false;
    return resources.some((one) => one === full || one === '*' || (one.startsWith('*/') && one.slice(2) === info.subresource) || (one.endsWith('/*') && one.slice(0, -2) === info.resource));
  });
}

function isGiven<T>(list: readonly T[] | undefined): list is readonly T[] {
  return list !== undefined && list.length > 0;
}
