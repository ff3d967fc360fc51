/**
 * What the API is told of a node's CSI drivers: the CSINode, the annotation with the drivers' names for the node, topology labels.
 *
 * Source: kubernetes `pkg/volume/csi/nodeinfomanager`.
 */
import type { Client } from '#client/client.ts';
import type { Informer } from '#client/informer.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { csiNodes } from '#kinds/storage/csi-node/kind.ts';
import type { CSINode, CSINodeDriver } from '#kinds/storage/csi-node/schema.ts';
import { isReason } from '#machinery/status.ts';
import type { CsiDriverNode } from './driver.ts';

const NODE_ID_ANNOTATION = 'csi.volume.kubernetes.io/nodeid';
/** Writes that meet others' are tried again this often. */
const MAX_ATTEMPTS = 5;
const NONE: readonly CSINodeDriver[] = [];

/** Writes about the drivers of one node. */
export class NodeDrivers {
  readonly #client: Client;
  readonly #name: string;
  readonly #node: Informer<Node>;

  constructor(client: Client, name: string, node: Informer<Node>) {
    this.#client = client;
    this.#name = name;
    this.#node = node;
  }

  /** Makes the CSINode, which every node has, with or without drivers. @throws StatusError */
  async ensure(signal: AbortSignal): Promise<void> {
    await this.#change((drivers) => drivers, signal);
  }

  /** The driver is here. @throws StatusError */
  async add(driver: CsiDriverNode, signal: AbortSignal): Promise<void> {
    await this.#annotate((ids) => ({ ...ids, [driver.name]: driver.nodeId }), driver.topology, signal);
    const entry: CSINodeDriver = {
      name: driver.name,
      nodeID: driver.nodeId,
      topologyKeys: Object.keys(driver.topology).toSorted(),
      ...(driver.maxVolumes > 0 ? { allocatable: { count: driver.maxVolumes } } : {}),
    };
    await this.#change((drivers) => [...drivers.filter(({ name }) => name !== driver.name), entry], signal);
  }

  /** The driver has gone. @throws StatusError */
  async remove(name: string, signal: AbortSignal): Promise<void> {
    await this.#change((drivers) => drivers.filter((one) => one.name !== name), signal);
    await this.#annotate(({ [name]: _gone, ...ids }) => ids, {}, signal);
  }

  async #annotate(
    change: (ids: Readonly<Record<string, string>>) => Readonly<Record<string, string>>,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
    const { metadata } = await this.#client.of(nodes).get(this.#name, signal);
    const ids = change(JSON.parse(metadata.annotations?.[NODE_ID_ANNOTATION] ?? '{}') as Record<string, string>);
    const text = Object.keys(ids).length === 0 ? null : JSON.stringify(ids);
    const body = { metadata: { annotations: { [NODE_ID_ANNOTATION]: text }, labels } };
    await this.#client.of(nodes).patch(this.#name, { type: 'merge', body }, {}, signal);
  }

  async #change(change: (drivers: readonly CSINodeDriver[]) => readonly CSINodeDriver[], signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const known = await this.#read(signal);
        const drivers = change(known?.spec.drivers ?? NONE);
        if (known && drivers === (known.spec.drivers ?? NONE)) return;
        if (known) await this.#client.of(csiNodes).update({ ...known, spec: { ...known.spec, drivers } }, {}, signal);
        else await this.#client.of(csiNodes).create({ metadata: this.#metadata(), spec: { drivers } }, {}, signal);
        return;
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS || !(isReason(error, 'Conflict') || isReason(error, 'AlreadyExists'))) throw error;
      }
    }
  }

  async #read(signal: AbortSignal): Promise<CSINode | undefined> {
    try {
      return await this.#client.of(csiNodes).get(this.#name, signal);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }

  /** The CSINode goes with its node. */
  #metadata() {
    const uid = this.#node.lister.get(this.#name)?.metadata.uid;
    return { name: this.#name, ...(uid ? { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: this.#name, uid }] } : {}) };
  }
}
