/**
 * One pod's worker: takes what happens to the pod, and does one thing at a time about it.
 */
import type { Timer } from '#base/clock.ts';
import { errorFields } from '#base/log.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { isReason } from '#machinery/status.ts';
import { sameJson } from '../status-patch.ts';
import { cleanPod, confirmDeletion, purgePod } from './clean.ts';
import type { NodeServices } from './node-services.ts';
import { newPodState, type PodState, publish } from './pod-state.ts';
import type { PodFailure } from './pod-status.ts';
import { stopPod } from './stop.ts';
import { observe, syncPod } from './sync.ts';
import { type LifeEvent, NEW_LIFE, type PodLife, transition } from './transition.ts';

/** What the manager of all workers wants to know. */
export interface WorkerOptions {
  readonly node: NodeServices;
  readonly tasks: TaskGroup;
  /** The pod is over and forgotten: so may the worker be. */
  readonly onEnd: (worker: PodWorker) => void;
}

/** Delays after an unexpected failure, doubling. */
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 30_000;
const DEFAULT_GRACE_MS = 30_000;
const STATUS_PATIENCE_MS = 1_000;

/** Why a step was interrupted: never an error. */
const INTERRUPTED = new Error('the pod changed meanwhile');

const graceOf = (pod: Pod): number => {
  const seconds = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds;
  return seconds === undefined ? DEFAULT_GRACE_MS : seconds * 1000;
};

/** Serialises everything about one pod UID. */
export class PodWorker {
  readonly uid: string;
  readonly state: PodState;
  readonly #options: WorkerOptions;
  #life: PodLife = NEW_LIFE;
  #running = false;
  #dirty = false;
  #interrupt = new AbortController();
  #timer: Timer | undefined;
  #differs: Timer | undefined;
  #failures = 0;
  #confirmed = false;
  #stopping = false;
  #ended = false;

