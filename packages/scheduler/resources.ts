/**
 * What a pod asks of a node, as numbers.
 */
import { quantityMilliValue, quantityValue } from '#machinery/quantity.ts';
import { podRequestAmounts } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';

/** Amounts of resources. */
export interface Amounts {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly ephemeralBytes: number;
  /** Extended resources and huge pages, by name. */
  readonly scalars: ReadonlyMap<string, number>;
}

/** Sums that pods are added to and taken from. */
export interface AmountSums extends Amounts {
  cpuMillis: number;
  memoryBytes: number;
  ephemeralBytes: number;
  readonly scalars: Map<string, number>;
}

/** No resources at all. */
export function zeroAmounts(): AmountSums {
  return { cpuMillis: 0, memoryBytes: 0, ephemeralBytes: 0, scalars: new Map() };
}

/** What a container without requests counts as when nodes are scored, so that such pods spread too. Source: scheduler `util/pod_resources`. */
const DEFAULT_REQUESTS = { cpu: '100m', memory: '200Mi' };
/** Shared by the many pods that ask for cpu and memory only. */
const NO_SCALARS: ReadonlyMap<string, number> = new Map();

/** A resource list as numbers; resources that no pod can ask of a node (pods, storage) are left out. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  const amounts: Record<string, number> = {};
  for (const [name, text] of Object.entries(list ?? {})) amounts[name] = name === 'cpu' ? quantityMilliValue(text) : quantityValue(text);
  return sorted(amounts);
}

/** Adds `more` times `sign` to `total`, in place. */
export function addAmounts(total: AmountSums, more: Amounts, sign: 1 | -1): void {
  total.cpuMillis += sign * more.cpuMillis;
  total.memoryBytes += sign * more.memoryBytes;
  total.ephemeralBytes += sign * more.ephemeralBytes;
  if (more.scalars.size === 0) return;
  for (const [name, value] of more.scalars) total.scalars.set(name, (total.scalars.get(name) ?? 0) + sign * value);
}

/** Whether both are the same amounts. */
export function sameAmounts(a: Amounts, b: Amounts): boolean {
  if (a.cpuMillis !== b.cpuMillis || a.memoryBytes !== b.memoryBytes || a.ephemeralBytes !== b.ephemeralBytes || a.scalars.size !== b.scalars.size) return false;
  for (const [name, value] of a.scalars) if (b.scalars.get(name) !== value) return false;
  return true;
}

/** The amount of a resource by name. */
export function amountOf(amounts: Amounts, name: string): number {
  if (name === 'cpu') return amounts.cpuMillis;
  if (name === 'memory') return amounts.memoryBytes;
  if (name === 'ephemeral-storage') return amounts.ephemeralBytes;
  return amounts.scalars.get(name) ?? 0;
}

/**
 * The pod's effective request (see `podRequestAmounts` for the rules). With `assumeDefaults`, containers without cpu or memory requests count with 100m and 200Mi.
 */
export function podAmounts(pod: Pod, assumeDefaults: boolean): Amounts {
  return sorted(podRequestAmounts(pod, assumeDefaults ? DEFAULT_REQUESTS : undefined));
}

function sorted(amounts: Readonly<Record<string, number>>): Amounts {
  let scalars: Map<string, number> | undefined;
  for (const name in amounts) {
    // How many pods a node takes is counted, not asked for.
    if (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || name === 'pods') continue;
    scalars ??= new Map();
    scalars.set(name, amounts[name]!);
  }
  return { cpuMillis: amounts['cpu'] ?? 0, memoryBytes: amounts['memory'] ?? 0, ephemeralBytes: amounts['ephemeral-storage'] ?? 0, scalars: scalars ?? NO_SCALARS };
}
