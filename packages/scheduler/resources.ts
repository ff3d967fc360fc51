/**
 * What a pod asks of a node, as numbers.
 */
import { quantityMilliValue, quantityValue } from '#machinery/quantity.ts';
import { podRequestAmounts } from '#kinds/core/pod/requests.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';

/** Amounts of resources. */
export interface Amounts {
  cpuMillis: number;
  memoryBytes: number;
  ephemeralBytes: number;
  /** Extended resources and huge pages, by name. */
  readonly scalars: Map<string, number>;
}

/** No resources at all. */
export function zeroAmounts(): Amounts {
  return { cpuMillis: 0, memoryBytes: 0, ephemeralBytes: 0, scalars: new Map() };
}

/** What a container without requests counts as when nodes are scored, so that such pods spread too. Source: scheduler `util/pod_resources`. */
const DEFAULT_REQUESTS = { cpu: '100m', memory: '200Mi' };

/** A resource list as numbers; resources that no pod can ask of a node (pods, storage) are left out. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  const amounts = zeroAmounts();
  for (const [name, text] of Object.entries(list ?? {})) setAmount(amounts, name, name === 'cpu' ? quantityMilliValue(text) : quantityValue(text));
  return amounts;
}

/** Adds `more` times `sign` to `total`, in place. */
export function addAmounts(total: Amounts, more: Amounts, sign: 1 | -1): void {
  total.cpuMillis += sign * more.cpuMillis;
  total.memoryBytes += sign * more.memoryBytes;
  total.ephemeralBytes += sign * more.ephemeralBytes;
  for (const [name, value] of more.scalars) total.scalars.set(name, (total.scalars.get(name) ?? 0) + sign * value);
}

/**
 * The pod's effective request (see `podRequestAmounts` for the rules). With `assumeDefaults`, containers without cpu or memory requests count with 100m and 200Mi.
 */
export function podAmounts(pod: Pod, assumeDefaults: boolean): Amounts {
  const amounts = zeroAmounts();
  for (const [name, value] of Object.entries(podRequestAmounts(pod, assumeDefaults ? DEFAULT_REQUESTS : undefined))) setAmount(amounts, name, value);
  return amounts;
}

function setAmount(amounts: Amounts, name: string, value: number): void {
  if (name === 'cpu') amounts.cpuMillis = value;
  else if (name === 'memory') amounts.memoryBytes = value;
  else if (name === 'ephemeral-storage') amounts.ephemeralBytes = value;
  // How many pods a node takes is counted, not asked for.
  else if (name !== 'pods') amounts.scalars.set(name, value);
}
