/**
 * What simulated pods use: what their annotations say, else half of what they request; nodes use what their pods use.
 */
import type { Clock } from '#base/clock.ts';
import type { InformerFactory } from '#client/informer.ts';
import { nodeOf } from '#controllers/node-lifecycle/pods.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { parseQuantity, quantityValue } from '#machinery/quantity.ts';
import type { ContainerUsage, UsageReader } from '#metrics-server/usage-store.ts';
import { annotation, CPU_USAGE, MEMORY_USAGE } from '#runtimes/simulated/annotations.ts';

/** Usage of this much is what nodes themselves need. */
const NODE_CPU_NANOS = 100_000_000;
const NODE_MEMORY_BYTES = 512 * 1024 * 1024;
/** Without requests. */
const DEFAULT_CPU = '2m';
const DEFAULT_MEMORY = '16Mi';
const WINDOW_MS = 15_000;
const BY_NODE = 'simulated usage';

/** Reads usage of simulated nodes and pods when it is asked for. */
export function simulatedUsage(informers: InformerFactory, clock: Clock): UsageReader {
  const informer = informers.of(pods);
  informer.addIndex(BY_NODE, nodeOf);
  const podUsage = (pod: Pod): readonly ContainerUsage[] => (pod.status.phase === 'Running' ? usageOf(pod, clock.now()) : []);
  return {
    node({ metadata }) {
      const all = informer.lister.byIndex(BY_NODE, metadata.name ?? '').flatMap(podUsage);
      return {
        atMs: clock.now(),
        windowMs: WINDOW_MS,
        cpuNanos: all.reduce((sum, { cpuNanos }) => sum + cpuNanos, NODE_CPU_NANOS),
        memoryBytes: all.reduce((sum, { memoryBytes }) => sum + memoryBytes, NODE_MEMORY_BYTES),
      };
    },
    pod(pod) {
      const usages = podUsage(pod);
      return usages.length > 0 ? usages : undefined;
    },
  };
}

/** What is annotated is shared by the containers alike. */
function usageOf(pod: Pod, nowMs: number): ContainerUsage[] {
  const { containers } = pod.spec;
  const cpu = annotation(pod, CPU_USAGE);
  const memory = annotation(pod, MEMORY_USAGE);
  return containers.map((container) => ({
    container: container.name,
    atMs: nowMs,
    windowMs: WINDOW_MS,
    cpuNanos: Math.round(cpu === undefined ? nanosOf(half(container, 'cpu', DEFAULT_CPU)) : nanosOf({ text: cpu, parts: containers.length })),
    memoryBytes: Math.round(memory === undefined ? bytesOf(half(container, 'memory', DEFAULT_MEMORY)) : bytesOf({ text: memory, parts: containers.length })),
  }));
}

/** A quantity divided by a number. */
interface Share {
  readonly text: string;
  readonly parts: number;
}

function half(container: Container, resource: string, otherwise: string): Share {
  const request = container.resources?.requests?.[resource];
  return request === undefined ? { text: otherwise, parts: 1 } : { text: request, parts: 2 };
}

const nanosOf = ({ text, parts }: Share): number => Number(parseQuantity(text).nanos) / parts;
const bytesOf = ({ text, parts }: Share): number => quantityValue(text) / parts;
