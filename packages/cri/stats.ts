/**
 * Usage figures of containers and filesystems. A member that is absent was not measured.
 */
import type { ContainerMetadata } from './runtime.ts';

/** Usage of a filesystem. */
export interface FilesystemUsage {
  readonly timestampMs: number;
  readonly mountpoint: string;
  readonly usedBytes?: number;
  readonly inodesUsed?: number;
}

/** CPU time spent so far, and the rate where the runtime knows it. */
export interface CpuUsage {
  readonly timestampMs: number;
  readonly usageCoreNanoSeconds?: number;
  readonly usageNanoCores?: number;
}

/** Memory in use, in bytes. */
export interface MemoryUsage {
  readonly timestampMs: number;
  readonly workingSetBytes?: number;
  readonly availableBytes?: number;
  readonly usageBytes?: number;
  readonly rssBytes?: number;
  readonly pageFaults?: number;
  readonly majorPageFaults?: number;
}

/** Usage of one container. */
export interface ContainerStats {
  readonly containerId: string;
  readonly metadata: ContainerMetadata;
  readonly labels: Readonly<Record<string, string>>;
  readonly cpu?: CpuUsage;
  readonly memory?: MemoryUsage;
  readonly writableLayer?: FilesystemUsage;
}
