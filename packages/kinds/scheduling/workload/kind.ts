import { at, child, duplicate, type FieldError, required, tooMany } from '#machinery/field-error.ts';
import { defineKind } from '#machinery/kind.ts';
import { validatePathSegmentName } from '#machinery/names.ts';
import { ageColumn, nameColumn } from '../../cells.ts';
import { dnsSubdomain, immutable, invalidEach } from '../../rules.ts';
import { groupRules, shortName } from '../group-validation.ts';
import { type TypedLocalObjectReference, type Workload, workload } from './schema.ts';

const MAX_TEMPLATES = 8;
const TEMPLATES = 'spec.podGroupTemplates';

function controllerRules(field: string, { apiGroup, kind, name }: TypedLocalObjectReference): FieldError[] {
  const errors = apiGroup ? dnsSubdomain(child(field, 'apiGroup'), apiGroup) : [];
  for (const [member, value] of Object.entries({ kind, name }))
    errors.push(...(value ? invalidEach(child(field, member), value, validatePathSegmentName(value)) : [required(child(field, member))]));
  return errors;
}

function validate({ spec }: Workload): FieldError[] {
  const templates = spec.podGroupTemplates ?? [];
  const errors = spec.controllerRef ? controllerRules('spec.controllerRef', spec.controllerRef) : [];
  if (templates.length === 0) return [...errors, required(TEMPLATES)];
  if (templates.length > MAX_TEMPLATES) return [...errors, tooMany(TEMPLATES, templates.length, MAX_TEMPLATES)];
  for (const [index, template] of templates.entries()) {
    const here = at(TEMPLATES, index);
    errors.push(...shortName(child(here, 'name'), template.name), ...groupRules(here, template));
    if (templates.findIndex(({ name }) => name === template.name) < index) errors.push(duplicate(here, template));
  }
  return errors;
}

/** `workloads` of scheduling.k8s.io: templates of the pod groups that belong together. */
export const workloads = defineKind<Workload>({
  group: 'scheduling.k8s.io',
  version: 'v1alpha2',
  kind: 'Workload',
  plural: 'workloads',
  namespaced: true,
  schema: workload,
  enabledByDefault: false,
  strategy: {
    validate,
    validateUpdate: ({ spec }, stored) => [
      ...immutable('spec.controllerRef', spec.controllerRef, stored.spec.controllerRef),
      ...immutable(TEMPLATES, spec.podGroupTemplates, stored.spec.podGroupTemplates),
    ],
  },
  columns: [nameColumn, ageColumn],
});
