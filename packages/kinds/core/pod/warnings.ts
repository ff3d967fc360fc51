/**
 * What a client is told about a pod that is accepted but probably not meant so.
 *
 * Source: kubernetes `pkg/api/pod/warnings.go`, `pkg/registry/core/pod/strategy.go`.
 */
import { at, child } from '#machinery/field-error.ts';
import { validateDns1123Label } from '#machinery/names.ts';
import type { Container, EnvVar } from './container.ts';
import type { Pod, PodSpec, PodTemplateSpec } from './schema.ts';

const DEPRECATED_NODE_LABELS: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};

const DEPRECATED_VOLUMES = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const;

/** Warnings for a new pod. */
export function podCreateWarnings(pod: Pod): string[] {
  const texts = validateDns1123Label(pod.metadata.name ?? '');
  const name = texts.length
    ? [`metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${texts.join(' ')}]`]
    : [];
  return [...name, ...podSpecWarnings('spec', pod.spec)];
}

/** Warnings for the template of a workload. */
export function podTemplateWarnings(field: string, template: PodTemplateSpec): string[] {
  return podSpecWarnings(child(field, 'spec'), template.spec);
}

function podSpecWarnings(field: string, spec: PodSpec): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const text = DEPRECATED_NODE_LABELS[key];
    if (text) warnings.push(`${at(child(field, 'nodeSelector'), key)}: ${text}`);
  }
  const grace = spec.terminationGracePeriodSeconds;
  if (grace !== undefined && grace < 0)
    warnings.push(`${child(field, 'terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`);
  warnings.push(...aliasWarnings(field, spec), ...volumeWarnings(field, spec));
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) warnings.push(...containerWarnings(at(child(field, list), index), container));
  }
  warnings.push(...portWarnings(field, spec));
  return warnings;
}

function aliasWarnings(field: string, { hostAliases = [] }: PodSpec): string[] {
  const seen = new Set<string>();
  return hostAliases.flatMap(({ ip }, index) => {
    const repeated = seen.has(ip);
    seen.add(ip);
    return repeated ? [`${child(at(child(field, 'hostAliases'), index), 'ip')}: duplicate ip ${JSON.stringify(ip)}`] : [];
  });
}

function volumeWarnings(field: string, { volumes = [] }: PodSpec): string[] {
  return volumes.flatMap((volume, index) =>
    Object.entries(DEPRECATED_VOLUMES).flatMap(([name, text]) =>
      volume[name as keyof typeof DEPRECATED_VOLUMES] ? [`${child(at(child(field, 'volumes'), index), name)}: ${text}`] : [],
    ),
  );
}

function containerWarnings(field: string, container: Container): string[] {
  const warnings: string[] = [];
  for (const side of ['limits', 'requests'] as const) {
    const amount = container.resources?.[side]?.['memory'];
    const storage = container.resources?.[side]?.['ephemeral-storage'];
    if (amount?.endsWith('m'))
      warnings.push(
        `${at(child(field, 'resources', side), 'memory')}: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`,
      );
    if (storage?.endsWith('m'))
      warnings.push(
        `${at(child(field, 'resources', side), 'ephemeral-storage')}: fractional byte value ${JSON.stringify(storage)} is invalid, must be an integer`,
      );
  }
  warnings.push(...envWarnings(child(field, 'env'), container.env ?? []));
  return warnings;
}

function envWarnings(field: string, variables: readonly EnvVar[]): string[] {
  const seen = new Map<string, EnvVar>();
  return variables.flatMap((variable, index) => {
    const before = seen.get(variable.name);
    seen.set(variable.name, variable);
    if (!before || variable.value?.includes(`$(${variable.name})`)) return [];
    return [`${at(field, index)}: hides previous definition of ${JSON.stringify(variable.name)}, which may be dropped when using apply`];
  });
}

function portWarnings(field: string, spec: PodSpec): string[] {
  const seen = new Map<string, string>();
  return (spec.containers ?? []).flatMap(({ ports = [] }, index) =>
    ports.flatMap(({ containerPort, protocol, hostPort, hostIP }, portIndex) => {
      const here = at(child(at(child(field, 'containers'), index), 'ports'), portIndex);
      const key = `${protocol}/${containerPort}/${hostPort ?? 0}/${hostIP ?? ''}`;
      const before = seen.get(key);
      seen.set(key, before ?? here);
      if (!before) return [];
      return [`${here}: duplicate port definition with ${before}`];
    }),
  );
}
