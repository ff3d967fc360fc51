/**
 * The devices that a node can reach, from the slices that drivers publish.
 *
 * Source: the documented rules of ResourceSlice: only the newest generation of a pool counts, and only when all its slices are there.
 */
import { matchesNodeSelector } from '#kinds/core/node/matching.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { NodeSelector } from '#kinds/core/references.ts';
import type { Device, ResourceSlice } from '#kinds/resource/resource-slice/schema.ts';

/** A device with its place. */
export interface ReachableDevice {
  /** `driver/pool/device`. */
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: Device;
  /** Which nodes reach it: this one only, those of a selector, or all. */
  readonly reach: 'node' | 'all' | NodeSelector;
}

/** The name by which devices are told apart. */
export function deviceId({ driver, pool, device }: { readonly driver: string; readonly pool: string; readonly device: string }): string {
  return `${driver}/${pool}/${device}`;
}

/** The slices of complete pools. */
export function completeSlices(slices: readonly ResourceSlice[]): ResourceSlice[] {
  const pools = Map.groupBy(slices, ({ spec }) => `${spec.driver}/${spec.pool.name}`);
  return [...pools.values()].flatMap((pool) => {
    const newest = Math.max(...pool.map(({ spec }) => spec.pool.generation));
    const current = pool.filter(({ spec }) => spec.pool.generation === newest);
    return current.length === current[0]!.spec.pool.resourceSliceCount ? current : [];
  });
}

/** The devices of these slices that the node can reach, in the order of the slices. */
export function devicesFor(node: Node, slices: readonly ResourceSlice[]): ReachableDevice[] {
  const found: ReachableDevice[] = [];
  for (const { spec } of slices) {
    const shared = spec.perDeviceNodeSelection ? undefined : reachOf(spec, node);
    if (!spec.perDeviceNodeSelection && !shared) continue;
    for (const device of spec.devices ?? []) {
      const reach = shared ?? reachOf(device, node);
      // Counters that devices share are not accounted for: such devices cannot be promised.
      if (!reach || device.consumesCounters?.length) continue;
      const { driver, pool } = spec;
      found.push({ id: deviceId({ driver, pool: pool.name, device: device.name }), driver, pool: pool.name, device, reach });
    }
  }
  return found;
}

function reachOf(where: { readonly nodeName?: string; readonly nodeSelector?: NodeSelector; readonly allNodes?: boolean }, node: Node): ReachableDevice['reach'] | undefined {
  if (where.allNodes) return 'all';
  if (where.nodeName) return where.nodeName === node.metadata.name ? 'node' : undefined;
  return where.nodeSelector && matchesNodeSelector(where.nodeSelector, node) ? where.nodeSelector : undefined;
}
