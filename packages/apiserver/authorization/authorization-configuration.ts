/**
 * `AuthorizationConfiguration`: which authorizers are asked, in which order.
 *
 * Source: apiserver.config.k8s.io/v1; apiserver `apis/apiserver/validation`.
 */
import { type ConfigurationType, readConfigurationText, refuseFindings } from '../configuration.ts';
import type { Program } from '#machinery/cel/compile.ts';
import { parseDuration } from '#machinery/duration.ts';
import { compileMatchCondition } from './match-conditions.ts';
import { at, child, duplicate, type FieldError, forbiddenField, invalid, notSupported, required, tooMany } from '#machinery/field-error.ts';
import { typeMeta } from '#machinery/meta.ts';
import { validateDns1123Subdomain } from '#machinery/names.ts';
import { bool, embedded, type Infer, list, message, optional, pointer, required as requiredField, string } from '#machinery/schema.ts';

/** An authorizer as the configuration names it. */
export type AuthorizerSetting =
  | { readonly type: 'Node' | 'RBAC' | 'AlwaysAllow' | 'AlwaysDeny' }
  | { readonly type: 'Webhook'; readonly kubeConfigFile: string; readonly settings: WebhookSettings };

/** How a webhook is asked and believed. */
export interface WebhookSettings {
  readonly version: 'v1' | 'v1beta1';
  readonly authorizedMs: number;
  readonly unauthorizedMs: number;
  readonly timeoutMs: number;
  readonly onFailure: 'NoOpinion' | 'Deny';
  /** On which it is asked. */
  readonly conditions?: readonly Program[];
}

