/**
 * Defaults of pods and of the pod templates inside workloads.
 *
 * Source: kubernetes `pkg/apis/core/v1/defaults.go` SetDefaults_Pod, SetDefaults_PodSpec.
 */
import type { KindContext } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import type { Container } from './container.ts';
import { defaultContainer } from './container-defaults.ts';
import { containerTotals, isPodLevelResource } from './requests.ts';
import { defaultRequirements, fillAmounts, roundAmounts } from './resource-list.ts';
import type { Pod, PodSpec, PodTemplateSpec } from './schema.ts';
import { defaultVolume } from './volume-defaults.ts';

const DEFAULT_GRACE_SECONDS = 30;

/** Fills a pod. */
export function defaultPod(pod: Draft<Pod>, context: Pick<KindContext, 'gate'>): void {
  const spec = (pod.spec ??= {});
  defaultPodSpec(spec);
  for (const container of spec.containers ?? []) requestsFromLimits(container);
  for (const container of spec.initContainers ?? []) requestsFromLimits(container);
  if (context.gate('PodLevelResources')) defaultPodResources(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    hostPorts(spec.containers);
    hostPorts(spec.initContainers);
  }
}

/** Fills the template of a workload; what depends on being a real pod waits for the pod. */
export function defaultPodTemplate(template: Draft<PodTemplateSpec> | undefined): void {
  if (template) defaultPodSpec((template.spec ??= {}));
}

/** Fills a pod spec wherever it stands. */
export function defaultPodSpec(spec: Draft<PodSpec>): void {
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= DEFAULT_GRACE_SECONDS;
  spec.schedulerName ||= 'default-scheduler';
  mirrorServiceAccount(spec);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  roundAmounts(spec.overhead);
  if (spec.resources) defaultRequirements(spec.resources);
}

/** `serviceAccount` is the old name of `serviceAccountName`: both always show the same, and the new name wins. */
export function mirrorServiceAccount(spec: Draft<PodSpec>): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  if (spec.serviceAccountName !== name) spec.serviceAccountName = name;
  if (spec.serviceAccount !== name) spec.serviceAccount = name;
}

function requestsFromLimits(container: Draft<Container>): void {
  const limits = container.resources?.limits;
  if (!container.resources || !limits) return;
  if (Object.keys(limits).some((name) => container.resources?.requests?.[name] === undefined)) {
    container.resources.requests ??= {};
    fillAmounts(container.resources.requests, limits);
  }
}

function hostPorts(containers: Draft<Container>[] | undefined): void {
  for (const container of containers ?? []) {
    for (const port of container.ports ?? []) if (!port.hostPort && port.containerPort) port.hostPort = port.containerPort;
  }
}

/** Completes pod-level resources that are set in part, from the sums of the containers and then from the pod's own limits. */
function defaultPodResources(spec: Draft<PodSpec>): void {
  const resources = spec.resources;
  if (!resources || (!hasAmounts(resources.limits) && !hasAmounts(resources.requests))) return;
  for (const [name, amount] of Object.entries(containerTotals({ spec }, 'limits'))) {
    if (!name.startsWith('hugepages-') || resources.limits?.[name] !== undefined || resources.requests?.[name] !== undefined) continue;
    (resources.limits ??= {})[name] = amount;
  }
  if (!hasAmounts(resources.limits)) return;
  const requests: Record<string, string | undefined> = { ...resources.requests };
  for (const [name, amount] of Object.entries(containerTotals({ spec }, 'requests'))) {
    if (isPodLevelResource(name) && !name.startsWith('hugepages-')) requests[name] ??= amount;
  }
  for (const [name, amount] of Object.entries(resources.limits ?? {})) if (isPodLevelResource(name)) requests[name] ??= amount;
  if (Object.keys(requests).length > Object.keys(resources.requests ?? {}).length) resources.requests = requests as Record<string, string>;
}

function hasAmounts(amounts: Readonly<Record<string, string | undefined>> | undefined): boolean {
  return amounts !== undefined && Object.keys(amounts).length > 0;
}
