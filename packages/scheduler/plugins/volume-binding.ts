/**
 * VolumeBinding: pods go where their volumes are or can be, and are bound only when they have them.
 *
 *     preFilter  the pod's claims, sorted      filter  what each node could give      reserve  promises, kept in memory
 *     preBind    promises written (volume -> claim, claim -> node), then the wait for binder and provisioner
 *
 * Source: the documented behaviour of the plugin; kubernetes `scheduler/framework/plugins/volumebinding`.
 */
import { objectKey } from '#client/object-key.ts';
import { BOUND_BY_CONTROLLER, SELECTED_NODE } from '#kinds/core/persistent-volume/annotations.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { isBoundTo } from '#kinds/core/persistent-volume/matching.ts';
import type { PersistentVolume } from '#kinds/core/persistent-volume/schema.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import type { PersistentVolumeClaim } from '#kinds/core/persistent-volume-claim/schema.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { EventHint } from '../events.ts';
import type { Plugin, PreFilterResult, Rejection } from '../framework.ts';
import type { PluginHandle } from './registry.ts';
import { type CycleVolumes, cycleVolumes, fitsAnywhere, type NodeVolumes, volumesOnNode } from './volume-fit.ts';
import { claimsOfPod, concernsPod, isBound, type PodClaims, type VolumeView, volumeView } from './volume-view.ts';
import { ClaimWaiters } from './volume-wait.ts';

/** What one cycle found. */
interface BindingState {
  readonly claims: PodClaims;
  readonly byNode: Map<string, NodeVolumes>;
  readonly cycle: CycleVolumes;
}

/** How long a binding may wait for its volumes unless configured. */
const BIND_TIMEOUT_MS = 600_000;

const EVENTS: readonly EventHint[] = [
  {
    on: [
      'StorageClassAdd',
      'StorageClassUpdate',
      'PersistentVolumeAdd',
      'PersistentVolumeUpdate',
      'NodeAdd',
      'NodeLabels',
      'CSINodeAdd',
      'CSINodeUpdate',
      'CSIDriverUpdate',
      'CSIStorageCapacityAdd',
      'CSIStorageCapacityUpdate',
    ],
  },
  { on: ['PersistentVolumeClaimAdd', 'PersistentVolumeClaimUpdate'], helps: concernsPod },
];

/** The arguments of `VolumeBindingArgs`. */
export interface VolumeBindingOptions {
  readonly bindTimeoutMs?: number;
}

/** Makes the plugin. */
export function volumeBinding(handle: PluginHandle, options: VolumeBindingOptions = {}): Plugin<BindingState> {
  const view = volumeView(handle.informers);
  const nodeInformer = handle.informers.of(nodes);
  const writer = new VolumeWriter(view, handle);
  const waiters = new ClaimWaiters({ claims: view.claims.informer, volumes: view.volumes.informer, nodes: nodeInformer, clock: handle.clock });
  const timeoutMs = options.bindTimeoutMs ?? BIND_TIMEOUT_MS;
  return {
    name: 'VolumeBinding',
    events: EVENTS,
    preFilter({ pod }): PreFilterResult<BindingState> {
      if (!pod.spec.volumes) return { type: 'skip' };
      const claims = claimsOfPod(pod, view);
      if (claims === undefined) return { type: 'skip' };
      if (typeof claims === 'string') return reject(claims);
      if (claims.immediate.length > 0) return reject('pod has unbound immediate PersistentVolumeClaims');
      const cycle = cycleVolumes(claims, view);
      return fitsAnywhere(claims, cycle) ? { type: 'skip' } : { type: 'state', state: { claims, byNode: new Map(), cycle } };
    },
    filter(_pod, { name, node }, { claims, byNode, cycle }): Rejection | undefined {
      const found = volumesOnNode(claims, node, view, cycle);
      if ('bindings' in found) byNode.set(name, found);
      else return { reasons: found, resolvable: false };
      return undefined;
    },
    reserve(_pod, { name }, state) {
      const volumes = state?.byNode.get(name);
      for (const { claim, volume } of volumes?.bindings ?? []) view.volumes.assume(promisedTo(volume, claim));
      for (const claim of volumes?.provisions ?? []) view.claims.assume(promisedOn(claim, name));
      return undefined;
    },
    unreserve(_pod, { name }, state) {
      const volumes = state?.byNode.get(name);
      for (const { volume } of volumes?.bindings ?? []) view.volumes.forget(objectKey(volume));
      for (const claim of volumes?.provisions ?? []) view.claims.forget(objectKey(claim));
    },
    async preBind(_pod, node, state, signal) {
      const volumes = state?.byNode.get(node.name);
      if (!volumes || (volumes.bindings.length === 0 && volumes.provisions.length === 0)) return undefined;
      try {
        await writer.write(volumes, node.name, signal);
        const settled = (): boolean => {
          if (!nodeInformer.lister.get(node.name)) throw new Error(`node ${JSON.stringify(node.name)} not found`);
          return writer.areBound(volumes, node.name);
        };
        const keys = [...volumes.bindings.map(({ claim }) => claim), ...volumes.provisions].map(objectKey);
        await waiters.until(keys, settled, timeoutMs, signal);
      } catch (error) {
        throw new Error(`running PreBind plugin "VolumeBinding": binding volumes: ${(error as Error).message}`, { cause: error });
      }
      return undefined;
    },
  };
}

