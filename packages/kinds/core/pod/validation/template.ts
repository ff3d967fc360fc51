/**
 * Rules for pod templates.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodTemplateSpec.
 */
import { child, type FieldError, forbiddenField } from '#machinery/field-error.ts';
import { validateAnnotations, validateLabels } from '#machinery/meta-validation.ts';
import type { PodTemplateSpec } from '../schema.ts';
import type { Gate } from '../../../feature-gates.ts';
import { podAnnotations } from './annotations.ts';
import { profileConflicts } from './profiles.ts';
import { podSpecRules } from './spec.ts';

/** Labels and annotations of a pod template. Upstream leaves `metadata` out of their paths. */
export function templateMetadataRules(field: string, template: PodTemplateSpec): FieldError[] {
  const { labels, annotations } = template.metadata ?? {};
  return [
    ...validateLabels(labels, child(field, 'labels')),
    ...validateAnnotations(annotations, child(field, 'annotations')),
    ...podAnnotations(child(field, 'annotations'), annotations, template.spec),
  ];
}

/** A pod template. */
export function podTemplateRules(field: string, template: PodTemplateSpec, gate?: Gate): FieldError[] {
  const errors = [
    ...templateMetadataRules(field, template),
    ...podSpecRules(child(field, 'spec'), template.spec, gate ? { isPod: false, gate } : { isPod: false }),
    ...profileConflicts(child(field, 'spec'), template.metadata?.annotations, template.spec),
  ];
  if (template.spec.ephemeralContainers?.length)
    errors.push(forbiddenField(child(field, 'spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'));
  return errors;
}
