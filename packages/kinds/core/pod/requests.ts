/**
 * What a pod asks of a node: the effective sum over its containers, init containers, sidecars and overhead.
 *
 * Init containers run one after the other before the others, so only the largest counts; sidecars (restartable init containers) stay and
 * count for everything that starts after them.
 *
 * ```
 * request = max( containers + sidecars,  max over init i ( i + sidecars before i ) )   (then pod-level requests, then overhead)
 * ```
 *
 * Source: k8s.io/component-helpers `resource/helpers.go` PodRequests, PodLimits.
 */
import { addQuantities, compareQuantities, quantityMilliValue, quantityValue } from '#machinery/quantity.ts';
import type { Draft } from '#machinery/schema.ts';
import type { Container } from './container.ts';
import type { Pod, PodSpec } from './schema.ts';
import type { ContainerStatus } from './status.ts';

/** Amounts by resource name as canonical quantity text. */
export type ResourceList = Readonly<Record<string, string>>;

/** Amounts by resource name as numbers: `cpu` in thousandths of a core, everything else in its own unit (bytes, counts). */
export type ResourceAmounts = Readonly<Record<string, number>>;

/** How to read, add and compare amounts, so that one algorithm serves exact text and fast numbers. */
interface Arithmetic<T> {
  read(name: string, text: string): T;
  add(a: T, b: T): T;
  larger(a: T, b: T): T;
}

const TEXT: Arithmetic<string> = {
  read: (_name, text) => text,
  add: addQuantities,
  larger: (a, b) => (compareQuantities(a, b) < 0 ? b : a),
};

const NUMBERS: Arithmetic<number> = {
  read: (name, text) => (name === 'cpu' ? quantityMilliValue(text) : quantityValue(text)),
  add: (a, b) => a + b,
  larger: (a, b) => (a < b ? b : a),
};

type Sums<T> = Record<string, T>;

/** Which list of a container's resources is summed. */
type Side = 'requests' | 'limits';

/** What the sums look at: a pod, or a pod under construction. */
export interface Summed {
  readonly spec?: PodSpec | Draft<PodSpec>;
  readonly status?: Pod['status'];
}

/** Effective requests as quantity text, including pod-level requests and overhead. */
export function podRequests(pod: Summed): ResourceList {
  return podTotal(pod, 'requests', TEXT);
}

/** Effective limits as quantity text, including pod-level limits and, where a limit is set, overhead. */
export function podLimits(pod: Summed): ResourceList {
  return podTotal(pod, 'limits', TEXT);
}

/**
 * Effective requests as numbers, for the scheduler and admission: `cpu` in thousandths, the others in units.
 * With `missing`, a container counts with these amounts where it asks for nothing.
 */
export function podRequestAmounts(pod: Summed, missing?: ResourceList): ResourceAmounts {
  return podTotal(pod, 'requests', NUMBERS, missing);
}

/** The sum over containers, sidecars and init containers only: what pod-level resources default to. */
export function containerTotals(pod: Summed, side: Side): ResourceList {
  return containersTotal(pod, side, TEXT);
}

/** Resources that may be set for a pod as a whole. */
export function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

/** Whether an init container is a sidecar: it starts in order but keeps running. */
export function isSidecar(container: { readonly restartPolicy?: string }): boolean {
  return container.restartPolicy === 'Always';
}

function podTotal<T>(pod: Summed, side: Side, arithmetic: Arithmetic<T>, missing?: ResourceList): Sums<T> {
  const total = containersTotal(pod, side, arithmetic, missing);
  for (const [name, text] of Object.entries(pod.spec?.resources?.[side] ?? {})) {
    if (text !== undefined && isPodLevelResource(name)) total[name] = arithmetic.read(name, text);
  }
  for (const [name, text] of Object.entries(pod.spec?.overhead ?? {})) {
    if (text === undefined) continue;
    const amount = arithmetic.read(name, text);
    const sum = total[name];
    if (sum !== undefined) total[name] = arithmetic.add(sum, amount);
    else if (side === 'requests') total[name] = amount;
  }
  return total;
}

function containersTotal<T>(pod: Summed, side: Side, arithmetic: Arithmetic<T>, missing?: ResourceList): Sums<T> {
  const total: Sums<T> = {};
  const allocated = side === 'requests' ? allocations(pod) : undefined;
  const amountsOf = (container: Container | Draft<Container>): Readonly<Record<string, string | undefined>> => {
    const own = resourcesOf(container, side, allocated);
    return missing ? { ...missing, ...own } : own;
  };
  for (const container of pod.spec?.containers ?? []) addInto(total, amountsOf(container), arithmetic);
  const sidecars: Sums<T> = {};
  const initPeak: Sums<T> = {};
  for (const container of pod.spec?.initContainers ?? []) {
    const own = amountsOf(container);
    let needed: Sums<T>;
    if (isSidecar(container)) {
      addInto(total, own, arithmetic);
      addInto(sidecars, own, arithmetic);
      needed = sidecars;
    } else {
      needed = { ...sidecars };
      addInto(needed, own, arithmetic);
    }
    raiseTo(initPeak, needed, arithmetic);
  }
  raiseTo(total, initPeak, arithmetic);
  return total;
}

type Allocations = ReadonlyMap<string, ContainerStatus>;

/** Statuses of containers whose resources were changed in place: until the node has acted, the larger of wanted and held counts. */
function allocations(pod: Summed): Allocations | undefined {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].filter(
    (status) => status.allocatedResources ?? status.resources,
  );
  return statuses.length ? new Map(statuses.map((status) => [status.name, status])) : undefined;
}

function resourcesOf(
  container: Container | Draft<Container>,
  side: Side,
  allocated: Allocations | undefined,
): Readonly<Record<string, string | undefined>> {
  const wanted = container.resources?.[side] ?? {};
  const status = container.name === undefined ? undefined : allocated?.get(container.name);
  if (!status) return wanted;
  const held: Sums<string> = {};
  raiseTo(held, wanted as ResourceList, TEXT);
  raiseTo(held, status.allocatedResources ?? {}, TEXT);
  raiseTo(held, status.resources?.requests ?? {}, TEXT);
  return held;
}

function addInto<T>(total: Sums<T>, amounts: Readonly<Record<string, string | undefined>>, arithmetic: Arithmetic<T>): void {
  for (const name in amounts) {
    const text = amounts[name];
    if (text === undefined) continue;
    const amount = arithmetic.read(name, text);
    const sum = total[name];
    total[name] = sum === undefined ? amount : arithmetic.add(sum, amount);
  }
}

function raiseTo<T>(total: Sums<T>, other: Readonly<Record<string, T>>, arithmetic: Arithmetic<T>): void {
  for (const name in other) {
    const sum = total[name];
    total[name] = sum === undefined ? other[name]! : arithmetic.larger(sum, other[name]!);
  }
}