const reject = (reason: string): { readonly type: 'reject'; readonly rejection: Rejection } => ({
  type: 'reject',
  rejection: { reasons: [reason], resolvable: false },
});

function promisedTo(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  if (isBoundTo(volume, claim) && volume.spec.claimRef?.uid === uid) return volume;
  const annotations = isBoundTo(volume, claim) ? volume.metadata.annotations : { ...volume.metadata.annotations, [BOUND_BY_CONTROLLER]: 'yes' };
  const claimRef = {
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    name: name!,
    namespace: namespace!,
    uid: uid!,
    resourceVersion: resourceVersion!,
  };
  return { ...volume, metadata: { ...volume.metadata, ...(annotations ? { annotations } : {}) }, spec: { ...volume.spec, claimRef } };
}

const promisedOn = (claim: PersistentVolumeClaim, node: string): PersistentVolumeClaim => ({
  ...claim,
  metadata: { ...claim.metadata, annotations: { ...claim.metadata.annotations, [SELECTED_NODE]: node } },
});

/** Writes promises and sees whether they were kept. */
class VolumeWriter {
  readonly #view: VolumeView;
  readonly #handle: PluginHandle;

  constructor(view: VolumeView, handle: PluginHandle) {
    this.#view = view;
    this.#handle = handle;
  }

  async write({ bindings, provisions }: NodeVolumes, node: string, signal: AbortSignal): Promise<void> {
    const { client } = this.#handle;
    for (const { claim, volume } of bindings) {
      const promised = promisedTo(volume, claim);
      if (promised !== volume) this.#view.volumes.wrote(await client.of(persistentVolumes).update(promised, {}, signal));
    }
    for (const claim of provisions) {
      if (claim.metadata.annotations?.[SELECTED_NODE] === node) continue;
      const api = client.of(persistentVolumeClaims).namespace(claim.metadata.namespace ?? '');
      this.#view.claims.wrote(await api.update(promisedOn(claim, node), {}, signal));
    }
  }

  /** Whether all claims are bound. @throws Error when that cannot come about any more. */
  areBound({ bindings, provisions }: NodeVolumes, node: string): boolean {
    let all = true;
    for (const { claim, volume } of bindings) {
      if (isBound(this.#current(claim))) continue;
      all = false;
      const name = volume.metadata.name ?? '';
      if (!this.#view.volumes.get(name)?.spec.claimRef) throw new Error(`ClaimRef got reset for pv ${JSON.stringify(name)}`);
    }
    for (const claim of provisions) {
      const current = this.#current(claim);
      if (isBound(current)) continue;
      all = false;
      // A provisioner that cannot serve the node takes its name off: the pod must be scheduled again.
      const selected = current.metadata.annotations?.[SELECTED_NODE];
      if (selected === undefined) throw new Error(`selectedNode annotation reset for PVC ${JSON.stringify(claim.metadata.name)}`);
      if (selected !== node)
        throw new Error(`selectedNode annotation value ${JSON.stringify(selected)} not set to scheduled node ${JSON.stringify(node)}`);
    }
    return all;
  }

  #current(claim: PersistentVolumeClaim): PersistentVolumeClaim {
    const current = this.#view.claims.get(objectKey(claim));
    if (current?.metadata.uid === claim.metadata.uid) return current!;
    throw new Error(`failed to check pvc binding: persistentvolumeclaim ${JSON.stringify(claim.metadata.name)} not found`);
  }
}
