/**
 * What a node must do from time to time: rotate logs, remove what is left over, watch its supply of memory and disk.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import type { ContainerStats } from '#cri/stats.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Cgroups } from '../cgroups.ts';
import { CONTAINER_NAME_LABEL, POD_UID_LABEL } from '../pod/names.ts';
import type { Pods } from '../pod/pods.ts';
import type { PodWorker } from '../pod/worker.ts';
import { type EvictionThresholds, evictionMessage, overfullVolume, rankForEviction, type Shortage, shortages } from './eviction.ts';
import { ImageCollector, type ImageGcLimits } from './image-gc.ts';
import { DEFAULT_LOG_LIMITS, type LogLimits, rotateLog } from './log-rotation.ts';
import { directoryBytes, readSupply } from './supply.ts';

/** What upkeep needs. */
export interface UpkeepOptions {
  readonly pods: Pods;
  readonly runtime: ContainerRuntime;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tasks: TaskGroup;
  readonly rootDirectory: string;
  readonly cgroups: Cgroups | undefined;
  readonly logLimits?: LogLimits;
  /** Absent: images are never removed. */
  readonly imageGc?: ImageGcLimits;
  /** Absent: no pod is ever evicted for the node's sake. */
  readonly eviction?: EvictionThresholds;
  /** The set of conditions under pressure has changed. */
  readonly onPressure: () => void;
}

/** Running upkeep. */
export interface Upkeep {
  /** Conditions under which the node is short of something. */
  pressure(): ReadonlySet<string>;
}

const LOGS_EVERY_MS = 10_000;
const SUPPLY_EVERY_MS = 10_000;
const LEFTOVERS_EVERY_MS = 60_000;
const IMAGES_EVERY_MS = 300_000;

/** A condition stays this long after the shortage has ended, so that it does not flicker. */
const PRESSURE_LINGERS_MS = 300_000;

/** Sandboxes younger than this may belong to a pod that is just being seen. */
const LEFTOVER_AGE_MS = 60_000;

const EVICTION_GRACE_MS = 1_000;

/** Starts upkeep. */
export function startUpkeep(options: UpkeepOptions): Upkeep {
  const upkeep = new Keeper(options);
  const { tasks, clock, log } = options;
  const every = (name: string, ms: number, work: (signal: AbortSignal) => Promise<void>): void =>
    tasks.run(name, async (signal) => {
      for (;;) {
        await clock.sleep(ms, signal);
        try {
          await work(signal);
        } catch (error) {
          signal.throwIfAborted();
          log.warn('upkeep failed, trying again later', { what: name, ...errorFields(error) });
        }
      }
    });
  every('log rotation', LOGS_EVERY_MS, (signal) => upkeep.rotateLogs(signal));
  every('leftovers', LEFTOVERS_EVERY_MS, (signal) => upkeep.removeLeftovers(signal));
  every('cgroups', LEFTOVERS_EVERY_MS, (signal) => upkeep.removeCgroups(signal));
  every('supply', SUPPLY_EVERY_MS, (signal) => upkeep.watchSupply(signal));
  if (options.imageGc) every('image removal', IMAGES_EVERY_MS, (signal) => upkeep.collectImages(signal));
  return upkeep;
}