const TYPES = ['ABAC', 'AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const;
const MAX_TIMEOUT_MS = 30_000;
const MAX_MATCH_CONDITIONS = 64;

const webhook = message('apiserver.WebhookConfiguration', {
  authorizedTTL: optional(0, string),
  cacheAuthorizedRequests: pointer(0, bool),
  unauthorizedTTL: optional(0, string),
  cacheUnauthorizedRequests: pointer(0, bool),
  timeout: optional(0, string),
  subjectAccessReviewVersion: optional(0, string),
  matchConditionSubjectAccessReviewVersion: optional(0, string),
  failurePolicy: optional(0, string),
  connectionInfo: embedded(0, message('apiserver.WebhookConnectionInfo', { type: optional(0, string), kubeConfigFile: pointer(0, string) })),
  matchConditions: optional(0, list(message('apiserver.WebhookMatchCondition', { expression: requiredField(0, string) }))),
});
const schema = message('apiserver.AuthorizationConfiguration', {
  ...typeMeta,
  authorizers: optional(
    0,
    list(
      message('apiserver.AuthorizerConfiguration', { type: requiredField(0, string), name: requiredField(0, string), webhook: pointer(0, webhook) }),
    ),
  ),
});

type Sent = Infer<typeof schema>;
type Entry = NonNullable<Sent['authorizers']>[number];
type SentWebhook = Infer<typeof webhook>;

const TYPE: ConfigurationType = {
  group: 'apiserver.config.k8s.io',
  versions: ['v1', 'v1beta1', 'v1alpha1'],
  kind: 'AuthorizationConfiguration',
  schema,
};
const DEFAULT_AUTHORIZED = '5m';
const DEFAULT_UNAUTHORIZED = '30s';

/** Reads the file. @throws ConfigurationError */
export function readAuthorizationConfiguration(text: string, from: string): readonly AuthorizerSetting[] {
  const { authorizers = [] } = readConfigurationText<Sent>(text, TYPE, from);
  const findings: FieldError[] = [];
  if (authorizers.length === 0) findings.push(required('authorizers', 'at least one authorization mode must be defined'));
  for (const [index, entry] of authorizers.entries()) {
    const here = at('authorizers', index);
    findings.push(...entryRules(here, entry));
    const before = authorizers.slice(0, index);
    if (entry.type !== 'Webhook' && before.some(({ type }) => type === entry.type)) findings.push(duplicate(child(here, 'type'), entry.type));
    if (entry.name !== '' && before.some(({ name }) => name === entry.name)) findings.push(duplicate(child(here, 'name'), entry.name));
  }
  refuseFindings(findings, from);
  return authorizers.map(settingOf);
}

function entryRules(field: string, { type, name, webhook: hook }: Entry): FieldError[] {
  const findings: FieldError[] = [];
  if (type === '') findings.push(required(child(field, 'type')));
  else if (!(TYPES as readonly string[]).includes(type)) findings.push(notSupported(child(field, 'type'), type, TYPES));
  else if (type === 'ABAC') findings.push(forbiddenField(child(field, 'type'), 'ABAC is not supported by this server: use RBAC'));
  if (name === '') findings.push(required(child(field, 'name')));
  else findings.push(...validateDns1123Subdomain(name).map((why) => invalid(child(field, 'name'), name, why)));
  if (type === 'Webhook')
    findings.push(...(hook ? webhookRules(child(field, 'webhook'), hook) : [required(child(field, 'webhook'), 'required when type=Webhook')]));
  else if (hook) findings.push(invalid(child(field, 'webhook'), 'non-null', 'may only be specified when type=Webhook'));
  return findings;
}

function webhookRules(field: string, hook: SentWebhook): FieldError[] {
  const findings: FieldError[] = [...durationRules(child(field, 'timeout'), hook.timeout, MAX_TIMEOUT_MS)];
  if (hook.authorizedTTL !== undefined) findings.push(...durationRules(child(field, 'authorizedTTL'), hook.authorizedTTL));
  if (hook.unauthorizedTTL !== undefined) findings.push(...durationRules(child(field, 'unauthorizedTTL'), hook.unauthorizedTTL));
  findings.push(...choiceRules(child(field, 'subjectAccessReviewVersion'), hook.subjectAccessReviewVersion, ['v1', 'v1beta1']));
  findings.push(...choiceRules(child(field, 'failurePolicy'), hook.failurePolicy, ['NoOpinion', 'Deny']));
  const { type, kubeConfigFile } = hook.connectionInfo;
  const connection = child(field, 'connectionInfo');
  findings.push(...choiceRules(child(connection, 'type'), type, ['KubeConfigFile']));
  if (type === 'KubeConfigFile' && !kubeConfigFile) findings.push(required(child(connection, 'kubeConfigFile')));
  else if (kubeConfigFile && !kubeConfigFile.startsWith('/'))
    findings.push(invalid(child(connection, 'kubeConfigFile'), kubeConfigFile, 'must be an absolute path'));
  return [...findings, ...conditionRules(field, hook)];
}

function conditionRules(field: string, { matchConditions = [], matchConditionSubjectAccessReviewVersion: version }: SentWebhook): FieldError[] {
  const here = child(field, 'matchConditions');
  const versionField = child(field, 'matchConditionSubjectAccessReviewVersion');
  const findings: FieldError[] = [];
  if (!version && matchConditions.length > 0) findings.push(required(versionField, 'required if match conditions are specified'));
  if (version && version !== 'v1') findings.push(notSupported(versionField, version, ['v1']));
  if (matchConditions.length > MAX_MATCH_CONDITIONS) return [...findings, tooMany(here, matchConditions.length, MAX_MATCH_CONDITIONS)];
  const expressions = matchConditions.map(({ expression }) => expression);
  for (const [index, expression] of expressions.entries()) findings.push(...conditionFindings(child(at(here, index), 'expression'), expression, expressions.slice(0, index)));
  return findings;
}

function conditionFindings(field: string, expression: string, before: readonly string[]): FieldError[] {
  if (expression.trim() === '') return [required(field)];
  if (before.includes(expression)) return [duplicate(field, expression)];
  const compiled = compileMatchCondition(expression);
  return 'error' in compiled ? [invalid(field, expression, compiled.error)] : [];
}

function choiceRules(field: string, value: string | undefined, choices: readonly string[]): FieldError[] {
  if (!value) return [required(field)];
  return choices.includes(value) ? [] : [notSupported(field, value, choices)];
}

function durationRules(field: string, text: string | undefined, mostMs = Infinity): FieldError[] {
  if (!text) return [required(field)];
  const ms = durationMs(text);
  if (ms === undefined) return [invalid(field, text, 'must be a duration')];
  if (ms <= 0) return [invalid(field, text, 'must be > 0s')];
  return ms > mostMs ? [invalid(field, text, `must be <= ${mostMs / 1000}s`)] : [];
}

function durationMs(text: string): number | undefined {
  try {
    return Number(parseDuration(text) / 1_000_000n);
  } catch {
    return undefined;
  }
}

function settingOf({ type, webhook: hook }: Entry): AuthorizerSetting {
  if (type !== 'Webhook' || !hook) return { type: type as 'Node' };
  const kept = (on: boolean | undefined, text: string): number => (on === false ? 0 : (durationMs(text) ?? 0));
  return {
    type: 'Webhook',
    kubeConfigFile: hook.connectionInfo.kubeConfigFile ?? '',
    settings: {
      version: hook.subjectAccessReviewVersion as 'v1',
      authorizedMs: kept(hook.cacheAuthorizedRequests, hook.authorizedTTL ?? DEFAULT_AUTHORIZED),
      unauthorizedMs: kept(hook.cacheUnauthorizedRequests, hook.unauthorizedTTL ?? DEFAULT_UNAUTHORIZED),
      timeoutMs: durationMs(hook.timeout ?? '') ?? MAX_TIMEOUT_MS,
      onFailure: hook.failurePolicy as 'Deny',
      ...(hook.matchConditions?.length ? { conditions: hook.matchConditions.flatMap(({ expression }) => programs(expression)) } : {}),
    },
  };
}

/** The program of an expression that has been found good. */
function programs(expression: string): readonly Program[] {
  const compiled = compileMatchCondition(expression);
  return 'program' in compiled ? [compiled.program] : [];
}
