/**
 * The checks that the restricted level adds: current practice of hardening pods.
 *
 * Source: the Pod Security Standards; `k8s.io/pod-security-admission/policy`.
 */
import type { Volume } from '#kinds/core/pod/volumes.ts';
import { confines, procMount, seccompProfile } from './baseline-checks.ts';
import {
  allContainers,
  type AnyContainer,
  type Check,
  containersText,
  containersWith,
  hasUserNamespace,
  isForWindows,
  plural,
  quoted,
  settersText,
  sortedSet,
  type Test,
  unless,
} from './check.ts';

const allowPrivilegeEscalation: Test = (pod) => {
  const bad = containersWith(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return { reason: 'allowPrivilegeEscalation != false', detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false` };
};

const capabilities: Test = (pod) => {
  const keeps = containersWith(pod, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const added = ({ securityContext }: AnyContainer): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((one) => one !== 'NET_BIND_SERVICE');
  const adds = containersWith(pod, (container) => added(container).length > 0);
  const details: string[] = [];
  if (keeps.length > 0) details.push(`${containersText(keeps)} must set securityContext.capabilities.drop=["ALL"]`);
  if (adds.length > 0) {
    const names = sortedSet(allContainers(pod.spec).flatMap(added));
    details.push(`${containersText(adds)} must not include ${quoted(names)} in securityContext.capabilities.add`);
  }
  return details.length > 0 ? { reason: 'unrestricted capabilities', detail: details.join('; ') } : undefined;
};

const VOLUME_SOURCES = new Set<keyof Volume>([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

const volumes: Test = ({ spec }) => {
  const bad = (spec.volumes ?? []).flatMap((volume) => {
    const sources = (Object.keys(volume) as (keyof Volume)[]).filter((key) => key !== 'name' && volume[key] !== undefined);
    return sources.some((source) => VOLUME_SOURCES.has(source)) ? [] : [{ name: volume.name, type: sources[0] ?? 'unknown' }];
  });
  if (bad.length === 0) return undefined;
  const types = sortedSet(bad.map(({ type }) => type));
  const names = quoted(bad.map(({ name }) => name));
  const uses = `${plural('uses', 'use', bad.length)} ${plural('restricted volume type', 'restricted volume types', types.length)}`;
  return { reason: 'restricted volume types', detail: `${plural('volume', 'volumes', bad.length)} ${names} ${uses} ${quoted(types)}` };
};

const runAsNonRoot: Test = (pod) => {
  const ofPod = pod.spec.securityContext?.runAsNonRoot;
  const explicit = containersWith(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  const reason = 'runAsNonRoot != true';
  if (ofPod === false || explicit.length > 0)
    return { reason, detail: `${settersText(ofPod === false, explicit)} must not set securityContext.runAsNonRoot=false` };
  if (ofPod === true) return undefined;
  const silent = containersWith(pod, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  return silent.length > 0 ? { reason, detail: `pod or ${containersText(silent)} must set securityContext.runAsNonRoot=true` } : undefined;
};

const runAsUser: Test = (pod) => {
  const ofPod = pod.spec.securityContext?.runAsUser === 0;
  const bad = containersWith(pod, ({ securityContext }) => securityContext?.runAsUser === 0);
  return ofPod || bad.length > 0 ? { reason: 'runAsUser=0', detail: `${settersText(ofPod, bad)} must not set runAsUser=0` } : undefined;
};

const seccomp: Test = (pod) => {
  const explicit = seccompProfile(pod);
  if (explicit) return explicit;
  const ofPod = pod.spec.securityContext?.seccompProfile;
  if (ofPod && confines(ofPod.type)) return undefined;
  const silent = containersWith(pod, ({ securityContext }) => securityContext?.seccompProfile === undefined);
  if (silent.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${containersText(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};

/** By id, as messages list what they find. */
export const RESTRICTED_CHECKS: readonly Check[] = [
  {
    id: 'allowPrivilegeEscalation',
    versions: [
      { since: 8, test: allowPrivilegeEscalation },
      { since: 25, test: unless(isForWindows, allowPrivilegeEscalation) },
    ],
  },
  {
    id: 'capabilities_restricted',
    overrides: ['capabilities_baseline'],
    versions: [
      { since: 22, test: capabilities },
      { since: 25, test: unless(isForWindows, capabilities) },
    ],
  },
  { id: 'procMount_restricted', overrides: ['procMount'], versions: [{ since: 35, test: procMount }] },
  { id: 'restrictedVolumes', overrides: ['hostPathVolumes'], versions: [{ since: 0, test: volumes }] },
  {
    id: 'runAsNonRoot',
    versions: [
      { since: 0, test: runAsNonRoot },
      { since: 35, test: unless(hasUserNamespace, runAsNonRoot) },
    ],
  },
  {
    id: 'runAsUser',
    versions: [
      { since: 23, test: runAsUser },
      { since: 35, test: unless(hasUserNamespace, runAsUser) },
    ],
  },
  {
    id: 'seccompProfile_restricted',
    overrides: ['seccompProfile_baseline'],
    versions: [
      { since: 19, test: seccomp },
      { since: 25, test: unless(isForWindows, seccomp) },
    ],
  },
];
