/**
 * Rules for security contexts.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidateSecurityContext, validatePodSpecSecurityContext.
 */
import { at, child, duplicate, type FieldError, invalid, notSupported, required, tooLong } from '#machinery/field-error.ts';
import { optionalOneOf, userOrGroupId } from '../../../rules.ts';
import type { PodSpec } from '../schema.ts';
import { type AppArmorProfile, type SeccompProfile, seccompProfile as seccompProfileSchema, type SecurityContext } from '../security.ts';
import { goStruct } from '../../../go-struct.ts';
import { localDescendingPath } from './paths.ts';
import { windowsOptions } from './windows.ts';

const PROFILE_TYPES: readonly string[] = ['Localhost', 'RuntimeDefault', 'Unconfined'];
const MAX_LOCALHOST_PROFILE = 4095;

const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL_NAME = `^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`;
const SYSCTL_REGEX = new RegExp(SYSCTL_NAME);
const MAX_SYSCTL_NAME = 253;

/** The security context of a container. `hostUsers` tells whether the pod shares the node's user namespace. */
export function containerSecurity(field: string, context: SecurityContext | undefined, hostUsers: boolean): FieldError[] {
  if (!context) return [];
  const errors = [...userOrGroupId(child(field, 'runAsUser'), context.runAsUser), ...userOrGroupId(child(field, 'runAsGroup'), context.runAsGroup)];
  const { procMount } = context;
  errors.push(...optionalOneOf(child(field, 'procMount'), procMount, ['Default', 'Unmasked']));
  if (hostUsers && procMount === 'Unmasked')
    errors.push(invalid(child(field, 'procMount'), procMount, '`hostUsers` must be false to use `Unmasked`'));
  errors.push(...seccompProfile(child(field, 'seccompProfile'), context.seccompProfile));
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) errors.push(invalid(field, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
      errors.push(invalid(field, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'));
    }
  }
  errors.push(
    ...windowsOptions(child(field, 'windowsOptions'), context.windowsOptions),
    ...appArmorProfile(child(field, 'appArmorProfile'), context.appArmorProfile),
  );
  return errors;
}

/** The security context of a pod. `field` is the path of the context. */
export function podSecurity(field: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const context = spec.securityContext;
  if (spec.shareProcessNamespace && spec.hostPID) {
    errors.push(invalid(child(field, 'shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled'));
  }
  if (!context) return errors;
  errors.unshift(
    ...userOrGroupId(child(field, 'fsGroup'), context.fsGroup),
    ...userOrGroupId(child(field, 'runAsUser'), context.runAsUser),
    ...userOrGroupId(child(field, 'runAsGroup'), context.runAsGroup),
    ...(context.supplementalGroups ?? []).flatMap((group, index) => userOrGroupId(at(child(field, 'supplementalGroups'), index), group)),
  );
  errors.push(
    ...sysctlRules(child(field, 'sysctls'), spec),
    ...optionalOneOf(child(field, 'fsGroupChangePolicy'), context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    ...seccompProfile(child(field, 'seccompProfile'), context.seccompProfile),
    ...windowsOptions(child(field, 'windowsOptions'), context.windowsOptions),
    ...appArmorProfile(child(field, 'appArmorProfile'), context.appArmorProfile),
    ...optionalOneOf(child(field, 'supplementalGroupsPolicy'), context.supplementalGroupsPolicy, ['Merge', 'Strict']),
    ...optionalOneOf(child(field, 'seLinuxChangePolicy'), context.seLinuxChangePolicy, ['MountOption', 'Recursive']),
  );
  return errors;
}

function seccompProfile(field: string, profile: SeccompProfile | undefined): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const errors: FieldError[] = [];
  if (!type) errors.push(required(child(field, 'type'), 'type is required when seccompProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) errors.push(notSupported(child(field, 'type'), type, PROFILE_TYPES));
  const here = child(field, 'localhostProfile');
  if (type !== 'Localhost') {
    if (localhostProfile !== undefined) errors.push(invalid(here, goStruct(seccompProfileSchema, profile), 'can only be set when seccomp type is Localhost'));
  } else if (localhostProfile === undefined) errors.push(required(here, 'must be set when seccomp type is Localhost'));
  else errors.push(...localDescendingPath(here, localhostProfile));
  return errors;
}

/** An AppArmor profile. */
export function appArmorProfile(field: string, profile: AppArmorProfile | undefined): FieldError[] {
  if (!profile) return [];
  const { type, localhostProfile } = profile;
  const here = child(field, 'localhostProfile');
  if (!type) return [required(child(field, 'type'), 'type is required when appArmorProfile is set')];
  if (!PROFILE_TYPES.includes(type)) return [notSupported(child(field, 'type'), type, PROFILE_TYPES)];
  if (type !== 'Localhost')
    return localhostProfile === undefined ? [] : [invalid(here, localhostProfile, 'can only be set when AppArmor type is Localhost')];
  if (localhostProfile === undefined || localhostProfile === '') return [required(here, 'must be set when AppArmor type is Localhost')];
  const errors = localhostProfile.trim() === localhostProfile ? [] : [invalid(here, localhostProfile, 'must not be padded with whitespace')];
  if (localhostProfile.length > MAX_LOCALHOST_PROFILE) errors.push(tooLong(here, MAX_LOCALHOST_PROFILE));
  return errors;
}

/** Kernel parameters that belong to a namespace which the pod may share with the node. */
const IPC_SYSCTL = /^kernel\.(shm|msg)|^kernel\.sem$|^fs\.mqueue\./;
const NET_SYSCTL = /^net\./;

function sysctlRules(field: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, { name }] of (spec.securityContext?.sysctls ?? []).entries()) {
    const here = child(at(field, index), 'name');
    const dotted = name.replaceAll('/', '.');
    if (!name) errors.push(required(here));
    else if (name.length > MAX_SYSCTL_NAME || !SYSCTL_REGEX.test(name)) {
      errors.push(invalid(here, name, `must have at most ${MAX_SYSCTL_NAME} characters and match regex ${SYSCTL_NAME}`));
    } else if (names.has(name)) errors.push(duplicate(here, name));
    if (spec.hostNetwork && NET_SYSCTL.test(dotted)) errors.push(invalid(here, name, "may not be specified when 'hostNetwork' is true"));
    else if (spec.hostIPC && IPC_SYSCTL.test(dotted)) errors.push(invalid(here, name, "may not be specified when 'hostIPC' is true"));
    names.add(name);
  }
  return errors;
}
