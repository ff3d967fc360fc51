/**
 * The sandbox of a pod as the runtime is asked for it. Pure.
 *
 * Source: kubernetes `kuberuntime/kuberuntime_sandbox.go`.
 */
import type { ContainerResources, PortMapping, SandboxConfig } from '#cri/config.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { quantityMilliValue, quantityValue } from '#machinery/quantity.ts';
import { type DnsContext, kernelHostname, podDns } from './dns.ts';
import { podLabels, podLogDirectory } from './names.ts';
import { cpuShares, podCgroupLimits } from './resources.ts';
import { sandboxSecurity } from './security.ts';

/** What the node adds. */
export interface SandboxContext {
  readonly dns: DnsContext;
  readonly logDirectory: string;
  /** cgroup of the pod, as the runtime's cgroup driver names it; empty without cgroups of our own. */
  readonly cgroupParent: string;
}

const PROTOCOLS = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;

/** Every declared port, so that a network plugin sees the host ports. */
function portMappings(pod: Pod): PortMapping[] {
  if (pod.spec.hostNetwork) return [];
  const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')];
  return containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort }) => hostPort)
      .map(({ protocol = 'TCP', containerPort, hostPort, hostIP }) => ({ protocol: PROTOCOLS[protocol], containerPort, hostPort: hostPort ?? 0, hostIp: hostIP ?? '' })),
  );
}

/** Sysctl names may use slashes. */
const sysctlName = (name: string): string => name.replaceAll('/', '.');

function resources(pod: Pod): ContainerResources {
  const { cpuShares: shares, cpuQuota, cpuPeriod, memoryBytes } = podCgroupLimits(pod);
  return { cpuShares: shares, cpuPeriod, ...(cpuQuota ? { cpuQuota } : {}), ...(memoryBytes ? { memoryLimitInBytes: memoryBytes } : {}) };
}

function overhead(pod: Pod): ContainerResources | undefined {
  const { cpu, memory } = pod.spec.overhead ?? {};
  if (cpu === undefined && memory === undefined) return undefined;
  return { ...(cpu ? { cpuShares: cpuShares(quantityMilliValue(cpu)) } : {}), ...(memory ? { memoryLimitInBytes: quantityValue(memory) } : {}) };
}

/** The configuration of the pod's `attempt`th sandbox. */
export function sandboxConfig(pod: Pod, attempt: number, context: SandboxContext): SandboxConfig {
  const { name = '', namespace = '', uid = '' } = pod.metadata;
  const sysctls = Object.fromEntries((pod.spec.securityContext?.sysctls ?? []).map((one) => [sysctlName(one.name), one.value]));
  const extra = overhead(pod);
  return {
    metadata: { name, namespace, uid, attempt },
    hostname: pod.spec.hostNetwork ? '' : kernelHostname(pod, context.dns.clusterDomain),
    logDirectory: podLogDirectory(context.logDirectory, pod),
    dnsConfig: podDns(pod, context.dns),
    portMappings: portMappings(pod),
    labels: { ...pod.metadata.labels, ...podLabels(pod) },
    annotations: pod.metadata.annotations ?? {},
    linux: {
      ...(context.cgroupParent ? { cgroupParent: context.cgroupParent } : {}),
      securityContext: sandboxSecurity(pod),
      sysctls,
      resources: resources(pod),
      ...(extra ? { overhead: extra } : {}),
    },
  };
}
