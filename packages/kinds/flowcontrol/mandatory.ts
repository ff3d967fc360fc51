/**
 * The objects that every server has and nobody may change: what is exempt from limits, and what catches all the rest.
 *
 * Source: apiserver `apis/flowcontrol/bootstrap`; kubernetes `pkg/apis/flowcontrol/validation`.
 */
import { type FieldError, invalid } from '#machinery/field-error.ts';
import { sameValue } from '../semantic-equal.ts';
import type { FlowSchemaSpec } from './flow-schema/schema.ts';
import type { PriorityLevelConfigurationSpec } from './priority-level-configuration/schema.ts';

const everything = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
};
const group = (name: string): { kind: string; group: { name: string } } => ({ kind: 'Group', group: { name } });

/** Flow schemas by name. */
export const mandatoryFlowSchemas: Readonly<Record<'exempt' | 'catch-all', FlowSchemaSpec>> = {
  exempt: { priorityLevelConfiguration: { name: 'exempt' }, matchingPrecedence: 1, rules: [{ subjects: [group('system:masters')], ...everything }] },
  'catch-all': {
    priorityLevelConfiguration: { name: 'catch-all' },
    matchingPrecedence: 10_000,
    distinguisherMethod: { type: 'ByUser' },
    rules: [{ subjects: [group('system:unauthenticated'), group('system:authenticated')], ...everything }],
  },
};

/** Priority levels by name. */
export const mandatoryLevels: Readonly<Record<'exempt' | 'catch-all', PriorityLevelConfigurationSpec>> = {
  exempt: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } },
  'catch-all': { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } },
};

/** A mandatory flow schema has its fixed spec. */
export function fixedFlowSchema(name: string | undefined, spec: FlowSchemaSpec): FieldError[] {
  const fixed = name === 'exempt' || name === 'catch-all' ? mandatoryFlowSchemas[name] : undefined;
  return !fixed || sameValue(spec, fixed) ? [] : [invalid('spec', spec, `spec of '${name}' must equal the fixed value`)];
}

/** A mandatory level has its fixed spec; what is exempt may still lend. */
export function fixedLevel(name: string | undefined, spec: PriorityLevelConfigurationSpec): FieldError[] {
  const fixed = name === 'exempt' || name === 'catch-all' ? mandatoryLevels[name] : undefined;
  if (!fixed) return [];
  if (name !== 'exempt') return sameValue(spec, fixed) ? [] : [invalid('spec', spec, `spec of '${name}' must equal the fixed value`)];
  const { exempt: _, ...rest } = spec;
  const { exempt: __, ...fixedRest } = fixed;
  return sameValue(rest, fixedRest) ? [] : [invalid('spec', spec, `spec of '${name}' except the 'spec.exempt' field must equal the fixed value`)];
}
