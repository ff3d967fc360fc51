/**
 * DynamicResources: pods that claim devices go where the devices are; their claims are allocated and reserved before the pod is bound.
 *
 * Source: the documented behaviour of dynamic resource allocation with structured parameters (resource.k8s.io/v1).
 */
import { objectKey } from '#client/object-key.ts';
import { matchesNodeSelector } from '#kinds/core/node/matching.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { deviceClasses } from '#kinds/resource/device-class/kind.ts';
import { resourceClaims } from '#kinds/resource/resource-claim/kind.ts';
import type { AllocationResult, ResourceClaim } from '#kinds/resource/resource-claim/schema.ts';
import { resourceSlices } from '#kinds/resource/resource-slice/kind.ts';
import type { ResourceSlice } from '#kinds/resource/resource-slice/schema.ts';
import { allocate } from '../dra/allocator.ts';
import { completeSlices, deviceId, devicesFor } from '../dra/devices.ts';
import { claimsOfPod } from '../dra/pod-claims.ts';
import { deviceSelectors } from '../dra/selectors.ts';
import type { Plugin, Rejection } from '../framework.ts';
import type { PluginHandle } from './registry.ts';

const DELETE_PROTECTION = 'resource.kubernetes.io/delete-protection';
/** A claim has at most so many consumers. Source: ResourceClaimReservedForMaxSize. */
const MAX_RESERVED_FOR = 256;

const ELSEWHERE: Rejection = { reasons: ['resourceclaim not available on the node'], resolvable: false };
const CANNOT_ALLOCATE: Rejection = { reasons: ['cannot allocate all claims'], resolvable: false };

interface State {
  readonly claims: readonly ResourceClaim[];
  readonly unallocated: readonly ResourceClaim[];
  readonly slices: readonly ResourceSlice[];
  readonly taken: ReadonlySet<string>;
  /** What each node could give, in the order of `unallocated`. */
  readonly byNode: Map<string, readonly AllocationResult[]>;
}

const refuse = (reason: string): { readonly type: 'reject'; readonly rejection: Rejection } => ({ type: 'reject', rejection: { reasons: [reason], resolvable: false } });

/** Makes the plugin. */
export function dynamicResources(handle: PluginHandle): Plugin<State> {
  const { informers } = handle;
  const claims = informers.of(resourceClaims);
  const slices = informers.of(resourceSlices);
  const classes = informers.of(deviceClasses);
  const promises = new Promises(handle);
  claims.listen({ updated: (claim) => promises.settled(claim), deleted: (claim) => promises.forget(claim.metadata.uid!) });
  const selects = deviceSelectors();
  return {
    name: 'DynamicResources',
    events: [{ on: ['ResourceClaimAdd', 'ResourceClaimUpdate', 'ResourceClaimDelete', 'ResourceSliceAdd', 'ResourceSliceUpdate', 'DeviceClassAdd', 'DeviceClassUpdate', 'NodeAdd', 'NodeLabels', 'PodUpdate'] }],
    preEnqueue(pod) {
      if (!pod.spec.resourceClaims?.length) return undefined;
      const found = claimsOfPod(pod, (key) => claims.lister.get(key));
      return typeof found === 'string' ? { reasons: [found], resolvable: false } : undefined;
    },
    preFilter({ pod }) {
      if (!pod.spec.resourceClaims?.length) return { type: 'skip' };
      const found = claimsOfPod(pod, (key) => promises.latest(claims.lister.get(key)));
      if (typeof found === 'string') return refuse(found);
      const unallocated = found.filter(({ status }) => !status.allocation);
      for (const claim of found) if (claim.status.allocation && !mayReserve(claim, pod)) return refuse('resourceclaim in use');
      for (const name of classNames(unallocated)) if (!classes.lister.get(name)) return refuse(`device class ${name} does not exist`);
      const taken = unallocated.length > 0 ? takenDevices(claims.lister.list(), promises) : new Set<string>();
      return { type: 'state', state: { claims: found, unallocated, slices: unallocated.length > 0 ? completeSlices(slices.lister.list()) : [], taken, byNode: new Map() } };
    },
    filter(_pod, { name, node }, state) {
      for (const { status } of state.claims) if (status.allocation?.nodeSelector && !matchesNodeSelector(status.allocation.nodeSelector, node)) return ELSEWHERE;
      if (state.unallocated.length === 0) return undefined;
      const allocation = allocate(state.unallocated, { node: name, devices: devicesFor(node, state.slices), taken: state.taken, classes: (one) => classes.lister.get(one), selects });
      if (!allocation) return CANNOT_ALLOCATE;
      state.byNode.set(name, allocation);
      return undefined;
    },
    reserve(_pod, { name }, state) {
      const allocation = state?.byNode.get(name) ?? [];
      for (const [index, result] of allocation.entries()) promises.make(state!.unallocated[index]!, result);
      return undefined;
    },
    unreserve(_pod, _node, state) {
      for (const claim of state?.unallocated ?? []) promises.forget(claim.metadata.uid!);
    },
    async preBind({ pod }, { name }, state, signal) {
      const allocation = state?.byNode.get(name) ?? [];
      for (const claim of state?.claims ?? []) await promises.keep(claim, allocation[state!.unallocated.indexOf(claim)], pod, signal);
      return undefined;
    },
  };
}

