import { at, child, duplicate, type FieldError, required, tooMany } from '#machinery/field-error.ts';
import { defineKind } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { commonConditions } from '../../conditions.ts';
import { dnsSubdomain, immutable } from '../../rules.ts';
import { statusSubresource } from '../../strategy.ts';
import { groupRules, shortName, unionRules } from '../group-validation.ts';
import { type PodGroup, podGroup } from './schema.ts';

const MAX_CLAIMS = 4;
const FIXED = ['podGroupTemplateRef', 'schedulingPolicy', 'schedulingConstraints', 'resourceClaims', 'disruptionMode', 'priorityClassName', 'priority'] as const;

function validate({ spec }: PodGroup): FieldError[] {
  const reference = spec.podGroupTemplateRef;
  const field = 'spec.podGroupTemplateRef';
  const errors = reference ? unionRules(field, reference, ['workload']) : [];
  const of = reference?.workload;
  if (of) {
    const inName = child(field, 'workload', 'workloadName');
    errors.push(...(of.workloadName ? dnsSubdomain(inName, of.workloadName) : [required(inName)]), ...shortName(child(field, 'workload', 'podGroupTemplateName'), of.podGroupTemplateName));
  }
  return [...errors, ...groupRules('spec', spec)];
}

function validateStatus({ status }: PodGroup): FieldError[] {
  const claims = status.resourceClaimStatuses ?? [];
  const field = 'status.resourceClaimStatuses';
  const errors = commonConditions('status.conditions', status.conditions);
  if (claims.length > MAX_CLAIMS) errors.push(tooMany(field, claims.length, MAX_CLAIMS));
  for (const [index, claim] of claims.entries()) {
    if (claims.findIndex(({ name }) => name === claim.name) < index) errors.push(duplicate(at(field, index), claim));
    if (claim.resourceClaimName !== undefined) errors.push(...dnsSubdomain(child(at(field, index), 'resourceClaimName'), claim.resourceClaimName));
  }
  return errors;
}

/** `podgroups` of scheduling.k8s.io: pods that are scheduled together. */
export const podGroups = defineKind<PodGroup>({
  group: 'scheduling.k8s.io',
  version: 'v1alpha2',
  kind: 'PodGroup',
  plural: 'podgroups',
  namespaced: true,
  schema: podGroup,
  enabledByDefault: false,
  defaults: ({ spec }, { gate }) => void (spec && gate('WorkloadAwarePreemption') && (spec.disruptionMode ??= 'Pod')),
  subresources: { status: statusSubresource<PodGroup>({ validate: validateStatus }) },
  strategy: {
    prepareForCreate: (draft) => void (draft.status = {}),
    prepareForUpdate: (draft, stored) => void (draft.status = stored.status as Draft<PodGroup['status']>),
    validate,
    validateUpdate: ({ spec }, stored) => FIXED.flatMap((name) => immutable(child('spec', name), spec[name], stored.spec[name])),
  },
  columns: [nameColumn, ageColumn],
});
