/**
 * Rules for when a container starts again: its own policy, rules by exit code, and resizes.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateContainerRestartPolicy, validateResizePolicy.
 */
import { at, child, duplicate, type FieldError, invalid, notSupported, required, tooMany } from '#machinery/field-error.ts';
import { optionalOneOf, requiredOneOf } from '../../../rules.ts';
import type { Container, ContainerResizePolicy } from '../container.ts';
import { isSidecar } from '../requests.ts';

const POLICIES: readonly string[] = ['Always', 'Never', 'OnFailure'];
const ACTIONS: readonly string[] = ['Restart', 'RestartAllContainers'];
const OPERATORS: readonly string[] = ['In', 'NotIn'];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

/** A restart policy of the container's own, and rules by exit code. */
export function validateRestarts(field: string, { restartPolicy, restartPolicyRules = [] }: Container): FieldError[] {
  const errors = optionalOneOf(child(field, 'restartPolicy'), restartPolicy, POLICIES);
  if (restartPolicyRules.length === 0) return errors;
  const here = child(field, 'restartPolicyRules');
  if (restartPolicy === undefined) errors.push(required(child(field, 'restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  if (restartPolicyRules.length > MAX_RULES) errors.push(tooMany(here, restartPolicyRules.length, MAX_RULES));
  for (const [index, { action = '', exitCodes }] of restartPolicyRules.entries()) {
    const rule = at(here, index);
    if (!ACTIONS.includes(action)) errors.push(notSupported(child(rule, 'action'), action, ACTIONS));
    if (!exitCodes) {
      errors.push(required(child(rule, 'exitCodes'), 'must be specified'));
      continue;
    }
    const { operator = '', values = [] } = exitCodes;
    if (!OPERATORS.includes(operator)) errors.push(notSupported(child(rule, 'exitCodes', 'operator'), operator, OPERATORS));
    if (values.length > MAX_EXIT_CODES) errors.push(tooMany(child(rule, 'exitCodes', 'values'), values.length, MAX_EXIT_CODES));
  }
  return errors;
}

/** What a resize of a resource does to the container. Upstream gives the path of the list, not of the policy. */
export function validateResizePolicies(field: string, policies: readonly ContainerResizePolicy[], podPolicy: string | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { resourceName, restartPolicy }] of policies.entries()) {
    if (seen.has(resourceName)) errors.push(duplicate(at(field, index), resourceName));
    seen.add(resourceName);
    errors.push(
      ...requiredOneOf(field, resourceName, ['cpu', 'memory']),
      ...requiredOneOf(field, restartPolicy, ['NotRequired', 'RestartContainer']),
    );
    if (podPolicy === 'Never' && restartPolicy !== 'NotRequired')
      errors.push(invalid(field, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
  }
  return errors;
}

/** A container that runs once before the others cannot be started again for a resize. */
export function initResizePolicies(field: string, container: Container): FieldError[] {
  if (!container.resizePolicy || isSidecar(container)) return [];
  return container.resizePolicy.flatMap(({ restartPolicy }, index) => {
    if (restartPolicy !== 'RestartContainer') return [];
    const here = child(at(child(field, 'resizePolicy'), index), 'restartPolicy');
    return [invalid(here, restartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers")];
  });
}
