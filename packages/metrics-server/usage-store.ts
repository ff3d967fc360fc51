/**
 * Keeps the last two samples of every node and container: their difference is the usage.
 */
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ContainerSample, NodeSamples, Sample } from './samples.ts';

/** Usage over a window that ended at `atMs`. */
export interface Usage {
  readonly atMs: number;
  readonly windowMs: number;
  /** Billionths of a CPU. */
  readonly cpuNanos: number;
  readonly memoryBytes: number;
}

/** Usage of one container. */
export interface ContainerUsage extends Usage {
  readonly container: string;
}

/** Knows what nodes and pods use now. */
export interface UsageReader {
  /** `undefined`: not known, or not yet. */
  node(node: Node): Usage | undefined;
  pod(pod: Pod): readonly ContainerUsage[] | undefined;
}

interface Pair<T extends Sample> {
  readonly last: T;
  readonly before: T | undefined;
}

interface NodeState {
  readonly node: Pair<Sample>;
  /** By pod, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Pair<ContainerSample>>>;
}

/** The newest samples. Holds two of each container that runs. */
export class UsageStore implements UsageReader {
  readonly #nodes = new Map<string, NodeState>();
  /** Which node has a pod, by the pod's key. */
  readonly #nodeOfPod = new Map<string, string>();

  /** Adds what was measured of a node; containers that are not among it are forgotten. */
  add(name: string, { node, containers }: NodeSamples): void {
    const known = this.#nodes.get(name);
    const pods = new Map<string, Map<string, Pair<ContainerSample>>>();
    for (const sample of containers) {
      const key = `${sample.pod.namespace}/${sample.pod.name}`;
      const pair = follow(known?.pods.get(key)?.get(sample.container), sample);
      const pod = pods.get(key) ?? new Map<string, Pair<ContainerSample>>();
      pods.set(key, pod.set(sample.container, pair));
    }
    this.#forgetPods(known, pods);
    for (const key of pods.keys()) this.#nodeOfPod.set(key, name);
    this.#nodes.set(name, { node: follow(known?.node, node), pods });
  }

  /** Forgets nodes that are not among `names`. */
  retain(names: ReadonlySet<string>): void {
    for (const [name, state] of this.#nodes) {
      if (names.has(name)) continue;
      this.#forgetPods(state, new Map());
      this.#nodes.delete(name);
    }
  }

  /** What a node uses; `undefined` before it was measured twice. */
  node({ metadata }: Node): Usage | undefined {
    const state = this.#nodes.get(metadata.name ?? '');
    return state && usageOf(state.node);
  }

  /** What a pod's containers use; `undefined` before all of those that were measured were measured twice. */
  pod({ metadata }: Pod): readonly ContainerUsage[] | undefined {
    const key = `${metadata.namespace}/${metadata.name}`;
    const containers = this.#nodes.get(this.#nodeOfPod.get(key) ?? '')?.pods.get(key);
    if (!containers) return undefined;
    const usages: ContainerUsage[] = [];
    for (const [container, pair] of containers) {
      const usage = usageOf(pair);
      if (!usage) return undefined;
      usages.push({ ...usage, container });
    }
    return usages;
  }

  #forgetPods(state: NodeState | undefined, kept: ReadonlyMap<string, unknown>): void {
    for (const key of state?.pods.keys() ?? []) if (!kept.has(key)) this.#nodeOfPod.delete(key);
  }
}

/** A counter that went back was restarted: what came before says nothing. A sample of the same time is the same one. */
function follow<T extends Sample>(known: Pair<T> | undefined, sample: T): Pair<T> {
  if (!known || sample.cpuNanos < known.last.cpuNanos) return { last: sample, before: undefined };
  return sample.atMs <= known.last.atMs ? known : { last: sample, before: known.last };
}

function usageOf({ last, before }: Pair<Sample>): Usage | undefined {
  if (!before) return undefined;
  const windowMs = last.atMs - before.atMs;
  return { atMs: last.atMs, windowMs, cpuNanos: Math.round(((last.cpuNanos - before.cpuNanos) / windowMs) * 1000), memoryBytes: last.memoryBytes };
}
