/**
 * The life of a resource quota.
 *
 * Source: kubernetes `pkg/registry/core/resourcequota`, `pkg/apis/core/validation` ValidateResourceQuota.
 */
import { at, child, type FieldError, invalid, required } from '#machinery/field-error.ts';
import type { Column, Strategy, Subresource } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { goStruct } from '../../go-struct.ts';
import { IMMUTABLE } from '../../rules.ts';
import { statusSubresource } from '../../strategy.ts';
import { roundAmounts } from '../pod/resource-list.ts';
import { isStandardQuotaResource } from '../pod/resource-names.ts';
import { resourceAmount, resourceName } from '../pod/validation/resources.ts';
import { type ResourceQuota, type ResourceQuotaSpec, type ResourceQuotaStatus, scopeSelector as scopeSelectorSchema } from './schema.ts';

/** Fills a resource quota. */
export function defaultResourceQuota(draft: Draft<ResourceQuota>): void {
  roundAmounts(draft.spec?.hard);
  roundAmounts(draft.status?.hard);
  roundAmounts(draft.status?.used);
}

/** Rules of a resource quota's life. */
export const resourceQuotaStrategy: Strategy<ResourceQuota> = {
  unconditionalUpdate: true,
  prepareForCreate(draft) {
    draft.status = {};
  },
  prepareForUpdate(draft, stored) {
    draft.status = stored.status as Draft<ResourceQuotaStatus>;
  },
  validate: ({ spec }) => specRules(spec),
  validateUpdate: ({ spec }, stored) => [...specRules(spec), ...scopesUnchanged(spec, stored.spec)],
};

/** `status`. */
export const resourceQuotaStatusSubresource: Subresource = statusSubresource<ResourceQuota>({
  validate: ({ status }) => [...amountRules('status.hard', status.hard), ...amountRules('status.used', status.used)],
});

function amountRules(field: string, amounts: Readonly<Record<string, string>> | undefined): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => {
    const here = at(field, name);
    const errors = resourceName(here, name);
    if (!name.includes('/') && !isStandardQuotaResource(name)) errors.push(invalid(here, name, 'must be a standard resource for quota'));
    return [...errors, ...resourceAmount(here, name, amount)];
  });
}

const SCOPES: readonly string[] = [
  'Terminating',
  'NotTerminating',
  'BestEffort',
  'NotBestEffort',
  'PriorityClass',
  'CrossNamespacePodAffinity',
  'VolumeAttributesClass',
];
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;
const EXISTS_ONLY: readonly string[] = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const COMPUTE: readonly string[] = ['pods', 'cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

function isScopeValidFor(scope: string, resource: string): boolean {
  if (scope === 'BestEffort') return resource === 'pods';
  if (scope === 'VolumeAttributesClass') return resource === 'persistentvolumeclaims' || resource === 'requests.storage';
  return !SCOPES.includes(scope) || COMPUTE.includes(resource);
}

function specRules(spec: ResourceQuotaSpec): FieldError[] {
  return [...amountRules('spec.hard', spec.hard), ...scopeRules(spec), ...selectorRules(spec)];
}

function scopeRules({ scopes = [], hard = {} }: ResourceQuotaSpec): FieldError[] {
  const field = 'spec.scopes';
  const errors = scopes.flatMap((scope) => [
    ...(SCOPES.includes(scope) ? [] : [invalid(field, scopes, 'unsupported scope')]),
    ...unfitting(scope, hard).map(() => invalid(field, scopes, 'unsupported scope applied to resource')),
  ]);
  return [...errors, ...conflicts(field, scopes, scopes)];
}

function unfitting(scope: string, hard: Readonly<Record<string, string>>): string[] {
  return Object.keys(hard).toSorted().filter((name) => isStandardQuotaResource(name) && !isScopeValidFor(scope, name));
}

function conflicts(field: string, scopes: readonly string[], shown: readonly string[] | undefined): FieldError[] {
  return OPPOSITES.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(() => invalid(field, shown, 'conflicting scopes'));
}

function selectorRules({ scopeSelector, scopes, hard = {} }: ResourceQuotaSpec): FieldError[] {
  const field = 'spec.scopeSelector.matchExpressions';
  const requirements = scopeSelector?.matchExpressions ?? [];
  const errors = requirements.flatMap(({ scopeName, operator, values = [] }) => {
    const own: FieldError[] = [];
    if (!SCOPES.includes(scopeName)) own.push(invalid(child(field, 'scopeName'), scopeName, 'unsupported scope'));
    own.push(...unfitting(scopeName, hard).map(() => invalid(field, goStruct(scopeSelectorSchema, scopeSelector), 'unsupported scope applied to resource')));
    if (EXISTS_ONLY.includes(scopeName) && operator !== 'Exists') {
      const names =
        'ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity';
      own.push(invalid(child(field, 'operator'), operator, `must be 'Exists' when scope is any of ${names}`));
    }
    return [...own, ...operatorRules(field, operator, values)];
  });
  return [
    ...errors,
    ...conflicts(
      field,
      requirements.map(({ scopeName }) => scopeName),
      scopes,
    ),
  ];
}

function operatorRules(field: string, operator: string, values: readonly string[]): FieldError[] {
  const here = child(field, 'values');
  if (operator === 'In' || operator === 'NotIn')
    return values.length ? [] : [required(here, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector")];
  if (operator === 'Exists' || operator === 'DoesNotExist')
    return values.length ? [invalid(here, values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector")] : [];
  return [invalid(child(field, 'operator'), operator, 'not a valid selector operator')];
}

function scopesUnchanged(spec: ResourceQuotaSpec, stored: ResourceQuotaSpec): FieldError[] {
  const now = new Set(spec.scopes);
  const before = new Set(stored.scopes);
  return now.symmetricDifference(before).size ? [invalid('spec.scopes', spec.scopes, IMMUTABLE)] : [];
}

function usageText({ status }: ResourceQuota, limits: boolean): string {
  const names = Object.keys(status.hard ?? {}).toSorted();
  return names
    .filter((name) => name.startsWith('limits.') === limits)
    .map((name) => `${name}: ${status.used?.[name] ?? '0'}/${status.hard![name]}`)
    .join(', ');
}

/** What `kubectl get resourcequotas` shows. */
export const resourceQuotaColumns: readonly Column<ResourceQuota>[] = [
  nameColumn,
  { name: 'Request', type: 'string', description: 'Requests and counts: used and allowed.', cell: (quota) => usageText(quota, false) },
  { name: 'Limit', type: 'string', description: 'Limits: used and allowed.', cell: (quota) => usageText(quota, true) },
  ageColumn,
];
