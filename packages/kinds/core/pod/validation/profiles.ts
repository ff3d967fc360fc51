/**
 * Security profiles that stand in annotations as well as in fields: both must say the same.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateSeccompAnnotationsAndFields, validateAppArmorAnnotationsAndFieldsMatchOnCreate.
 */
import { at, child, type FieldError, forbiddenField } from '#machinery/field-error.ts';
import type { PodSpec } from '../schema.ts';
import type { AppArmorProfile, SeccompProfile } from '../security.ts';

export const APP_ARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/';
export const SECCOMP_POD_ANNOTATION = 'seccomp.security.alpha.kubernetes.io/pod';
export const SECCOMP_CONTAINER_PREFIX = 'container.seccomp.security.alpha.kubernetes.io/';

const LOCALHOST = 'localhost/';
const CONTAINERS = ['initContainers', 'containers', 'ephemeralContainers'] as const;

type Annotations = Readonly<Record<string, string>>;
type Profile = SeccompProfile | AppArmorProfile;

/** How annotations write the types of profiles, and what the mechanism is called. */
interface Notation {
  readonly name: 'seccomp' | 'apparmor';
  readonly types: Readonly<Record<string, readonly string[]>>;
}

const SECCOMP: Notation = { name: 'seccomp', types: { Unconfined: ['unconfined'], RuntimeDefault: ['runtime/default', 'docker/default'] } };
const APP_ARMOR: Notation = { name: 'apparmor', types: { Unconfined: ['unconfined'], RuntimeDefault: ['runtime/default'] } };

/** Findings about profiles that annotations and fields of a pod or template tell differently. `field` is the path of the spec. */
export function profileConflicts(field: string, annotations: Annotations | undefined, spec: PodSpec): FieldError[] {
  if (!annotations) return [];
  const pod = spec.securityContext;
  const errors = conflict(child(field, 'securityContext', 'seccompProfile'), SECCOMP, annotations[SECCOMP_POD_ANNOTATION], pod?.seccompProfile);
  for (const list of CONTAINERS) {
    for (const [index, { name, securityContext: own }] of (spec[list] ?? []).entries()) {
      const here = child(at(child(field, list), index), 'securityContext');
      errors.push(...conflict(child(here, 'seccompProfile'), SECCOMP, annotations[SECCOMP_CONTAINER_PREFIX + name], own?.seccompProfile));
      if (spec.os?.name === 'windows') continue;
      const profile = own?.appArmorProfile ?? pod?.appArmorProfile;
      errors.push(...conflict(child(here, 'appArmorProfile'), APP_ARMOR, annotations[APP_ARMOR_PREFIX + name], profile));
    }
  }
  return errors;
}

function conflict(field: string, { name, types }: Notation, annotation: string | undefined, profile: Profile | undefined): FieldError[] {
  if (annotation === undefined || !profile) return [];
  const other = [forbiddenField(child(field, 'type'), `${name} type in annotation and field must match`)];
  if (profile.type !== 'Localhost') return types[profile.type]?.includes(annotation) === false ? other : [];
  if (!annotation.startsWith(LOCALHOST)) return other;
  return annotation.slice(LOCALHOST.length) === profile.localhostProfile
    ? []
    : [forbiddenField(child(field, 'localhostProfile'), `${name} profile in annotation and field must match`)];
}

/** The profile that an AppArmor annotation means; undefined when it means none that a field could hold. */
export function appArmorOfAnnotation(annotation: string): AppArmorProfile | undefined {
  if (annotation === 'unconfined') return { type: 'Unconfined' };
  if (annotation === 'runtime/default') return { type: 'RuntimeDefault' };
  const localhostProfile = annotation.startsWith(LOCALHOST) ? annotation.slice(LOCALHOST.length) : '';
  return localhostProfile && localhostProfile.trim() === localhostProfile ? { type: 'Localhost', localhostProfile } : undefined;
}
