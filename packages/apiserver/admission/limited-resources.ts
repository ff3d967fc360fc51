/**
 * What may be used only where a quota says so: a configuration of ResourceQuota.
 *
 * Source: `ResourceQuotaConfiguration` of apiserver.config.k8s.io/v1; apiserver `admission/plugin/resourcequota`.
 */
import type { AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import { type ConfigurationType, readConfigurationValue } from '../configuration.ts';
import { type ResourceQuota, type ScopedResourceSelectorRequirement, scopedResourceSelectorRequirement } from '#kinds/core/resource-quota/schema.ts';
import { isInScope, type QuotaAmounts } from '#kinds/core/resource-quota/usage.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { typeMeta } from '#machinery/meta.ts';
import { list, message, optional, required, string } from '#machinery/schema.ts';

/** Uses of a resource that need a quota: those whose names contain one of `matchContains`, and objects in one of `matchScopes`. */
export interface LimitedResource {
  readonly apiGroup?: string;
  readonly resource: string;
  readonly matchContains?: readonly string[];
  readonly matchScopes?: readonly ScopedResourceSelectorRequirement[];
}

const schema = message('apiserver.ResourceQuotaConfiguration', {
  ...typeMeta,
  limitedResources: optional(
    0,
    list(
      message('apiserver.LimitedResource', {
        apiGroup: optional(0, string),
        resource: required(0, string),
        matchContains: optional(0, list(string)),
        matchScopes: optional(0, list(scopedResourceSelectorRequirement)),
      }),
    ),
  ),
});
const TYPE: ConfigurationType = { group: 'apiserver.config.k8s.io', versions: ['v1'], kind: 'ResourceQuotaConfiguration', schema };
/** As long as the plugin had a group of its own. */
const OLD_TYPE: ConfigurationType = { group: 'resourcequota.admission.k8s.io', versions: ['v1beta1', 'v1alpha1'], kind: 'Configuration', schema };

/** Reads a parsed configuration. @throws ConfigurationError */
export function readLimitedResources(value: unknown, from: string): readonly LimitedResource[] {
  const old = (value as { readonly kind?: unknown } | null)?.kind === OLD_TYPE.kind;
  return (
    readConfigurationValue<{ readonly limitedResources?: readonly LimitedResource[] }>(value, old ? OLD_TYPE : TYPE, from).limitedResources ?? []
  );
}

/** Which of the scopes the object is in. */
function scopesOf(
  requirements: readonly ScopedResourceSelectorRequirement[],
  { kind, object }: AdmissionRequest,
): ScopedResourceSelectorRequirement[] {
  return requirements.filter((one) =>
    isInScope({ spec: { scopeSelector: { matchExpressions: [one] } } } as unknown as ResourceQuota, kind, object as unknown as KubeObject),
  );
}

function scopeText({ scopeName, operator, values = [] }: ScopedResourceSelectorRequirement): string {
  return `{${scopeName} ${operator} [${values.join(' ')}]}`;
}

/** A request with what it uses, and the quotas of its namespace. */
export interface LimitedUse {
  readonly request: AdmissionRequest;
  readonly wanted: QuotaAmounts;
  readonly quotas: readonly ResourceQuota[];
}

/** @throws StatusError Forbidden when the request uses something limited that no quota covers */
export function checkLimited(limited: readonly LimitedResource[], { request, wanted, quotas }: LimitedUse): void {
  const { kind, object } = request;
  const rules = limited.filter(({ apiGroup = '', resource }) => apiGroup === kind.group && resource === kind.plural);
  if (rules.length === 0) return;
  const covering = quotas.filter((quota) => isInScope(quota, kind, object as unknown as KubeObject));
  const covered = new Set(covering.flatMap(({ spec }) => Object.keys(spec.hard ?? {})));
  const words = rules.flatMap(({ matchContains = [] }) => matchContains);
  const names = Object.keys(wanted).filter((name) => words.some((word) => name.includes(word)) && !covered.has(name));
  if (names.length > 0) throw refusal(request, `insufficient quota to consume: ${names.toSorted().join(',')}`);
  const selectors = quotas.flatMap(({ spec }) => [
    ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' as const })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ]);
  const known = new Set<string>(scopesOf(selectors, request).map(({ scopeName }) => scopeName));
  const uncovered = scopesOf(
    rules.flatMap(({ matchScopes = [] }) => matchScopes),
    request,
  ).filter(({ scopeName }) => !known.has(scopeName));
  if (uncovered.length > 0) throw refusal(request, `insufficient quota to match these scopes: [${uncovered.map(scopeText).join(' ')}]`);
}
