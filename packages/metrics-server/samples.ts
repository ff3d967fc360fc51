/**
 * What usage is derived from.
 */

/** A counter of CPU time and memory in use at one time. */
export interface Sample {
  readonly atMs: number;
  /** Since the container or node started, in nanoseconds of one CPU. */
  readonly cpuNanos: number;
  /** In bytes. */
  readonly memoryBytes: number;
}

/** One container of one pod. */
export interface ContainerSample extends Sample {
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly container: string;
}

/** One node with everything on it. */
export interface NodeSamples {
  readonly node: Sample;
  readonly containers: readonly ContainerSample[];
}

/** Measures one node. @throws when the node cannot be asked */
export type UsageSource = (node: string, signal: AbortSignal) => Promise<NodeSamples>;
