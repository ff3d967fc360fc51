/** `Policy` of audit.k8s.io/v1, read from a file. Source: apiserver `audit/policy`, `apis/audit/validation`. */
import { bool, type Infer, list, message, oneOf, optional, pointer, required as requiredField, string } from '#machinery/schema.ts';
import { at, child, type FieldError, invalid, notSupported } from '#machinery/field-error.ts';
import { objectMeta, typeMeta } from '#machinery/meta.ts';
import { embedded } from '#machinery/schema.ts';
import { type ConfigurationType, ConfigurationError, readConfigurationText, refuseFindings } from '../configuration.ts';
import type { AuditPolicy } from './policy.ts';

const LEVELS = ['None', 'Metadata', 'Request', 'RequestResponse'] as const;
const STAGES = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const;

const resources = message('audit/v1.GroupResources', { group: optional(1, string), resources: optional(2, list(string)), resourceNames: optional(3, list(string)) });
const rule = message('audit/v1.PolicyRule', {
  level: requiredField(1, string),
  users: optional(2, list(string)),
  userGroups: optional(3, list(string)),
  verbs: optional(4, list(string)),
  resources: optional(5, list(resources)),
  namespaces: optional(6, list(string)),
  nonResourceURLs: optional(7, list(string)),
  omitStages: optional(8, list(oneOf(...STAGES))),
  omitManagedFields: pointer(9, bool),
});
const policy = message('audit/v1.Policy', { ...typeMeta, metadata: embedded(1, objectMeta), rules: requiredField(2, list(rule)), omitStages: optional(3, list(oneOf(...STAGES))), omitManagedFields: optional(4, bool) });

const TYPE: ConfigurationType = { group: 'audit.k8s.io', versions: ['v1'], kind: 'Policy', schema: policy };

/** The policy of a file. @throws ConfigurationError */
export function readAuditPolicy(text: string, from: string): AuditPolicy {
  const sent = readConfigurationText<Infer<typeof policy>>(text, TYPE, from);
  if ((sent.rules ?? []).length === 0) throw new ConfigurationError(`${from}: loaded illegal policy with 0 rules`);
  refuseFindings([...stageRules('omitStages', sent.omitStages), ...sent.rules.flatMap((one, index) => ruleRules(at('rules', index), one))], from);
  return sent as AuditPolicy;
}

type SentRule = Infer<typeof rule>;

function stageRules(field: string, stages: readonly string[] | undefined): FieldError[] {
  return (stages ?? []).flatMap((stage, index) => ((STAGES as readonly string[]).includes(stage) ? [] : [notSupported(at(field, index), stage, [...STAGES])]));
}

function ruleRules(field: string, { level, nonResourceURLs = [], resources: about = [], namespaces = [], omitStages }: SentRule): FieldError[] {
  const errors: FieldError[] = [];
  if (!(LEVELS as readonly string[]).includes(level)) errors.push(notSupported(child(field, 'level'), level, [...LEVELS]));
  if (nonResourceURLs.length > 0 && (about.length > 0 || namespaces.length > 0)) errors.push(invalid(child(field, 'nonResourceURLs'), nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
  for (const [index, url] of nonResourceURLs.entries()) errors.push(...urlRules(at(child(field, 'nonResourceURLs'), index), url));
  for (const [index, one] of about.entries())
    if ((one.resourceNames ?? []).length > 0 && (one.resources ?? []).length === 0) errors.push(invalid(child(at(child(field, 'resources'), index), 'resourceNames'), one.resourceNames, 'using resourceNames requires at least one resource'));
  return [...errors, ...stageRules(child(field, 'omitStages'), omitStages)];
}

function urlRules(field: string, url: string): FieldError[] {
  if (url === '*') return [];
  if (!url.startsWith('/')) return [invalid(field, url, "non-resource URL rules must begin with a '/' character")];
  return url.slice(0, -1).includes('*') ? [invalid(field, url, "non-resource URL wildcards '*' must be the final character of the rule")] : [];
}