  constructor(pod: Pod, options: WorkerOptions) {
    this.uid = pod.metadata.uid ?? '';
    this.state = newPodState(pod);
    this.#options = options;
    // What ended before this process started is not started again.
    if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') {
      this.state.over = true;
      this.#life = transition(this.#life, { type: 'over', graceMs: 0 });
    }
    if (pod.metadata.deletionTimestamp) this.#life = transition(this.#life, { type: 'deleting', graceMs: graceOf(pod) });
    options.node.objects.use(pod);
  }

  /** Where the pod is in its life. */
  get life(): PodLife {
    return this.#life;
  }

  /** The API shows a new version of the pod. */
  update(pod: Pod): void {
    const before = this.state.pod;
    this.state.pod = pod;
    this.#options.node.statuses.observe(pod);
    if (pod.metadata.deletionTimestamp) this.#happens({ type: 'deleting', graceMs: graceOf(pod) });
    const specChanged = pod.metadata.generation !== before.metadata.generation || !sameJson(pod.spec, before.spec);
    const metadataChanged = !sameJson(pod.metadata.labels, before.metadata.labels) || !sameJson(pod.metadata.annotations, before.metadata.annotations);
    if (specChanged) this.#options.node.objects.use(pod);
    if (specChanged || metadataChanged) this.configChanged();
    else if (!sameJson(pod.status, this.#options.node.statuses.current(pod))) this.#statusDiffers();
  }

  /** The API has forgotten the pod. */
  gone(): void {
    this.#happens({ type: 'gone', graceMs: graceOf(this.state.pod) });
    this.wake();
  }

  /** The node gives the pod up. */
  fail(failure: PodFailure, graceMs: number): void {
    this.#happens({ type: 'failed', failure, graceMs });
  }

  /** Something the pod's files are made of has changed. */
  configChanged(): void {
    this.state.volumes = undefined;
    this.wake();
  }

  /** Ends the worker, not the pod. */
  stop(): void {
    this.#ended = true;
    this.#timer?.cancel();
    this.#differs?.cancel();
  }

  /** A probe has changed its mind. Stopping takes as long as the containers like: meanwhile the pod may become unready, which others wait for. */
  probed(): void {
    if (this.#stopping && !this.state.failure && !this.state.over) publish(this.state, this.#options.node);
    this.wake();
  }

  /** Look again now. */
  wake(): void {
    if (this.#ended) return;
    this.#dirty = true;
    if (this.#running) return;
    this.#running = true;
    this.#options.tasks.run(`pod ${this.state.pod.metadata.namespace}/${this.state.pod.metadata.name}`, () => this.#run());
  }

  /** Someone else has written the status: look again, but never race with them. */
  #statusDiffers(): void {
    const { clock } = this.#options.node;
    this.#differs ??= clock.after(STATUS_PATIENCE_MS, () => {
      this.#differs = undefined;
      this.wake();
    });
  }

  #happens(event: LifeEvent): void {
    const before = this.#life;
    this.#life = transition(before, event);
    const { failure, phase, graceMs } = this.#life;
    if (failure) this.state.failure = failure;
    if (phase === before.phase && graceMs === before.graceMs && this.#life.deleting === before.deleting) return;
    if (event.type !== 'stopped' && event.type !== 'cleaned') this.#interrupt.abort(INTERRUPTED);
    this.wake();
  }

  async #run(): Promise<void> {
    const { node } = this.#options;
    while (this.#dirty && !node.signal.aborted && !this.#ended) {
      this.#dirty = false;
      this.#timer?.cancel();
      this.#interrupt = new AbortController();
      try {
        const againMs = await this.#step(AbortSignal.any([node.signal, this.#interrupt.signal]));
        this.#failures = 0;
        this.#again(againMs);
      } catch (error) {
        if (this.#interrupt.signal.aborted || node.signal.aborted) continue;
        this.#failures += 1;
        const { name, namespace } = this.state.pod.metadata;
        // A runtime that is away is reported once, not by every pod.
        const level = isReason(error, 'ServiceUnavailable') ? 'debug' : 'warn';
        node.log[level]('a pod could not be synced, trying again', { pod: name, namespace, phase: this.#life.phase, ...errorFields(error) });
        this.#again(Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS));
      }
    }
    this.#running = false;
  }

  #again(ms: number | undefined): void {
    if (ms === undefined || this.#ended) return;
    this.#timer = this.#options.node.clock.after(ms, () => this.wake());
  }

  /** Does what the phase demands; answers when to look again. */
  async #step(signal: AbortSignal): Promise<number | undefined> {
    switch (this.#life.phase) {
      case 'syncing':
        return this.#sync(signal);
      case 'terminating':
        await this.#stop(signal);
        return undefined;
      case 'terminated':
        await cleanPod(this.state, this.#options.node);
        this.#happens({ type: 'cleaned' });
        return undefined;
      case 'finished':
        await this.#finish();
        return undefined;
    }
  }

  async #sync(signal: AbortSignal): Promise<number | undefined> {
    const { node } = this.#options;
    const { againMs, over, failure } = await syncPod(this.state, node, signal);
    if (failure) this.#happens({ type: 'failed', failure, graceMs: graceOf(this.state.pod) });
    else if (over) this.#happens({ type: 'over', graceMs: graceOf(this.state.pod) });
    return againMs;
  }

  async #stop(signal: AbortSignal): Promise<void> {
    const { node } = this.#options;
    const { state } = this;
    node.prober.stopForTermination(this.uid);
    await observe(state, node);
    if (!this.#life.deleting && !state.snapshot.containers.some((container) => container.state === 'running')) {
      // Nothing runs any more: whoever waits for the pod's end need not wait for its network to be taken down.
      state.over = true;
      publish(state, node);
    }
    this.#stopping = true;
    try {
      await stopPod(state, this.#life.graceMs, node, signal);
    } finally {
      this.#stopping = false;
    }
    await observe(state, node);
    state.over = true;
    state.waiting.clear();
    publish(state, node);
    this.#happens({ type: 'stopped' });
  }

  async #finish(): Promise<void> {
    const { node, onEnd } = this.#options;
    const { deleting, gone } = this.#life;
    if (deleting && !gone && !this.#confirmed) {
      await confirmDeletion(this.state.pod, node);
      this.#confirmed = true;
    }
    if (!gone) return;
    await purgePod(this.state, node);
    this.#ended = true;
    onEnd(this);
  }
}
