import type { Infer } from '#machinery/schema.ts';
import { anyOf, bool, int64, list, message, oneOf, optional, pointer, required, string } from '#machinery/schema.ts';

export const capabilities = message('core/v1.Capabilities', {
  add: optional(1, list(string)),
  drop: optional(2, list(string)),
});
export interface Capabilities extends Infer<typeof capabilities> {}

export const seLinuxOptions = message('core/v1.SELinuxOptions', {
  user: optional(1, string),
  role: optional(2, string),
  type: optional(3, string),
  level: optional(4, string),
});
export interface SELinuxOptions extends Infer<typeof seLinuxOptions> {}

export const windowsSecurityContextOptions = message('core/v1.WindowsSecurityContextOptions', {
  gmsaCredentialSpecName: pointer(1, string),
  gmsaCredentialSpec: pointer(2, string),
  runAsUserName: pointer(3, string),
  hostProcess: pointer(4, bool),
});
export interface WindowsSecurityContextOptions extends Infer<typeof windowsSecurityContextOptions> {}

export const procMountType = oneOf('Default', 'Unmasked');

export const seccompProfileType = oneOf('Unconfined', 'RuntimeDefault', 'Localhost');

export const seccompProfile = message('core/v1.SeccompProfile', {
  type: required(1, seccompProfileType),
  localhostProfile: pointer(2, string),
});
export interface SeccompProfile extends Infer<typeof seccompProfile> {}

export const appArmorProfileType = oneOf('Unconfined', 'RuntimeDefault', 'Localhost');

export const appArmorProfile = message('core/v1.AppArmorProfile', {
  type: required(1, appArmorProfileType),
  localhostProfile: pointer(2, string),
});
export interface AppArmorProfile extends Infer<typeof appArmorProfile> {}

export const securityContext = message('core/v1.SecurityContext', {
  capabilities: pointer(1, capabilities),
  privileged: pointer(2, bool),
  seLinuxOptions: pointer(3, seLinuxOptions),
  windowsOptions: pointer(10, windowsSecurityContextOptions),
  runAsUser: pointer(4, int64),
  runAsGroup: pointer(8, int64),
  runAsNonRoot: pointer(5, bool),
  readOnlyRootFilesystem: pointer(6, bool),
  allowPrivilegeEscalation: pointer(7, bool),
  procMount: pointer(9, procMountType),
  seccompProfile: pointer(11, seccompProfile),
  appArmorProfile: pointer(12, appArmorProfile),
});
export interface SecurityContext extends Infer<typeof securityContext> {}

export const supplementalGroupsPolicy = oneOf('Merge', 'Strict');

export const sysctl = message('core/v1.Sysctl', {
  name: required(1, string),
  value: required(2, string),
});
export interface Sysctl extends Infer<typeof sysctl> {}

export const podFSGroupChangePolicy = oneOf('OnRootMismatch', 'Always');

export const podSELinuxChangePolicy = anyOf('Recursive', 'MountOption');

export const podSecurityContext = message('core/v1.PodSecurityContext', {
  seLinuxOptions: pointer(1, seLinuxOptions),
  windowsOptions: pointer(8, windowsSecurityContextOptions),
  runAsUser: pointer(2, int64),
  runAsGroup: pointer(6, int64),
  runAsNonRoot: pointer(3, bool),
  supplementalGroups: optional(4, list(int64)),
  supplementalGroupsPolicy: pointer(12, supplementalGroupsPolicy, { gates: ['SupplementalGroupsPolicy'] }),
  fsGroup: pointer(5, int64),
  sysctls: optional(7, list(sysctl)),
  fsGroupChangePolicy: pointer(9, podFSGroupChangePolicy),
  seccompProfile: pointer(10, seccompProfile),
  appArmorProfile: pointer(11, appArmorProfile),
  seLinuxChangePolicy: pointer(13, podSELinuxChangePolicy, { gates: ['SELinuxChangePolicy'] }),
});
export interface PodSecurityContext extends Infer<typeof podSecurityContext> {}
