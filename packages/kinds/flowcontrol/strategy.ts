/**
 * What flow schemas and priority levels share.
 *
 * Source: kubernetes `pkg/apis/flowcontrol/validation`, `pkg/registry/flowcontrol`.
 */
import { at, child, duplicate, type FieldError, required } from '#machinery/field-error.ts';
import type { KubeObject, Subresource } from '#machinery/kind.ts';
import { ALL_METADATA, statusSubresource } from '../strategy.ts';

interface WithConditions extends KubeObject {
  readonly status: { readonly conditions?: readonly { readonly type?: string }[] };
}

/** Each condition has a type and none stands twice. */
export function conditionRules({ status }: WithConditions): FieldError[] {
  const conditions = status?.conditions ?? [];
  return conditions.flatMap(({ type }, index) => {
    const here = child(at('status.conditions', index), 'type');
    const errors = conditions.findIndex((other) => other.type === type) < index ? [duplicate(here, type)] : [];
    if (!type) errors.push(required(here, 'must not be empty'));
    return errors;
  });
}

/** `status`: nothing else can be changed through it. */
export const flowcontrolStatusSubresource: Subresource = statusSubresource<WithConditions>({ keptMetadata: ALL_METADATA, validate: conditionRules });
