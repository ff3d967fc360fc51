/**
 * Defaults of webhook configurations and admission policies.
 *
 * Source: kubernetes `pkg/apis/admissionregistration/v1/defaults.go`.
 */
import type { Draft } from '#machinery/schema.ts';
import type { MutatingWebhook } from './mutating-webhook-configuration/schema.ts';
import type { MatchResources, Rule } from './rules.ts';
import type { ValidatingWebhook } from './validating-webhook-configuration/schema.ts';

const HTTPS_PORT = 443;
const DEFAULT_TIMEOUT_SECONDS = 10;

function defaultRules(rules: readonly Draft<Rule>[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

/** Fills what webhooks of both kinds have. */
export function defaultWebhook(hook: Draft<ValidatingWebhook> | Draft<MutatingWebhook>): void {
  hook.failurePolicy ??= 'Fail';
  hook.matchPolicy ??= 'Equivalent';
  hook.namespaceSelector ??= {};
  hook.objectSelector ??= {};
  hook.timeoutSeconds ??= DEFAULT_TIMEOUT_SECONDS;
  if (hook.clientConfig?.service) hook.clientConfig.service.port ??= HTTPS_PORT;
  defaultRules(hook.rules);
}

/** Fills what a mutating webhook has. */
export function defaultMutatingWebhook(hook: Draft<MutatingWebhook>): void {
  defaultWebhook(hook);
  hook.reinvocationPolicy ??= 'Never';
}

/** Fills what a policy or a binding matches. */
export function defaultMatchResources(match: Draft<MatchResources> | undefined): void {
  if (!match) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  defaultRules(match.resourceRules);
  defaultRules(match.excludeResourceRules);
}
