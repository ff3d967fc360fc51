/**
 * What an access review asks, checked and as authorizers take it.
 *
 * Source: kubernetes `pkg/apis/authorization/validation`, `pkg/registry/authorization/util`.
 */
import { type Attributes, resourceAttributes } from '../authorization/authorizer.ts';
import type { ResourceAttributes, SubjectAccessReviewSpec } from '#kinds/authorization/attributes.ts';
import { at, child, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { fieldSelectorText } from '#machinery/field-selectors.ts';
import { type LabelOperator, labelRequirement, requirementText } from '#machinery/label-requirements.ts';
import { validateLabelValue, validateQualifiedName } from '#machinery/names.ts';

/** The question of any access review. */
export type Asked = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>;

type Selector = NonNullable<ResourceAttributes['fieldSelector'] | ResourceAttributes['labelSelector']>;

/** Findings about the question. */
export function askedRules({ resourceAttributes: resource, nonResourceAttributes: path }: Asked): FieldError[] {
  const findings: FieldError[] = [];
  if (resource && path) findings.push(invalid('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes'));
  if (!resource && !path)
    findings.push(invalid('spec.resourceAttributes', null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
  if (resource?.fieldSelector) findings.push(...selectorRules('spec.resourceAttributes.fieldSelector', resource.fieldSelector));
  if (resource?.labelSelector) findings.push(...selectorRules('spec.resourceAttributes.labelSelector', resource.labelSelector));
  return findings;
}

function selectorRules(field: string, { rawSelector, requirements = [] }: Selector): FieldError[] {
  if (rawSelector && requirements.length > 0)
    return [invalid(child(field, 'rawSelector'), rawSelector, 'may not specified at the same time as requirements')];
  if (!rawSelector && requirements.length === 0)
    return [required(child(field, 'requirements'), `when ${field} is specified, requirements or rawSelector is required`)];
  return requirements.flatMap(({ key, operator, values = [] }, index) => {
    const here = at(child(field, 'requirements'), index);
    const findings = key === '' ? [required(child(here, 'key'), 'must be specified')] : [];
    const needsValues = operator === 'In' || operator === 'NotIn';
    const takesNone = operator === 'Exists' || operator === 'DoesNotExist';
    if (!needsValues && !takesNone) findings.push(invalid(child(here, 'operator'), operator, 'not a valid selector operator'));
    if (needsValues && values.length === 0) findings.push(required(child(here, 'values'), "must be specified when `operator` is 'In' or 'NotIn'"));
    if (takesNone && values.length > 0)
      findings.push(forbiddenField(child(here, 'values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
    return findings;
  });
}

/** The question as authorizers take it. */
export function attributesOf({ resourceAttributes: resource, nonResourceAttributes }: Asked): Attributes {
  if (!resource) {
    const { path = '', verb = '' } = nonResourceAttributes ?? {};
    return { ...resourceAttributes({ verb, resource: '' }), isResource: false, path };
  }
  const { verb = '', group = '', version = '', namespace = '', subresource = '', name = '' } = resource;
  const fieldSelector = fieldText(resource);
  const labelSelector = labelText(resource);
  return {
    ...resourceAttributes({ verb, resource: resource.resource ?? '', group, version, namespace, subresource, name }),
    ...(fieldSelector ? { fieldSelector } : {}),
    ...(labelSelector ? { labelSelector } : {}),
  };
}

/** Field selectors know equality only: other requirements are left out, which asks for more and never for less. */
function fieldText({ fieldSelector }: ResourceAttributes): string {
  if (fieldSelector?.rawSelector) return fieldSelector.rawSelector;
  const terms = (fieldSelector?.requirements ?? []).flatMap(({ key, operator, values = [] }) => {
    const [value] = values;
    if (value === undefined || values.length !== 1 || (operator !== 'In' && operator !== 'NotIn')) return [];
    return [{ field: key, operator: operator === 'In' ? ('=' as const) : ('!=' as const), value }];
  });
  return fieldSelectorText(terms);
}

const LABEL_OPERATORS: Readonly<Record<string, LabelOperator>> = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: '!' };

function labelText({ labelSelector }: ResourceAttributes): string {
  if (labelSelector?.rawSelector) return labelSelector.rawSelector;
  return (labelSelector?.requirements ?? [])
    .flatMap(({ key, operator, values = [] }) => {
      const known = LABEL_OPERATORS[operator];
      if (!known || validateQualifiedName(key).length > 0 || values.some((value) => validateLabelValue(value).length > 0)) return [];
      return [requirementText(labelRequirement(key, known, values))];
    })
    .join(',');
}
