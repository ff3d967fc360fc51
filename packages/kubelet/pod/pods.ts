/**
 * All pods of the node: a worker for each UID, fed by the API, by runtime events and by everything else that changes.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields } from '#base/log.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { Informer } from '#client/informer.ts';
import type { RuntimeEvent } from '#cri/runtime.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { POD_UID_LABEL } from './names.ts';
import type { NodeServices } from './node-services.ts';
import { grantedPod } from './resize.ts';
import { PodWorker } from './worker.ts';

/** What the pods need. */
export interface PodsOptions {
  readonly informer: Informer<Pod>;
  readonly tasks: TaskGroup;
  readonly signal: AbortSignal;
  /** Everything that taking a pod depends on is known. */
  readonly whenReady: (signal: AbortSignal) => Promise<void>;
}

/** How often everything is looked at again although nothing happened: events may be lost, the world may change. */
const RESYNC_MS = 60_000;

/** How long to wait before following runtime events again. */
const FOLLOW_AGAIN_MS = 200;

/** When pods are looked at after the runtime has come back: at once, and when its events are surely followed again. */
const LOOK_AFTER_RETURN_MS = [0, 1_000];

/** After an exit event the runtime's own books may lag (by seconds while commands run inside the container): look again at these delays. */
const LOOK_AGAIN_MS = [5, 25, 100, 400, 1_600, 6_400];

/** The workers. */
export class Pods {
  readonly #options: PodsOptions;
  readonly #workers = new Map<string, PodWorker>();
  /** Which pod a container or sandbox belongs to. */
  readonly #owners = new Map<string, string>();
  #node: NodeServices | undefined;
  #synced = false;

  constructor(options: PodsOptions) {
    this.#options = options;
  }