function mayReserve({ status: { reservedFor = [] } }: ResourceClaim, pod: Pod): boolean {
  return reservedFor.length < MAX_RESERVED_FOR || reservedFor.some(({ uid }) => uid === pod.metadata.uid);
}

function* classNames(claims: readonly ResourceClaim[]): IterableIterator<string> {
  for (const { spec } of claims) {
    for (const { exactly, firstAvailable = [] } of spec.devices.requests ?? []) {
      if (exactly) yield exactly.deviceClassName;
      for (const { deviceClassName } of firstAvailable) yield deviceClassName;
    }
  }
}

function takenDevices(claims: readonly ResourceClaim[], promises: Promises): Set<string> {
  const taken = new Set<string>();
  const add = (allocation: AllocationResult | undefined): void => {
    for (const result of allocation?.devices.results ?? []) if (!result.adminAccess) taken.add(deviceId(result));
  };
  for (const { status } of claims) add(status.allocation);
  for (const allocation of promises.all()) add(allocation);
  return taken;
}

/** Allocations that this scheduler has decided on and that the API may not show yet. Bounded by the bindings under way. */
class Promises {
  readonly #handle: PluginHandle;
  readonly #byClaim = new Map<string, AllocationResult>();

  constructor(handle: PluginHandle) {
    this.#handle = handle;
  }

  all(): Iterable<AllocationResult> {
    return this.#byClaim.values();
  }

  make({ metadata }: ResourceClaim, allocation: AllocationResult): void {
    this.#byClaim.set(metadata.uid!, allocation);
  }

  forget(uid: string): void {
    this.#byClaim.delete(uid);
  }

  /** The API shows the claim: from now on its word counts. */
  settled({ metadata, status }: ResourceClaim): void {
    if (status.allocation) this.#byClaim.delete(metadata.uid!);
  }

  /** The claim with its promised allocation. */
  latest(claim: ResourceClaim | undefined): ResourceClaim | undefined {
    const allocation = claim && this.#byClaim.get(claim.metadata.uid!);
    return claim && allocation ? { ...claim, status: { ...claim.status, allocation } } : claim;
  }

  /** Writes the allocation (if it is new) and the reservation for the pod. @throws StatusError when the claim has changed meanwhile. */
  async keep(known: ResourceClaim, allocation: AllocationResult | undefined, pod: Pod, signal: AbortSignal): Promise<void> {
    const api = this.#handle.client.of(resourceClaims).namespace(known.metadata.namespace!);
    let claim = await api.get(known.metadata.name!, signal);
    if (claim.metadata.uid !== known.metadata.uid) throw new Error(`resourceclaim ${objectKey(known)} was replaced`);
    const { finalizers = [] } = claim.metadata;
    if (allocation && !finalizers.includes(DELETE_PROTECTION)) {
      claim = await api.update({ ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, DELETE_PROTECTION] } }, {}, signal);
    }
    const { name, uid } = pod.metadata;
    const { reservedFor = [] } = claim.status;
    if (reservedFor.some((one) => one.uid === uid) && !allocation) return;
    const consumer = { resource: 'pods', name: name!, uid: uid! };
    const others = reservedFor.filter((one) => one.uid !== uid);
    await api.updateStatus({ ...claim, status: { ...claim.status, ...(allocation ? { allocation } : {}), reservedFor: [...others, consumer] } }, {}, signal);
  }
}
