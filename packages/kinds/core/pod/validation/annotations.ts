/**
 * Rules for annotations that once were fields, or never became any.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodSpecificAnnotations and updates.
 */
import { at, child, type FieldError, forbiddenField, invalid } from '#machinery/field-error.ts';
import { MAX_INT32 } from '../../../rules.ts';
import type { Toleration } from '../affinity.ts';
import type { PodSpec } from '../schema.ts';
import { localDescendingPath } from './paths.ts';
import { APP_ARMOR_PREFIX, SECCOMP_CONTAINER_PREFIX, SECCOMP_POD_ANNOTATION } from './profiles.ts';
import { tolerationRules } from './tolerations.ts';

/** Marks the API's copy of a pod that a kubelet runs from a file. */
export const MIRROR_POD_ANNOTATION = 'kubernetes.io/config.mirror';
const DELETION_COST_ANNOTATION = 'controller.kubernetes.io/pod-deletion-cost';
const TOLERATIONS_ANNOTATION = 'scheduler.alpha.kubernetes.io/tolerations';

type Annotations = Readonly<Record<string, string>>;

/** Annotations of a pod or template. */
export function podAnnotations(field: string, annotations: Annotations | undefined, spec: PodSpec): FieldError[] {
  if (!annotations) return [];
  const errors: FieldError[] = [];
  const mirror = annotations[MIRROR_POD_ANNOTATION];
  if (mirror !== undefined && !spec.nodeName)
    errors.push(invalid(at(field, MIRROR_POD_ANNOTATION), mirror, 'must set spec.nodeName if mirror pod annotation is set'));
  const tolerations = annotations[TOLERATIONS_ANNOTATION];
  if (tolerations) errors.push(...tolerationText(field, tolerations));
  const cost = annotations[DELETION_COST_ANNOTATION];
  if (cost !== undefined && !isDeletionCost(cost)) errors.push(invalid(at(field, DELETION_COST_ANNOTATION), cost, 'must be a 32bit integer'));
  for (const [key, profile] of Object.entries(annotations)) {
    if (key === SECCOMP_POD_ANNOTATION || key.startsWith(SECCOMP_CONTAINER_PREFIX)) errors.push(...seccompRules(child(field, key), profile));
    if (key.startsWith(APP_ARMOR_PREFIX)) errors.push(...appArmorRules(at(field, key), key.slice(APP_ARMOR_PREFIX.length), profile, spec));
  }
  return errors;
}

/** Tolerations as they were before there was a field. */
function tolerationText(field: string, text: string): FieldError[] {
  try {
    const tolerations: unknown = JSON.parse(text);
    if (Array.isArray(tolerations)) return tolerationRules(child(field, TOLERATIONS_ANNOTATION), tolerations as Toleration[]);
    return [invalid(field, TOLERATIONS_ANNOTATION, 'json: cannot unmarshal object into Go value of type []v1.Toleration')];
  } catch {
    return [invalid(field, TOLERATIONS_ANNOTATION, 'unexpected end of JSON input')];
  }
}

function isDeletionCost(text: string): boolean {
  return /^(0|-?[1-9]\d*)$/.test(text) && Number(text) <= MAX_INT32 && Number(text) >= -MAX_INT32 - 1;
}

function seccompRules(field: string, profile: string): FieldError[] {
  if (profile === 'runtime/default' || profile === 'docker/default' || profile === 'unconfined') return [];
  if (profile.startsWith('localhost/')) return localDescendingPath(field, profile.slice('localhost/'.length));
  return [invalid(field, profile, 'must be a valid seccomp profile')];
}

function appArmorRules(field: string, container: string, profile: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const names = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])].map(({ name }) => name);
  if (!names.includes(container)) errors.push(invalid(field, container, 'container not found'));
  if (profile && profile !== 'runtime/default' && profile !== 'unconfined' && !profile.startsWith('localhost/')) {
    errors.push(invalid(field, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
  }
  return errors;
}

/** Annotations that an update of a pod may not add, change or remove. */
export function podAnnotationUpdates(field: string, annotations: Annotations = {}, stored: Annotations = {}): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(stored)) {
    if (annotations[key] === value) continue;
    if (key.startsWith(APP_ARMOR_PREFIX)) errors.push(forbiddenField(at(field, key), 'may not remove or update AppArmor annotations'));
    if (key === MIRROR_POD_ANNOTATION) errors.push(forbiddenField(at(field, key), 'may not remove or update mirror pod annotation'));
  }
  for (const key of Object.keys(annotations)) {
    if (stored[key] !== undefined) continue;
    if (key.startsWith(APP_ARMOR_PREFIX)) errors.push(forbiddenField(at(field, key), 'may not add AppArmor annotations'));
    if (key === MIRROR_POD_ANNOTATION) errors.push(forbiddenField(at(field, key), 'may not add mirror pod annotation'));
  }
  return errors;
}