  /** Pods whose containers may run, with what the node has granted them: what its capacity is used by. */
  active(): readonly Pod[] {
    return [...this.#workers.values()].filter(({ life }) => life.phase === 'syncing' || life.phase === 'terminating').map(({ state }) => grantedPod(state));
  }

  /** Whether the pods of the API are known. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Every worker. */
  all(): IterableIterator<PodWorker> {
    return this.#workers.values();
  }

  /** The worker of a pod by UID. */
  byUid(uid: string): PodWorker | undefined {
    return this.#workers.get(uid);
  }

  /** The worker of the newest pod of that name. */
  byName(namespace: string, name: string): PodWorker | undefined {
    return [...this.#workers.values()].filter(({ state }) => state.pod.metadata.namespace === namespace && state.pod.metadata.name === name).at(-1);
  }

  /** Begins: follows the runtime, then takes pods from the API. */
  start(node: NodeServices): void {
    this.#node = node;
    const { tasks, informer, signal, whenReady } = this.#options;
    tasks.run('runtime events', (inner) => this.#follow(node, inner));
    tasks.run('pod resync', (inner) => this.#resync(node.clock, inner));
    tasks.run('pod source', async (inner) => {
      await Promise.all([informer.whenSynced(inner), whenReady(inner)]);
      tasks.run('orphans', (inside) => this.#removeOrphans(node, inside));
      informer.listen({ added: (pod) => this.#seen(pod), updated: (pod) => this.#seen(pod), deleted: (pod) => this.#deleted(pod) });
      this.#synced = true;
      signal.throwIfAborted();
    });
  }

  /** Ends the workers' timers; what runs goes on running. */
  stop(): void {
    for (const worker of this.#workers.values()) worker.stop();
  }

  /** A probe of a pod's container has changed its mind. */
  probed(uid: string): void {
    this.#workers.get(uid)?.probed();
  }

  /** Something about a pod has changed. */
  wake(uid: string): void {
    this.#workers.get(uid)?.wake();
  }

  /** An object that a pod uses has changed. */
  configChanged(uid: string): void {
    this.#workers.get(uid)?.configChanged();
  }

  #seen(pod: Pod): void {
    const { uid = '' } = pod.metadata;
    const known = this.#workers.get(uid);
    if (known) {
      known.update(pod);
      return;
    }
    const { name = '', namespace = '' } = pod.metadata;
    const namesake = this.byName(namespace, name);
    if (namesake && namesake.uid !== uid) namesake.gone();
    const worker = new PodWorker(pod, { node: this.#node!, tasks: this.#options.tasks, onEnd: (ended) => this.#ended(ended) });
    this.#workers.set(uid, worker);
    worker.wake();
  }

  #deleted(pod: Pod): void {
    const worker = this.#workers.get(pod.metadata.uid ?? '');
    if (!worker) return;
    worker.update(pod);
    worker.gone();
  }

  #ended(worker: PodWorker): void {
    this.#workers.delete(worker.uid);
    for (const [id, uid] of this.#owners) if (uid === worker.uid) this.#owners.delete(id);
  }

  async #resync(clock: Clock, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(RESYNC_MS, signal);
      this.#wakeAll();
    }
  }

  /** Follows the runtime's events; each time it comes back, every pod is looked at: what happened meanwhile brought no event. */
  async #follow(node: NodeServices, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const events of node.runtime.events(signal)) for (const event of events) await this.#happened(event, node, signal);
      } catch (error) {
        if (signal.aborted) return;
        node.log.warn('the runtime is away', errorFields(error));
      }
      await this.#untilBack(node, signal);
      for (const delayMs of LOOK_AFTER_RETURN_MS) node.clock.after(delayMs, () => this.#wakeAll());
    }
  }

  #wakeAll(): void {
    for (const worker of this.#workers.values()) if (worker.life.phase !== 'finished') worker.wake();
  }

  async #untilBack(node: NodeServices, signal: AbortSignal): Promise<void> {
    for (;;) {
      await node.clock.sleep(FOLLOW_AGAIN_MS, signal);
      try {
        await node.runtime.version(signal);
        node.log.info('the runtime answers');
        return;
      } catch (error) {
        signal.throwIfAborted();
        node.log.debug('the runtime is still away', errorFields(error));
      }
    }
  }

  async #happened(event: RuntimeEvent, node: NodeServices, signal: AbortSignal): Promise<void> {
    // What we start ourselves we know already; only ends come unexpected.
    if (event.type !== 'exited' && event.type !== 'oom') return;
    const uid = this.#ownerOf(event.containerId) ?? (await this.#findOwner(event.containerId, node, signal));
    if (uid === undefined) return;
    this.wake(uid);
    for (const delayMs of LOOK_AGAIN_MS) node.clock.after(delayMs, () => this.#wakeIfStillRunning(uid, event.containerId));
  }

  /** The runtime said that it ended, but its books did not show it yet when we looked. */
  #wakeIfStillRunning(uid: string, id: string): void {
    const worker = this.#workers.get(uid);
    if (!worker || worker.life.phase !== 'syncing') return;
    const { containers, sandboxes } = worker.state.snapshot;
    const container = containers.find((one) => one.id === id);
    const sandbox = sandboxes.find((one) => one.id === id);
    if (container?.state === 'running' || sandbox?.state === 'ready') worker.wake();
  }

  #ownerOf(id: string): string | undefined {
    for (const worker of this.#workers.values()) {
      const { containers, sandboxes } = worker.state.snapshot;
      if (containers.some((one) => one.id === id) || sandboxes.some((one) => one.id === id)) return worker.uid;
    }
    return this.#owners.get(id);
  }

  async #findOwner(id: string, node: NodeServices, signal: AbortSignal): Promise<string | undefined> {
    try {
      const [container] = await node.runtime.listContainers({ id }, signal);
      const [sandbox] = container ? [] : await node.runtime.listSandboxes({ id }, signal);
      const uid = (container ?? sandbox)?.labels[POD_UID_LABEL];
      if (uid !== undefined && this.#workers.has(uid)) this.#owners.set(id, uid);
      return uid;
    } catch (error) {
      if (signal.aborted) throw error;
      node.log.debug('a container that ended could not be looked up', errorFields(error));
      return undefined;
    }
  }

  /** Removes sandboxes, directories and cgroups of pods that the API no longer knows; what cannot be removed now is left to upkeep. */
  async #removeOrphans(node: NodeServices, signal: AbortSignal): Promise<void> {
    const listed = new Set(this.#options.informer.lister.list().map(({ metadata }) => metadata.uid ?? ''));
    const isKnown = (uid: string): boolean => listed.has(uid) || this.#workers.has(uid);
    const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
      try {
        await work();
      } catch (error) {
        signal.throwIfAborted();
        node.log.warn('what is left of a pod could not be removed', { what, ...errorFields(error) });
      }
    };
    for (const sandbox of await node.runtime.listSandboxes({}, signal)) {
      const uid = sandbox.labels[POD_UID_LABEL];
      if (uid === undefined || isKnown(uid)) continue;
      node.log.info('removing the sandbox of a pod that no longer exists', { sandbox: sandbox.id, pod: sandbox.metadata.name });
      await attempt(sandbox.id, async () => {
        await node.runtime.stopSandbox(sandbox.id, signal);
        await node.runtime.removeSandbox(sandbox.id, signal);
      });
    }
    for (const uid of await node.volumes.knownPods()) {
      if (isKnown(uid)) continue;
      await attempt(uid, async () => {
        await node.volumes.tearDown(uid, signal);
        await node.volumes.forget(uid);
      });
    }
    for (const [uid, path] of (await node.cgroups?.list()) ?? []) if (!isKnown(uid)) await attempt(path, async () => node.cgroups?.remove(path, signal));
  }
}
