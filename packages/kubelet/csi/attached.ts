/**
 * Which volumes the node uses, as its status says, and the wait until a volume is attached to it.
 *
 *     wanted ──> node.status.volumesInUse ──controller attaches──> node.status.volumesAttached ──> mounted … unmounted ──> no longer in use
 *
 * Source: kubernetes `pkg/kubelet/volumemanager/reconciler` (VerifyControllerAttachedVolume).
 */
import { createHash } from 'node:crypto';
import type { Clock } from '#base/clock.ts';
import type { Client } from '#client/client.ts';
import type { Informer } from '#client/informer.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import { volumeAttachments } from '#kinds/storage/volume-attachment/kind.ts';

/** What the wait needs. */
export interface AttachmentsOptions {
  readonly client: Client;
  readonly nodeName: string;
  readonly node: Informer<Node>;
  readonly clock: Clock;
  /** The node's status should be sent soon. */
  readonly reportSoon: () => void;
}

/** How long a sync waits for an attachment before its pod is told. */
const PATIENCE_MS = 123_000;

/** The name of a CSI volume in `node.status`. */
export const uniqueName = (driver: string, handle: string): string => `kubernetes.io/csi/${driver}^${handle}`;

/** The name of the attachment of a CSI volume to a node. */
export const attachmentName = (driver: string, handle: string, node: string): string =>
  `csi-${createHash('sha256').update(`${handle}${driver}${node}`).digest('hex')}`;

/** The volumes of one node that are attached by a controller. */
export class NodeAttachments {
  readonly #options: AttachmentsOptions;
  readonly #inUse = new Set<string>();

  constructor(options: AttachmentsOptions) {
    this.#options = options;
  }

  /** As `node.status.volumesInUse` lists them. */
  get inUse(): readonly string[] {
    return [...this.#inUse].toSorted();
  }

  /** The volume is used, whether it must be attached or not: it must not be taken away. */
  use(name: string): void {
    if (this.#inUse.has(name)) return;
    this.#inUse.add(name);
    this.#options.reportSoon();
  }

  /** The volume is not used any more. */
  release(name: string): void {
    if (this.#inUse.delete(name)) this.#options.reportSoon();
  }

  /** Waits until the volume is attached; answers what the attacher says about it. @throws Error when it takes too long */
  async attached(driver: string, handle: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const { client, nodeName } = this.#options;
    const name = uniqueName(driver, handle);
    this.use(name);
    await this.#until(
      ({ status }) => Boolean(status.volumesAttached?.some((one) => one.name === name) && status.volumesInUse?.includes(name)),
      signal,
    );
    const { status } = await client.of(volumeAttachments).get(attachmentName(driver, handle, nodeName), signal);
    if (!status.attached) throw new Error(`volume ${handle} has not been attached yet`);
    return status.attachmentMetadata ?? {};
  }

  async #until(holds: (node: Node) => boolean, signal: AbortSignal): Promise<void> {
    const { node, nodeName, clock } = this.#options;
    const now = (): boolean => {
      const current = node.lister.get(nodeName);
      return current !== undefined && holds(current);
    };
    if (now()) return;
    const done = Promise.withResolvers<void>();
    const stop = (): void => done.reject(signal.reason as Error);
    using _subscription = node.listen({ progressed: () => (now() ? done.resolve() : undefined) });
    using _timer = clock.after(PATIENCE_MS, () => done.reject(new Error('timed out waiting for the condition')));
    signal.addEventListener('abort', stop, { once: true });
    try {
      await done.promise;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}
