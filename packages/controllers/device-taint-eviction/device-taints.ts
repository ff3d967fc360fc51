/**
 * When pods must give up tainted devices.
 *
 * Source: kube-controller-manager `pkg/controller/devicetainteviction`; KEP-5055.
 */
import type { DeviceTaintRule } from '#kinds/resource/device-taint-rule/schema.ts';
import type { DeviceTaint, DeviceToleration } from '#kinds/resource/shared.ts';
import type { ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';
import type { ResourceSlice } from '#kinds/resource/resource-slice/schema.ts';
import { timeToMs } from '#machinery/time.ts';

/** Finds a device: driver, pool and name. */
export interface DeviceId {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
}

/** The taints of a device. */
export type TaintsOf = (device: DeviceId) => readonly DeviceTaint[];

function newestGenerations(slices: readonly ResourceSlice[]): ReadonlyMap<string, number> {
  const newest = new Map<string, number>();
  for (const { spec } of slices) {
    const key = `${spec.driver}/${spec.pool.name}`;
    newest.set(key, Math.max(newest.get(key) ?? 0, spec.pool.generation));
  }
  return newest;
}

/** The taints that drive pods away, of the devices in `slices` and of those that `rules` select. Only the newest generation of a pool counts. */
export function evictingTaintsOf(slices: readonly ResourceSlice[], rules: readonly DeviceTaintRule[]): TaintsOf {
  const newest = newestGenerations(slices);
  const taints = new Map<string, readonly DeviceTaint[]>();
  for (const { spec } of slices) {
    const pool = `${spec.driver}/${spec.pool.name}`;
    if (spec.pool.generation < (newest.get(pool) ?? 0)) continue;
    for (const device of spec.devices ?? []) {
      const evicting = device.taints?.filter(({ effect }) => effect === 'NoExecute') ?? [];
      if (evicting.length > 0) taints.set(`${pool}/${device.name}`, evicting);
    }
  }
  const evictingRules = rules.filter(isEvictingRule);
  return (id) => [...(taints.get(`${id.driver}/${id.pool}/${id.device}`) ?? []), ...evictingRules.filter((rule) => selects(rule, id)).map(({ spec }) => spec.taint)];
}

/** Whether the rule drives pods away. */
export function isEvictingRule({ metadata, spec }: DeviceTaintRule): boolean {
  return !metadata.deletionTimestamp && spec.taint.effect === 'NoExecute';
}

/** A rule without a selector selects nothing. */
export function selects({ spec: { deviceSelector } }: DeviceTaintRule, { driver, pool, device }: DeviceId): boolean {
  if (!deviceSelector) return false;
  const { driver: d = driver, pool: p = pool, device: n = device } = deviceSelector;
  return d === driver && p === pool && n === device;
}

/** The devices of the newest generation of every pool. */
export function publishedDevices(slices: readonly ResourceSlice[]): readonly DeviceId[] {
  const newest = newestGenerations(slices);
  return slices
    .filter(({ spec }) => spec.pool.generation === newest.get(`${spec.driver}/${spec.pool.name}`))
    .flatMap(({ spec }) => (spec.devices ?? []).map(({ name }) => ({ driver: spec.driver, pool: spec.pool.name, device: name })));
}

/** Whether any device of the slice drives pods away. */
export function hasEvictingTaint({ spec }: ResourceSlice): boolean {
  return (spec.devices ?? []).some(({ taints }) => taints?.some(({ effect }) => effect === 'NoExecute'));
}

function tolerates(toleration: DeviceToleration, taint: DeviceTaint): boolean {
  const { key = '', operator = 'Equal', value = '', effect } = toleration;
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === 'Exists' || value === (taint.value ?? '');
}

/** When the users of the claim must go, in milliseconds since the epoch; `undefined`: never. */
export function claimEvictionMs({ status: { allocation } }: ResourceClaim, taintsOf: TaintsOf): number | undefined {
  let earliestMs: number | undefined;
  for (const { driver, pool, device, tolerations = [] } of allocation?.devices.results ?? []) {
    for (const taint of taintsOf({ driver, pool, device })) {
      const addedMs = taint.timeAdded ? timeToMs(taint.timeAdded) : 0;
      const covering = tolerations.filter((one) => tolerates(one, taint));
      if (covering.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) continue;
      const seconds = Math.min(...covering.map(({ tolerationSeconds = 0 }) => tolerationSeconds));
      const dueMs = covering.length === 0 ? addedMs : addedMs + Math.max(seconds, 0) * 1000;
      earliestMs = Math.min(earliestMs ?? dueMs, dueMs);
    }
  }
  return earliestMs;
}
