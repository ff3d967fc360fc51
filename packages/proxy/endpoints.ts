/**
 * Which endpoints of a service take traffic on this node. Pure.
 *
 * Source: kube-proxy's endpoint categories (KEP-1669 terminating endpoints, KEP-2433 topology hints, KEP-3015 traffic distribution).
 */
import type { Endpoint, EndpointSlice } from '#kinds/discovery/endpoint-slice/schema.ts';

/** An address and port that may serve a service port. */
export interface Backend {
  readonly address: string;
  readonly port: number;
}

/** What a backend's conditions say, nothing assumed. */
export interface Candidate extends Backend {
  readonly local: boolean;
  readonly ready: boolean;
  /** Still answers while it terminates. */
  readonly draining: boolean;
  readonly forZones: readonly string[] | undefined;
  readonly forNodes: readonly string[] | undefined;
}

/** Where this proxy runs. */
export interface Place {
  readonly nodeName: string;
  /** `topology.kubernetes.io/zone` of the node, when it has one. */
  readonly zone: string | undefined;
}

/** Backends by policy: `cluster` may be chosen for any traffic, `local` for traffic that must stay on the node. */
export interface Backends {
  readonly cluster: readonly Backend[];
  readonly local: readonly Backend[];
  /** Whether any endpoint anywhere could take traffic: tells "none here" from "none at all". */
  readonly any: boolean;
}

/** Names a service port the way slices do. */
export interface PortKey {
  readonly name: string;
  readonly protocol: string;
}

/** All candidates for one port, each address and port once, sorted so that equal input gives equal rules. */
export function candidatesOf(slices: readonly EndpointSlice[], port: PortKey, family: 'IPv4' | 'IPv6', place: Place): Candidate[] {
  const found = new Map<string, Candidate>();
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    for (const slicePort of slice.ports ?? []) {
      if ((slicePort.name ?? '') !== port.name || (slicePort.protocol ?? 'TCP') !== port.protocol || !slicePort.port) continue;
      for (const endpoint of slice.endpoints ?? []) {
        const candidate = candidateOf(endpoint, slicePort.port, place);
        if (!candidate) continue;
        const key = `${candidate.address} ${candidate.port}`;
        const known = found.get(key);
        // The same endpoint in two slices (it is being moved): whichever says it may be used is believed.
        if (!known || rank(candidate) > rank(known)) found.set(key, candidate);
      }
    }
  }
  return [...found.values()].toSorted((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port));
}

const rank = (candidate: Candidate): number => (candidate.ready ? 2 : candidate.draining ? 1 : 0);

function candidateOf(endpoint: Endpoint, port: number, place: Place): Candidate | undefined {
  const address = endpoint.addresses[0];
  if (!address) return undefined;
  const { ready = true, terminating = false } = endpoint.conditions;
  const serving = endpoint.conditions.serving ?? ready;
  return {
    address,
    port,
    local: endpoint.nodeName === place.nodeName,
    // Terminating endpoints are ready only if their service publishes those that are not.
    ready,
    draining: serving && terminating,
    forZones: endpoint.hints?.forZones?.map((zone) => zone.name),
    forNodes: endpoint.hints?.forNodes?.map((node) => node.name),
  };
}

/** Sorts candidates into those that take traffic; terminating ones only where no other is left. */
export function chooseBackends(candidates: readonly Candidate[], place: Place): Backends {
  const ready = candidates.filter((candidate) => candidate.ready);
  const draining = candidates.filter((candidate) => candidate.draining);
  const localReady = ready.filter((candidate) => candidate.local);
  return {
    cluster: ready.length > 0 ? nearest(ready, place) : draining,
    local: localReady.length > 0 ? localReady : draining.filter((candidate) => candidate.local),
    any: ready.length > 0 || draining.length > 0,
  };
}

/** Hints count only when every ready endpoint carries one and some of them name this place. */
function nearest(ready: readonly Candidate[], place: Place): readonly Candidate[] {
  if (ready.every((candidate) => candidate.forNodes?.length)) {
    const here = ready.filter((candidate) => candidate.forNodes!.includes(place.nodeName));
    if (here.length > 0) return here;
  }
  if (place.zone !== undefined && ready.every((candidate) => candidate.forZones?.length)) {
    const here = ready.filter((candidate) => candidate.forZones!.includes(place.zone!));
    if (here.length > 0) return here;
  }
  return ready;
}
