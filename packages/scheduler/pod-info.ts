/**
 * A pod with what the plugins ask of it again and again, worked out once.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import { type AffinityTerms, affinityTermsOf } from './affinity-terms.ts';
import { type Amounts, podAmounts } from './resources.ts';

/** A port of the node that a pod wants for itself. */
export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** A pod as the scheduler holds it. */
export interface PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  /** `namespace/name`. */
  readonly key: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  /** Exact requests, for filtering. */
  readonly requests: Amounts;
  /** Requests with defaults where there are none, for scoring. */
  readonly assumed: Amounts;
  readonly hostPorts: readonly HostPort[];
  /** How many of its volumes are claims. */
  readonly claimVolumes: number;
  /** Its terms about other pods; undefined: none. */
  readonly affinity: AffinityTerms | undefined;
  /** Equal for pods that every node-local plugin treats alike. */
  readonly signature: string;
}

/** Works out a pod's facts; the rarer ones when they are first asked for. What `before`, the facts of an earlier state, rests on and did not change is taken from there. */
export function podInfo(pod: Pod, before?: PodInfo): PodInfo {
  return new PodFacts(pod, before);
}

const AMOUNT_PARTS = ['containers', 'initContainers', 'overhead', 'resources'] as const;

/** Whether both states ask for the same. In one process, unchanged parts of an object are the same values. */
function sameParts({ spec: a }: Pod, { spec: b }: Pod): boolean {
  return a === b || AMOUNT_PARTS.every((name) => a[name] === b[name]);
}

/** Whether nodes say what containers hold, which then counts too. */
function isResized({ status: { containerStatuses = [], initContainerStatuses = [] } }: Pod): boolean {
  return [...containerStatuses, ...initContainerStatuses].some(({ allocatedResources, resources }) => allocatedResources ?? resources);
}

const NO_LABELS: Readonly<Record<string, string>> = {};
const NO_PORTS: readonly HostPort[] = [];

class PodFacts implements PodInfo {
  readonly pod: Pod;
  readonly uid: string;
  readonly key: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly requests: Amounts;
  readonly assumed: Amounts;
  readonly hostPorts: readonly HostPort[];
  readonly claimVolumes: number;
  readonly affinity: AffinityTerms | undefined;
  #signature: string | undefined;

  constructor(pod: Pod, before: PodInfo | undefined) {
    const { namespace = '', name, uid = '', labels = NO_LABELS } = pod.metadata;
    this.pod = pod;
    this.uid = uid;
    this.key = `${namespace}/${name}`;
    this.namespace = namespace;
    this.labels = labels;
    this.priority = pod.spec.priority ?? 0;
    const known = before && sameParts(pod, before.pod) && !isResized(pod) && !isResized(before.pod) ? before : undefined;
    this.requests = known?.requests ?? podAmounts(pod, false);
    this.assumed = known?.assumed ?? podAmounts(pod, true);
    this.hostPorts = known?.hostPorts ?? hostPortsOf(pod);
    this.claimVolumes = claimVolumesOf(pod);
    const sameTerms = before && before.pod.spec.affinity === pod.spec.affinity && before.labels === labels && before.namespace === namespace;
    this.affinity = sameTerms ? before.affinity : affinityTermsOf(pod);
  }

  get signature(): string {
    return (this.#signature ??= signatureOf(this));
  }
}

function signatureOf({ pod: { spec }, requests, assumed, hostPorts }: PodInfo): string {
  const amounts = [requests, assumed].map(({ cpuMillis, memoryBytes, ephemeralBytes, scalars }) => [cpuMillis, memoryBytes, ephemeralBytes, ...scalars]);
  return JSON.stringify([spec.nodeName, spec.nodeSelector, spec.affinity?.nodeAffinity, spec.tolerations, hostPorts, amounts]);
}

/** Whether the pod has finished for good and holds nothing of its node any more. */
export function isTerminal(pod: Pod): boolean {
  return pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed';
}

function claimVolumesOf({ spec }: Pod): number {
  let count = 0;
  for (const volume of spec.volumes ?? []) if (volume.persistentVolumeClaim ?? volume.ephemeral) count++;
  return count;
}

function hostPortsOf(pod: Pod): readonly HostPort[] {
  let ports: HostPort[] | undefined;
  const add = (containers: Pod['spec']['initContainers'], sidecarsOnly: boolean): void => {
    for (const container of containers ?? []) {
      if (sidecarsOnly && container.restartPolicy !== 'Always') continue;
      for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
        if (hostPort) (ports ??= []).push({ ip: hostIP || '0.0.0.0', protocol: protocol ?? 'TCP', port: hostPort });
      }
    }
  };
  add(pod.spec.containers, false);
  add(pod.spec.initContainers, true);
  return ports ?? NO_PORTS;
}
