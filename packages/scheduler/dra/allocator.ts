/**
 * Chooses devices for the claims of a pod on one node: every request gets its devices, constraints hold, no device is given twice.
 *
 * A search with backtracking: requests in order, for each the first devices that fit; when a later request gets none, earlier ones take others.
 *
 * Source: the documented semantics of device requests (structured parameters).
 */
import { objectKey } from '#client/object-key.ts';
import type { NodeSelector } from '#kinds/core/references.ts';
import type { AllocationResult, DeviceRequestAllocationResult, ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';
import type { DeviceClass } from '#kinds/resource/device-class/schema.ts';
import type { DeviceConstraint, DeviceRequest, DeviceSelector, DeviceSubRequest, DeviceToleration, ExactDeviceRequest } from '#kinds/resource/shared.ts';
import type { Device } from '#kinds/resource/resource-slice/schema.ts';
import type { ReachableDevice } from './devices.ts';

/** Decides whether a selector's expression means a device. @throws Error when the expression fails. */
export type SelectsDevice = (expression: string, device: Pick<ReachableDevice, 'driver' | 'device'>) => boolean;

/** What is allocated from. */
export interface Supply {
  readonly node: string;
  readonly devices: readonly ReachableDevice[];
  /** Ids of devices that other claims have. */
  readonly taken: ReadonlySet<string>;
  readonly classes: (name: string) => DeviceClass | undefined;
  readonly selects: SelectsDevice;
}

/** A claim never gets more devices. Source: AllocationResultsMaxSize. */
const MAX_DEVICES = 32;
/** Devices looked at in one search; beyond, the node counts as unable. Bounds the time that one node can take. */
const MAX_STEPS = 20_000;

type Request = (ExactDeviceRequest | DeviceSubRequest) & { readonly adminAccess?: boolean };

interface Chosen {
  readonly request: string;
  readonly wanted: Request;
  readonly from: ReachableDevice;
}

/** The allocation of each claim, in order; undefined: the node cannot serve them all. */
export function allocate(claims: readonly ResourceClaim[], supply: Supply): AllocationResult[] | undefined {
  const search = new Search(supply);
  const perClaim = search.claims(claims, 0);
  return perClaim?.map((chosen, index) => resultOf(claims[index]!, chosen, supply));
}

class Search {
  readonly #supply: Supply;
  readonly #inUse = new Set<string>();
  readonly #selected = new Map<string, boolean>();
  #steps = 0;

  constructor(supply: Supply) {
    this.#supply = supply;
  }

  /** Allocates the claims from `index` on. */
  claims(claims: readonly ResourceClaim[], index: number): Chosen[][] | undefined {
    const claim = claims[index];
    if (!claim) return [];
    const { requests, constraints = [] } = claim.spec.devices;
    return this.#requests({ claim: `claim ${objectKey(claim)}`, requests, constraints, chosen: [] }, 0, (chosen) => {
      const rest = this.claims(claims, index + 1);
      return rest && [chosen, ...rest];
    });
  }

  #requests<T>(state: ClaimState, index: number, then: (chosen: Chosen[]) => T | undefined): T | undefined {
    const request = state.requests[index];
    if (!request) return then(state.chosen);
    for (const { name, wanted } of alternatives(request)) {
      const found = this.#alternative(state, { name, parent: request.name, wanted }, (chosen) => this.#requests({ ...state, chosen }, index + 1, then));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #alternative<T>(state: ClaimState, one: Alternative, then: (chosen: Chosen[]) => T | undefined): T | undefined {
    const usable = this.#supply.devices.filter((device) => this.#matches(device, one.wanted, state.claim));
    if (one.wanted.allocationMode === 'All') {
      // All means all: one that is taken fails the request.
      if (usable.length === 0 || usable.some((device) => !one.wanted.adminAccess && this.#isTaken(device))) return undefined;
      return this.#pick(state, one, { usable, count: usable.length, from: 0 }, then);
    }
    return this.#pick(state, one, { usable, count: one.wanted.count ?? 1, from: 0 }, then);
  }

  /** Picks `count` further devices, from the index `from` on: their order says nothing. */
  #pick<T>(state: ClaimState, one: Alternative, { usable, count, from }: Picking, then: (chosen: Chosen[]) => T | undefined): T | undefined {
    if (count === 0) return then(state.chosen);
    if (state.chosen.length >= MAX_DEVICES) return undefined;
    for (let i = from; i <= usable.length - count; i++) {
      const device = usable[i]!;
      const exclusive = !one.wanted.adminAccess;
      if (++this.#steps > MAX_STEPS) return undefined;
      if (exclusive && this.#isTaken(device)) continue;
      const chosen = [...state.chosen, { request: one.name, wanted: one.wanted, from: device }];
      if (!keepsConstraints(state.constraints, chosen)) continue;
      if (exclusive) this.#inUse.add(device.id);
      const found = this.#pick({ ...state, chosen }, one, { usable, count: count - 1, from: i + 1 }, then);
      if (found !== undefined) return found;
      if (exclusive) this.#inUse.delete(device.id);
    }
    return undefined;
  }

  #isTaken({ id }: ReachableDevice): boolean {
    return this.#inUse.has(id) || this.#supply.taken.has(id);
  }

  #matches(device: ReachableDevice, { deviceClassName, selectors = [], tolerations = [] }: Request, claim: string): boolean {
    const ofClass = this.#supply.classes(deviceClassName)?.spec.selectors ?? [];
    const meant = this.#selects(ofClass, device, `class ${deviceClassName}`) && this.#selects(selectors, device, claim);
    return meant && toleratesTaints(device.device, tolerations);
  }

  #selects(selectors: readonly DeviceSelector[], device: ReachableDevice, of: string): boolean {
    return selectors.every(({ cel }, index) => {
      if (!cel) return false;
      const key = `${device.id} ${cel.expression}`;
      let known = this.#selected.get(key);
      if (known === undefined) this.#selected.set(key, (known = this.#evaluate(cel.expression, device, `${of}: selector #${index}`)));
      return known;
    });
  }

  #evaluate(expression: string, device: ReachableDevice, of: string): boolean {
    try {
      return this.#supply.selects(expression, device);
    } catch (error) {
      throw new Error(`${of}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}

interface ClaimState {
  /** `claim NAMESPACE/NAME`. */
  readonly claim: string;
  readonly requests: readonly DeviceRequest[];
  readonly constraints: readonly DeviceConstraint[];
  readonly chosen: Chosen[];
}

interface Alternative {
  /** `request`, or `request/subrequest`. */
  readonly name: string;
  readonly parent: string;
  readonly wanted: Request;
}

interface Picking {
  readonly usable: readonly ReachableDevice[];
  readonly count: number;
  readonly from: number;
}

/** What a request may be served with, best first. */
function alternatives({ name, exactly, firstAvailable = [] }: DeviceRequest): { readonly name: string; readonly wanted: Request }[] {
  if (exactly) return [{ name, wanted: exactly }];
  return firstAvailable.map((sub) => ({ name: `${name}/${sub.name}`, wanted: sub }));
}

function keepsConstraints(constraints: readonly DeviceConstraint[], chosen: readonly Chosen[]): boolean {
  return constraints.every(({ requests = [], matchAttribute, distinctAttribute }) => {
    const attribute = matchAttribute ?? distinctAttribute;
    if (attribute === undefined) return false;
    const concerned = chosen.filter(({ request }) => requests.length === 0 || requests.includes(request) || requests.includes(request.split('/')[0]!));
    const values = concerned.map(({ from }) => attributeText(from, attribute));
    if (values.includes(undefined)) return false;
    const distinct = new Set(values).size;
    return matchAttribute === undefined ? distinct === values.length : distinct <= 1;
  });
}

/** An attribute's value as text; a name without domain belongs to the driver's. */
function attributeText({ driver, device }: ReachableDevice, name: string): string | undefined {
  const attributes = device.attributes ?? {};
  const value = attributes[name] ?? (name.startsWith(`${driver}/`) ? attributes[name.slice(driver.length + 1)] : undefined);
  return value && JSON.stringify(value);
}

function toleratesTaints({ taints = [] }: Device, tolerations: readonly DeviceToleration[]): boolean {
  return taints.every(
    (taint) =>
      taint.effect === 'None' ||
      tolerations.some(
        ({ key, operator = 'Equal', value = '', effect }) =>
          (!key || key === taint.key) && (!effect || effect === taint.effect) && (operator === 'Exists' || value === (taint.value ?? '')),
      ),
  );
}

function resultOf({ spec: { devices } }: ResourceClaim, chosen: readonly Chosen[], { node, classes }: Supply): AllocationResult {
  const results = chosen.map(({ request, wanted, from }): DeviceRequestAllocationResult => ({
    request,
    driver: from.driver,
    pool: from.pool,
    device: from.device.name,
    ...(wanted.adminAccess ? { adminAccess: true } : {}),
    ...(wanted.tolerations ? { tolerations: wanted.tolerations } : {}),
  }));
  const named = new Map(chosen.map(({ request, wanted }) => [request, wanted]));
  const fromClasses = [...named].flatMap(([request, { deviceClassName }]) =>
    (classes(deviceClassName)?.spec.config ?? []).map((config) => ({ source: 'FromClass' as const, requests: [request], ...config })),
  );
  const fromClaim = (devices.config ?? [])
    .filter(({ requests = [] }) => requests.length === 0 || requests.some((one) => named.has(one) || [...named.keys()].some((name) => name.startsWith(`${one}/`))))
    .map((config) => ({ source: 'FromClaim' as const, ...config }));
  const config = [...fromClasses, ...fromClaim];
  const nodeSelector = selectorFor(node, chosen);
  return { devices: { results, ...(config.length > 0 ? { config } : {}) }, ...(nodeSelector ? { nodeSelector } : {}) };
}

/** Where the allocation can be used: on this node when a device is tied to it, else where all devices can be reached; undefined: everywhere. */
function selectorFor(node: string, chosen: readonly Chosen[]): NodeSelector | undefined {
  if (chosen.some(({ from }) => from.reach === 'node')) return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }] };
  const selectors = chosen.flatMap(({ from }) => (typeof from.reach === 'object' ? [from.reach] : []));
  if (selectors.length === 0) return undefined;
  const [first] = selectors[0]!.nodeSelectorTerms;
  const matchExpressions = selectors.flatMap(({ nodeSelectorTerms }) => nodeSelectorTerms[0]?.matchExpressions ?? []);
  const unique = [...new Map(matchExpressions.map((one) => [JSON.stringify(one), one])).values()];
  return { nodeSelectorTerms: [{ ...(unique.length > 0 ? { matchExpressions: unique } : {}), ...(first?.matchFields ? { matchFields: first.matchFields } : {}) }] };
}
