/**
 * Rules that tell Windows pods and Linux pods apart.
 *
 * Source: kubernetes `pkg/apis/core/validation` validateWindowsSecurityContextOptions, validateWindows, validateLinux, validateWindowsHostProcessPod.
 */
import { at, child, type FieldError, forbiddenField, invalid, notSupported, required } from '#machinery/field-error.ts';
import { dnsSubdomain, unset } from '../../../rules.ts';
import type { PodSpec } from '../schema.ts';
import type { SecurityContext, WindowsSecurityContextOptions } from '../security.ts';

const MAX_CREDENTIAL_SPEC_KIB = 64;
const MAX_DOMAIN = 256;
const MAX_USER = 104;

const CONTROL_CHARACTERS = /\p{Cc}/u;
const NETBIOS_NAME = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;
const BAD_USER_CHARACTERS = /["/\\:;|=,+*?<>@[\]]/;
const ONLY_DOTS_AND_SPACES = /^[. ]+$/;

/** Credentials and user of Windows containers. */
export function windowsOptions(field: string, options: WindowsSecurityContextOptions | undefined): FieldError[] {
  if (!options) return [];
  const errors: FieldError[] = [];
  const { gmsaCredentialSpecName, gmsaCredentialSpec, runAsUserName } = options;
  if (gmsaCredentialSpecName !== undefined) errors.push(...dnsSubdomain(child(field, 'gmsaCredentialSpecName'), gmsaCredentialSpecName));
  if (gmsaCredentialSpec !== undefined) {
    const here = child(field, 'gmsaCredentialSpec');
    if (!gmsaCredentialSpec) errors.push(invalid(here, gmsaCredentialSpec, 'gmsaCredentialSpec cannot be an empty string'));
    else if (Buffer.byteLength(gmsaCredentialSpec) > MAX_CREDENTIAL_SPEC_KIB * 1024) {
      errors.push(invalid(here, gmsaCredentialSpec, `gmsaCredentialSpec size must be under ${MAX_CREDENTIAL_SPEC_KIB} KiB`));
    }
  }
  if (runAsUserName !== undefined)
    errors.push(...userNameTexts(runAsUserName).map((text) => invalid(child(field, 'runAsUserName'), runAsUserName, text)));
  return errors;
}

function userNameTexts(name: string): string[] {
  if (!name) return ['runAsUserName cannot be an empty string'];
  if (CONTROL_CHARACTERS.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const user = parts.at(-1)!;
  const texts: string[] = [];
  if (domain !== undefined && domain.length >= MAX_DOMAIN) texts.push(`runAsUserName's Domain length must be under ${MAX_DOMAIN} characters`);
  if (domain !== undefined && !NETBIOS_NAME.test(domain) && !DNS_NAME.test(domain))
    texts.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (!user) texts.push("runAsUserName's User cannot be empty");
  else if (user.length > MAX_USER) texts.push(`runAsUserName's User length must not be longer than ${MAX_USER} characters`);
  if (ONLY_DOTS_AND_SPACES.test(user)) texts.push("runAsUserName's User cannot contain only periods or spaces");
  if (BAD_USER_CHARACTERS.test(user)) texts.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  return texts;
}

interface Visited {
  readonly field: string;
  readonly context: SecurityContext | undefined;
  readonly devices: boolean;
}

/** Every container of the spec with its path. */
function containersOf(field: string, spec: PodSpec): Visited[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index) => ({
      field: at(child(field, list), index),
      context: container.securityContext,
      devices: (container.volumeDevices?.length ?? 0) > 0,
    })),
  );
}

/** The declared operating system, and what it excludes. */
export function operatingSystem(field: string, spec: PodSpec): FieldError[] {
  const name = spec.os?.name;
  if (spec.os === undefined) return [];
  if (!name) return [required(child(field, 'os', 'name'))];
  if (name !== 'linux' && name !== 'windows') return [notSupported(child(field, 'os'), name, ['linux', 'windows'])];
  return name === 'linux' ? linuxRules(field, spec) : windowsRules(field, spec);
}

function linuxRules(field: string, spec: PodSpec): FieldError[] {
  const text = 'windows options cannot be set for a linux pod';
  return [
    ...unset(child(field, 'securityContext', 'windowsOptions'), spec.securityContext?.windowsOptions, text),
    ...containersOf(field, spec).flatMap(({ field: here, context }) =>
      unset(child(here, 'securityContext', 'windowsOptions'), context?.windowsOptions, text),
    ),
  ];
}

const NOT_ON_WINDOWS = 'cannot be set for a windows pod';

const POD_CONTEXT_MEMBERS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const;

const CONTAINER_CONTEXT_MEMBERS = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const;

function windowsRules(field: string, spec: PodSpec): FieldError[] {
  const { securityContext } = spec;
  return [
    ...POD_CONTEXT_MEMBERS.flatMap((name) => unset(child(field, 'securityContext', name), securityContext?.[name], NOT_ON_WINDOWS)),
    ...unset(child(field, 'hostUsers'), spec.hostUsers, NOT_ON_WINDOWS),
    ...unset(child(field, 'hostPID'), spec.hostPID || undefined, NOT_ON_WINDOWS),
    ...unset(child(field, 'hostIPC'), spec.hostIPC || undefined, NOT_ON_WINDOWS),
    ...unset(child(field, 'shareProcessNamespace'), spec.shareProcessNamespace, NOT_ON_WINDOWS),
    ...containersOf(field, spec).flatMap(({ field: here, context }) =>
      CONTAINER_CONTEXT_MEMBERS.flatMap((name) => unset(child(here, 'securityContext', name), context?.[name], NOT_ON_WINDOWS)),
    ),
  ];
}

/** Windows containers that run as processes of the node: all or none, on the node's network. */
export function hostProcessRules(field: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const podValue = spec.securityContext?.windowsOptions?.hostProcess;
  const containers = containersOf(field, spec);
  let hostProcesses = 0;
  for (const { field: here, context } of containers) {
    const own = context?.windowsOptions?.hostProcess;
    if (podValue !== undefined && own !== undefined && podValue !== own) {
      errors.push(
        invalid(
          child(here, 'securityContext', 'windowsOptions', 'hostProcess'),
          own,
          `pod hostProcess value must be identical if both are specified, was ${podValue}`,
        ),
      );
    }
    if (own ?? podValue) hostProcesses += 1;
  }
  if (hostProcesses === 0) return errors;
  if (hostProcesses !== containers.length)
    errors.push(invalid(field, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'));
  if (!spec.hostNetwork)
    errors.push(invalid(child(field, 'hostNetwork'), false, 'hostNetwork must be true if pod contains any hostProcess containers'));
  return errors;
}

/** A pod with its own user namespace cannot share other namespaces of the node, nor get devices. */
export function hostUsersRules(field: string, spec: PodSpec, gate: (name: string) => boolean): FieldError[] {
  if (spec.hostUsers !== false) return [];
  const text = 'when `hostUsers` is false';
  const errors: FieldError[] = [];
  if (spec.hostNetwork && !gate('UserNamespacesHostNetworkSupport')) errors.push(forbiddenField(child(field, 'hostNetwork'), text));
  if (spec.hostPID) errors.push(forbiddenField(child(field, 'HostPID'), text));
  if (spec.hostIPC) errors.push(forbiddenField(child(field, 'HostIPC'), text));
  for (const { field: here, devices } of containersOf(field, spec)) if (devices) errors.push(forbiddenField(child(here, 'volumeDevices'), text));
  return errors;
}
