/**
 * Reads the summary that kubelets give of usage.
 *
 * Source: kubernetes `k8s.io/kubelet/pkg/apis/stats/v1alpha1`.
 */
import { timeToMs } from '#machinery/time.ts';
import type { ContainerSample, NodeSamples, Sample } from './samples.ts';

interface Usage {
  readonly cpu?: { readonly time?: string; readonly usageCoreNanoSeconds?: number };
  readonly memory?: { readonly workingSetBytes?: number };
}

interface Summary {
  readonly node?: Usage;
  readonly pods?: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string; readonly uid: string };
    readonly containers?: readonly (Usage & { readonly name: string })[];
  }[];
}

/** The samples in a summary; what was not measured is left out. @throws Error when nothing is known of the node */
export function samplesOfSummary(summary: unknown, nowMs: number): NodeSamples {
  const { node, pods = [] } = summary as Summary;
  const own = node && sampleOf(node, nowMs);
  if (!own) throw new Error('the summary says nothing of the node');
  const containers: ContainerSample[] = [];
  for (const { podRef, containers: all = [] } of pods) {
    for (const one of all) {
      const sample = sampleOf(one, nowMs);
      if (sample) containers.push({ ...sample, pod: podRef, container: one.name });
    }
  }
  return { node: own, containers };
}

function sampleOf({ cpu, memory }: Usage, nowMs: number): Sample | undefined {
  if (cpu?.usageCoreNanoSeconds === undefined || !memory?.workingSetBytes) return undefined;
  return { atMs: cpu.time ? timeToMs(cpu.time) : nowMs, cpuNanos: cpu.usageCoreNanoSeconds, memoryBytes: memory.workingSetBytes };
}
