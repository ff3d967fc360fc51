/**
 * Rules of webhook configurations.
 *
 * Source: kubernetes `pkg/apis/admissionregistration/validation/validation.go`.
 */
import { at, child, duplicate, type FieldError, invalid, required } from '#machinery/field-error.ts';
import { validateDns1035Label, validateDns1123Subdomain } from '#machinery/names.ts';
import { validateLabelSelector } from '#machinery/selectors.ts';
import { invalidEach, optionalOneOf, requiredOneOf } from '../rules.ts';
import type { MutatingWebhook } from './mutating-webhook-configuration/schema.ts';
import { admissionEnvironment } from './policy-expressions.ts';
import { FAILURE_POLICIES, MATCH_POLICIES, matchConditionFindings, ruleFindings } from './rule-validation.ts';
import { webhookClientFindings } from './webhook-client-validation.ts';

const NO_SIDE_EFFECTS: readonly string[] = ['None', 'NoneOnDryRun'];
const REVIEW_VERSIONS: readonly string[] = ['v1', 'v1beta1'];
const MAX_TIMEOUT_SECONDS = 30;
const MIN_NAME_SEGMENTS = 3;
const CONDITIONS = admissionEnvironment({ params: false, authorizer: true });

/** Rules of a configuration's webhooks. Validating webhooks lack only the reinvocation policy. */
export function webhooksFindings(webhooks: readonly MutatingWebhook[] | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, hook] of (webhooks ?? []).entries()) {
    const here = at('webhooks', index);
    errors.push(...webhookFindings(here, hook), ...reviewVersionFindings(child(here, 'admissionReviewVersions'), hook.admissionReviewVersions ?? []));
    if (hook.name && seen.has(hook.name)) errors.push(duplicate(child(here, 'name'), hook.name));
    seen.add(hook.name);
  }
  return errors;
}

function webhookFindings(field: string, hook: MutatingWebhook): FieldError[] {
  const errors = hookNameFindings(child(field, 'name'), hook.name);
  for (const [index, rule] of (hook.rules ?? []).entries()) errors.push(...ruleFindings(at(child(field, 'rules'), index), rule));
  errors.push(
    ...optionalOneOf(child(field, 'failurePolicy'), hook.failurePolicy, FAILURE_POLICIES),
    ...optionalOneOf(child(field, 'matchPolicy'), hook.matchPolicy, MATCH_POLICIES),
    ...requiredOneOf(
      child(field, 'sideEffects'),
      hook.sideEffects ?? undefined,
      NO_SIDE_EFFECTS,
      `must specify one of ${NO_SIDE_EFFECTS.join(', ')}`,
    ),
  );
  const seconds = hook.timeoutSeconds;
  if (seconds !== undefined && (seconds > MAX_TIMEOUT_SECONDS || seconds < 1)) {
    errors.push(invalid(child(field, 'timeoutSeconds'), seconds, `the timeout value must be between 1 and ${MAX_TIMEOUT_SECONDS} seconds`));
  }
  errors.push(
    ...validateLabelSelector(hook.namespaceSelector, child(field, 'namespaceSelector')),
    ...validateLabelSelector(hook.objectSelector, child(field, 'objectSelector')),
    ...optionalOneOf(child(field, 'reinvocationPolicy'), hook.reinvocationPolicy, ['IfNeeded', 'Never']),
    ...webhookClientFindings(child(field, 'clientConfig'), hook.clientConfig),
    ...matchConditionFindings(child(field, 'matchConditions'), hook.matchConditions, CONDITIONS),
  );
  return errors;
}

function hookNameFindings(field: string, name: string): FieldError[] {
  if (!name) return [required(field)];
  const texts = validateDns1123Subdomain(name);
  if (texts.length) return [invalid(field, name, texts.join(','))];
  return name.split('.').length < MIN_NAME_SEGMENTS
    ? [invalid(field, name, 'should be a domain with at least three segments separated by dots')]
    : [];
}

function reviewVersionFindings(field: string, versions: readonly string[]): FieldError[] {
  const accepted = REVIEW_VERSIONS.join(', ');
  if (versions.length === 0) return [required(field, `must specify one of ${accepted}`)];
  const errors: FieldError[] = [];
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) errors.push(invalid(at(field, index), version, 'duplicate version'));
    else errors.push(...invalidEach(at(field, index), version, validateDns1035Label(version)));
  }
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    errors.push(invalid(field, versions, `must include at least one of ${accepted}`));
  return errors;
}