class Keeper implements Upkeep {
  readonly #options: UpkeepOptions;
  readonly #images: ImageCollector;
  readonly #pressureUntilMs = new Map<string, number>();

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#images = new ImageCollector(options.runtime, options.log);
  }

  pressure(): ReadonlySet<string> {
    const nowMs = this.#options.clock.monotonicMs();
    return new Set([...this.#pressureUntilMs].filter(([, untilMs]) => untilMs > nowMs).map(([condition]) => condition));
  }

  async rotateLogs(signal: AbortSignal): Promise<void> {
    const { pods, runtime, clock, logLimits = DEFAULT_LOG_LIMITS, log } = this.#options;
    for (const { state } of pods.all()) {
      for (const { id, state: now, logPath } of state.snapshot.containers) {
        if (now !== 'running' || !logPath) continue;
        try {
          await rotateLog({ containerId: id, path: logPath }, logLimits, runtime, clock.now(), signal);
        } catch (error) {
          signal.throwIfAborted();
          log.warn('a log could not be rotated', { path: logPath, ...errorFields(error) });
        }
      }
    }
  }

  /** Sandboxes of pods that are gone, and dead ones without containers. */
  async removeLeftovers(signal: AbortSignal): Promise<void> {
    const { pods, runtime, clock, log } = this.#options;
    if (!pods.synced) return;
    for (const sandbox of await runtime.listSandboxes({}, signal)) {
      const uid = sandbox.labels[POD_UID_LABEL];
      if (uid === undefined || clock.now() - sandbox.createdAtMs < LEFTOVER_AGE_MS) continue;
      const snapshot = pods.byUid(uid)?.state.snapshot;
      const [newest] = snapshot?.sandboxes ?? [];
      const empty = snapshot !== undefined && newest !== undefined && newest.id !== sandbox.id && !snapshot.containers.some(({ sandboxId }) => sandboxId === sandbox.id);
      if (snapshot !== undefined && !(empty && sandbox.state === 'notReady')) continue;
      log.info('removing a sandbox that is left over', { sandbox: sandbox.id, pod: sandbox.metadata.name, namespace: sandbox.metadata.namespace });
      await runtime.stopSandbox(sandbox.id, signal);
      await runtime.removeSandbox(sandbox.id, signal);
    }
  }

  /** Cgroups of pods that have ended. */
  async removeCgroups(signal: AbortSignal): Promise<void> {
    const { pods, cgroups } = this.#options;
    if (!pods.synced || !cgroups) return;
    const ended = (uid: string): boolean => !['syncing', 'terminating'].includes(pods.byUid(uid)?.life.phase ?? 'gone');
    for (const [uid, path] of await cgroups.list()) if (ended(uid)) await cgroups.remove(path, signal);
  }

  async collectImages(signal: AbortSignal): Promise<void> {
    const { imageGc, clock } = this.#options;
    if (imageGc) await this.#images.collect(this.#usedImages(), imageGc, clock.now(), signal);
  }

  #usedImages(): Set<string> {
    const used = new Set<string>();
    for (const { state } of this.#options.pods.all()) for (const { imageRef, image } of state.snapshot.containers) used.add(imageRef).add(image);
    return used;
  }

  async watchSupply(signal: AbortSignal): Promise<void> {
    await this.#evictOverfull();
    const { eviction, clock, onPressure } = this.#options;
    if (!eviction) return;
    const before = this.pressure();
    const short = await this.#shortages(eviction, signal);
    for (const { condition } of short) this.#pressureUntilMs.set(condition, clock.monotonicMs() + PRESSURE_LINGERS_MS);
    const after = this.pressure();
    if (after.size !== before.size) onPressure();
    const [first] = short;
    if (!first) return;
    // Images that nobody uses go before any pod does.
    if (first.condition === 'DiskPressure' && (await this.#images.collectAll(this.#usedImages(), clock.now(), signal)) > 0) {
      const [still] = await this.#shortages(eviction, signal);
      if (still) await this.#evictFor(still, signal);
    } else await this.#evictFor(first, signal);
  }

  async #shortages(thresholds: EvictionThresholds, signal: AbortSignal): Promise<Shortage[]> {
    const { runtime, rootDirectory } = this.#options;
    const [images] = await runtime.imageFilesystems(signal);
    return shortages(await readSupply(rootDirectory, images?.mountpoint ?? rootDirectory), thresholds);
  }

  /** Ends the pod that should go first; the next look shows whether that was enough. */
  async #evictFor(shortage: Shortage, signal: AbortSignal): Promise<void> {
    const { pods, runtime } = this.#options;
    const stats = await runtime.containerStats({}, signal);
    const active = new Map(pods.active().map((pod) => [pod.metadata.uid ?? '', pod]));
    const usageOf = (pod: Pod): number => sum(stats.filter(({ labels }) => labels[POD_UID_LABEL] === pod.metadata.uid), shortage);
    const [victim] = rankForEviction([...active.values()], shortage.resource, usageOf);
    const worker = victim && pods.byUid(victim.metadata.uid ?? '');
    if (!worker) return;
    const own = stats.filter(({ labels }) => labels[POD_UID_LABEL] === worker.uid);
    const message = evictionMessage(victim, shortage, (name) => sum(own.filter(({ labels }) => labels[CONTAINER_NAME_LABEL] === name), shortage));
    this.#evict(worker, message);
  }

  async #evictOverfull(): Promise<void> {
    for (const worker of this.#options.pods.all()) {
      const { pod, volumes } = worker.state;
      if (worker.life.phase !== 'syncing' || !(pod.spec.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit)) continue;
      const usage = new Map<string, number>();
      for (const { name, emptyDir } of pod.spec.volumes ?? []) {
        const path = volumes?.get(name)?.path;
        if (emptyDir?.sizeLimit && path) usage.set(name, await directoryBytes(path));
      }
      const message = overfullVolume(pod, (name) => usage.get(name));
      if (message) this.#evict(worker, message);
    }
  }

  #evict(worker: PodWorker, message: string): void {
    const { recorder, log } = this.#options;
    const { pod } = worker.state;
    log.warn('evicting a pod', { pod: pod.metadata.name, namespace: pod.metadata.namespace, reason: message });
    recorder.event(pod, 'Warning', 'Evicted', message);
    worker.fail({ reason: 'Evicted', message, disruption: 'TerminationByKubelet' }, EVICTION_GRACE_MS);
  }
}

const sum = (stats: readonly ContainerStats[], { resource }: Shortage): number =>
  stats.reduce((total, { memory, writableLayer }) => total + ((resource === 'memory' ? memory?.workingSetBytes : resource === 'inodes' ? writableLayer?.inodesUsed : writableLayer?.usedBytes) ?? 0), 0);
