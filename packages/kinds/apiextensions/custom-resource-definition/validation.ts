/**
 * Rules of custom resource definitions.
 *
 * Source: apiextensions-apiserver `pkg/apis/apiextensions/validation/validation.go`.
 */
import { at, child, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { validateDns1035Label, validateDns1123Subdomain } from '#machinery/names.ts';
import { webhookClientFindings } from '../../admissionregistration/webhook-client-validation.ts';
import { immutable, invalidEach, present, requiredOneOf } from '../../rules.ts';
import type {
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from './schema.ts';
import { versionFindings } from './version-validation.ts';

const REVIEW_VERSIONS: readonly string[] = ['v1', 'v1beta1'];
const APPROVED_ANNOTATION = 'api-approved.kubernetes.io';
const APPROVAL_PROCESS = 'https://github.com/kubernetes/enhancements/pull/1111';

/** Rules of a new definition. */
export function validateDefinition(definition: CustomResourceDefinition): FieldError[] {
  const { metadata, spec } = definition;
  const errors = commonFindings(definition);
  if (metadata.name !== `${spec.names.plural}.${spec.group}`)
    errors.unshift(invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  errors.push(...approvalFindings(definition));
  if (spec.preserveUnknownFields) {
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  }
  return errors;
}

/** Rules of a changed definition. What the stored objects depend on stays once the resource is established. */
export function validateDefinitionUpdate(definition: CustomResourceDefinition, stored: CustomResourceDefinition): FieldError[] {
  const { spec } = definition;
  const errors = commonFindings(definition, stored);
  const established = stored.status.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
  if (established) {
    errors.push(...immutable('spec.scope', spec.scope, stored.spec.scope), ...immutable('spec.names.kind', spec.names.kind, stored.spec.names.kind));
  }
  errors.push(
    ...immutable('spec.group', spec.group, stored.spec.group),
    ...immutable('spec.names.plural', spec.names.plural, stored.spec.names.plural),
  );
  if (stored.metadata.annotations?.[APPROVED_ANNOTATION] !== definition.metadata.annotations?.[APPROVED_ANNOTATION])
    errors.push(...approvalFindings(definition));
  return errors;
}

/** Rules of a definition's status. */
export function validateDefinitionStatus({ spec, status }: CustomResourceDefinition): FieldError[] {
  return [
    ...namesFindings('status.acceptedNames', status.acceptedNames),
    ...storedVersionFindings('status.storedVersions', status.storedVersions ?? [], spec.versions ?? []),
  ];
}

function commonFindings(definition: CustomResourceDefinition, stored?: CustomResourceDefinition): FieldError[] {
  return [...specFindings(definition.spec, stored?.spec), ...validateDefinitionStatus(definition)];
}

function specFindings(spec: CustomResourceDefinitionSpec, stored: CustomResourceDefinitionSpec | undefined): FieldError[] {
  const versions = spec.versions ?? [];
  const errors = [...groupFindings('spec.group', spec.group), ...requiredOneOf('spec.scope', spec.scope, ['Cluster', 'Namespaced'])];
  for (const [index, version] of versions.entries()) {
    const before = stored?.versions?.find(({ name }) => name === version.name);
    errors.push(...versionFindings(at('spec.versions', index), version, before));
  }
  const names = versions.map(({ name }) => name);
  if (new Set(names).size < names.length) errors.push(invalid('spec.versions', versions, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) errors.push(...present(child('spec.names', name), spec.names[name]));
  return [...errors, ...namesFindings('spec.names', spec.names), ...conversionFindings('spec.conversion', spec.conversion)];
}

function groupFindings(field: string, group: string): FieldError[] {
  if (!group) return [required(field)];
  const texts = validateDns1123Subdomain(group);
  if (texts.length) return [invalid(field, group, texts.join(','))];
  return group.includes('.') ? [] : [invalid(field, group, 'should be a domain with at least one dot')];
}

function namesFindings(field: string, names: CustomResourceDefinitionNames): FieldError[] {
  const errors: FieldError[] = [];
  const label = (path: string, value: string): void => {
    const texts = validateDns1035Label(value);
    if (texts.length) errors.push(invalid(path, value, texts.join(',')));
  };
  const mixedCase = (path: string, value: string): void => {
    const texts = validateDns1035Label(value.toLowerCase());
    if (texts.length) errors.push(invalid(path, value, `may have mixed case, but should otherwise match: ${texts.join(',')}`));
  };
  if (names.plural) label(child(field, 'plural'), names.plural);
  if (names.singular) label(child(field, 'singular'), names.singular);
  if (names.kind) mixedCase(child(field, 'kind'), names.kind);
  if (names.listKind) mixedCase(child(field, 'listKind'), names.listKind);
  for (const [index, name] of (names.shortNames ?? []).entries()) label(at(child(field, 'shortNames'), index), name);
  if (names.kind && names.kind === names.listKind)
    errors.push(invalid(child(field, 'listKind'), names.listKind, 'kind and listKind may not be the same'));
  for (const [index, name] of (names.categories ?? []).entries()) label(at(child(field, 'categories'), index), name);
  return errors;
}

function conversionFindings(field: string, conversion: CustomResourceConversion | undefined): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  const errors = requiredOneOf(child(field, 'strategy'), strategy, ['None', 'Webhook']);
  const versions = webhook?.conversionReviewVersions ?? [];
  const configField = child(field, 'webhookClientConfig');
  const versionField = child(field, 'conversionReviewVersions');
  if (strategy !== 'Webhook') {
    if (webhook?.clientConfig) errors.push(forbiddenField(configField, 'should not be set when strategy is not set to Webhook'));
    if (versions.length) errors.push(forbiddenField(versionField, 'should not be set when strategy is not set to Webhook'));
    return errors;
  }
  errors.push(
    ...(webhook?.clientConfig
      ? webhookClientFindings(configField, webhook.clientConfig)
      : [required(configField, 'required when strategy is set to Webhook')]),
  );
  return [...errors, ...reviewVersionFindings(versionField, versions)];
}

function reviewVersionFindings(field: string, versions: readonly string[]): FieldError[] {
  if (versions.length === 0) return [required(field)];
  const errors: FieldError[] = [];
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) errors.push(invalid(at(field, index), version, 'duplicate version'));
    else errors.push(...invalidEach(at(field, index), version, validateDns1035Label(version)));
  }
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version)))
    errors.push(invalid(field, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`));
  return errors;
}

function storedVersionFindings(field: string, storedVersions: readonly string[], versions: readonly CustomResourceDefinitionVersion[]): FieldError[] {
  const errors: FieldError[] = storedVersions.length ? [] : [invalid(field, storedVersions, 'must have at least one stored version')];
  const names = versions.map(({ name }) => name);
  for (const [index, name] of storedVersions.entries())
    if (!names.includes(name)) errors.push(invalid(at(field, index), name, 'must appear in spec.versions'));
  const storage = versions.find((version) => version.storage);
  if (storage && !storedVersions.includes(storage.name)) errors.push(invalid(field, storedVersions, `must have the storage version ${storage.name}`));
  return errors;
}

/** Groups of the Kubernetes community need a reviewed API. */
function approvalFindings({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(spec.group)) return [];
  const field = at('metadata.annotations', APPROVED_ANNOTATION);
  const value = metadata.annotations?.[APPROVED_ANNOTATION] ?? '';
  if (!value) return [required(field, `protected groups must have approval annotation "${APPROVED_ANNOTATION}", see ${APPROVAL_PROCESS}`)];
  if (value.startsWith('unapproved') || URL.parse(value)?.host) return [];
  const text = `protected groups must have approval annotation "${APPROVED_ANNOTATION}" with either a URL or a reason starting with "unapproved", see ${APPROVAL_PROCESS}`;
  return [invalid(field, value, text)];
}
