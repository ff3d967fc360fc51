/**
 * Rules for pod templates.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodTemplateSpec.
 */
import { child, type FieldError, forbiddenField } from '#machinery/field-error.ts';
import { validateAnnotations, validateLabels } from '#machinery/meta-validation.ts';
import type { PodTemplateSpec } from '../schema.ts';
import { podAnnotations } from './annotations.ts';
import { podSpecRules } from './spec.ts';

/** A pod template. Upstream leaves `metadata` out of the paths of its labels and annotations. */
export function podTemplateRules(field: string, template: PodTemplateSpec): FieldError[] {
  const { labels, annotations } = template.metadata ?? {};
  const errors = [
    ...validateLabels(labels, child(field, 'labels')),
    ...validateAnnotations(annotations, child(field, 'annotations')),
    ...podAnnotations(child(field, 'annotations'), annotations, template.spec),
    ...podSpecRules(child(field, 'spec'), template.spec, { isPod: false }),
  ];
  if (template.spec.ephemeralContainers?.length)
    errors.push(forbiddenField(child(field, 'spec', 'ephemeralContainers'), 'ephemeral containers not allowed in pod template'));
  return errors;
}
