/**
 * What a pod asks of a node, as numbers.
 */
import { quantityMilliValue, quantityValue } from '#machinery/quantity.ts';
import type { Container } from '#kinds/core/pod/container.ts';
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
export const DEFAULT_CPU_MILLIS = 100;
export const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024;

/** A resource list as numbers; resources that no pod can ask of a node (pods, storage) are left out. */
export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  const amounts = zeroAmounts();
  for (const [name, text] of Object.entries(list ?? {})) {
    if (name === 'cpu') amounts.cpuMillis = quantityMilliValue(text);
    else if (name === 'memory') amounts.memoryBytes = quantityValue(text);
    else if (name === 'ephemeral-storage') amounts.ephemeralBytes = quantityValue(text);
    else if (name !== 'pods') amounts.scalars.set(name, quantityValue(text));
  }
  return amounts;
}

/** Adds `more` times `sign` to `total`, in place. */
export function addAmounts(total: Amounts, more: Amounts, sign: 1 | -1): void {
  total.cpuMillis += sign * more.cpuMillis;
  total.memoryBytes += sign * more.memoryBytes;
  total.ephemeralBytes += sign * more.ephemeralBytes;
  for (const [name, value] of more.scalars) total.scalars.set(name, (total.scalars.get(name) ?? 0) + sign * value);
}

function raiseTo(total: Amounts, least: Amounts): void {
  total.cpuMillis = Math.max(total.cpuMillis, least.cpuMillis);
  total.memoryBytes = Math.max(total.memoryBytes, least.memoryBytes);
  total.ephemeralBytes = Math.max(total.ephemeralBytes, least.ephemeralBytes);
  for (const [name, value] of least.scalars) total.scalars.set(name, Math.max(total.scalars.get(name) ?? 0, value));
}

/**
 * The pod's effective request: the larger of what runs together and what any init step needs, plus overhead. Restartable init containers keep running, so they
 * count on top of what follows them. With `assumeDefaults`, containers without cpu or memory requests count with the defaults above.
 *
 * Source: the documented rules for init containers, sidecars, pod-level resources and overhead.
 */
export function podAmounts(pod: Pod, assumeDefaults: boolean): Amounts {
  const { spec } = pod;
  const total = zeroAmounts();
  for (const container of spec.containers) addAmounts(total, containerAmounts(container, assumeDefaults), 1);
  const sidecars = zeroAmounts();
  const steps: Amounts[] = [];
  for (const container of spec.initContainers ?? []) {
    const own = containerAmounts(container, assumeDefaults);
    if (container.restartPolicy === 'Always') {
      addAmounts(total, own, 1);
      addAmounts(sidecars, own, 1);
      steps.push({ ...sidecars, scalars: new Map(sidecars.scalars) });
    } else {
      addAmounts(own, sidecars, 1);
      steps.push(own);
    }
  }
  for (const step of steps) raiseTo(total, step);
  applyPodLevel(total, spec.resources?.requests);
  if (spec.overhead) addAmounts(total, amountsOf(spec.overhead), 1);
  return total;
}

/** Requests of the pod as a whole stand above those of its containers. */
function applyPodLevel(total: Amounts, requests: Readonly<Record<string, string>> | undefined): void {
  if (!requests) return;
  const own = amountsOf(requests);
  if (requests['cpu'] !== undefined) total.cpuMillis = own.cpuMillis;
  if (requests['memory'] !== undefined) total.memoryBytes = own.memoryBytes;
  for (const [name, value] of own.scalars) total.scalars.set(name, value);
}

function containerAmounts(container: Container, assumeDefaults: boolean): Amounts {
  const { requests } = container.resources;
  const amounts = amountsOf(requests);
  if (assumeDefaults) {
    if (requests?.['cpu'] === undefined) amounts.cpuMillis = DEFAULT_CPU_MILLIS;
    if (requests?.['memory'] === undefined) amounts.memoryBytes = DEFAULT_MEMORY_BYTES;
  }
  return amounts;
}
