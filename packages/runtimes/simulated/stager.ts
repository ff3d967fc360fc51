/**
 * Moves the pods of a fleet through their stages: finds each pod's stage, waits its delay, writes what it leads to.
 *
 *     watch ──> plan (first stage that applies) ──timer──> due ──(bounded)──> write ──> watch …
 */
import type { Clock, Timer } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { StatusError } from '#machinery/status.ts';
import { type FleetNode, podAddress, releaseAddress } from './fleet.ts';
import { restartedStatus } from './pod-status.ts';
import { jittered } from './stage-selector.ts';
import type { Stage } from './stages.ts';

/** What a stager needs. */
export interface StagerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly stages: readonly Stage[];
  readonly fleet: ReadonlyMap<string, FleetNode>;
  readonly podCidr: (node: string) => string | undefined;
}

const RETRY_MS = 1_000;

/** Pod writes at the same time over all nodes. */
const MAX_WRITES = 32;

interface Staged {
  pod: Pod;
  stage: Stage | undefined;
  timer: Timer | undefined;
  writing: boolean;
  /** Its node has crashed since: its containers start anew. */
  restart: boolean;
}

/** What a pod's node does when it comes back from a crash. */
const NODE_RESTART: Stage = {
  name: 'node-restart',
  when: ({ status }) => status.phase === 'Running',
  delayMs: () => 0,
  next: (pod, { nowMs }) => restartedStatus(pod, nowMs),
};

/** Moves pods through their stages. */
export class Stager implements AsyncDisposable {
  readonly #options: StagerOptions;
  readonly #stop = new AbortController();
  readonly #pods = new Map<string, Staged>();
  readonly #writing = new Set<Promise<void>>();
  #due: Staged[] = [];
  #taken = 0;

  constructor(options: StagerOptions) {
    this.#options = options;
  }

  /** Takes a pod's newest state in. */
  see(pod: Pod): void {
    if (!this.#options.fleet.has(pod.spec.nodeName ?? '')) return;
    const { uid = '' } = pod.metadata;
    const known = this.#pods.get(uid);
    const staged = known ?? { pod, stage: undefined, timer: undefined, writing: false, restart: false };
    staged.pod = pod;
    if (!known) this.#pods.set(uid, staged);
    if (!staged.writing) this.#plan(staged);
  }

  /** A pod is gone. */
  forget(pod: Pod): void {
    const { uid = '' } = pod.metadata;
    this.#pods.get(uid)?.timer?.cancel();
    this.#pods.delete(uid);
    const node = this.#options.fleet.get(pod.spec.nodeName ?? '');
    if (node) releaseAddress(node, uid);
  }

  /** The node's pods lost their containers. */
  restart(nodeName: string): void {
    for (const staged of this.#of(nodeName)) staged.restart = NODE_RESTART.when(staged.pod);
  }

  /** The node works again: what did not happen meanwhile happens now. */
  resume(nodeName: string): void {
    for (const staged of this.#of(nodeName)) if (!staged.writing) this.#plan(staged);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const { timer } of this.#pods.values()) timer?.cancel();
    this.#pods.clear();
    this.#due = [];
    await Promise.all(this.#writing);
  }

  *#of(nodeName: string): Generator<Staged> {
    for (const staged of this.#pods.values()) if (staged.pod.spec.nodeName === nodeName) yield staged;
  }

  #nodeOf(pod: Pod): FleetNode {
    return this.#options.fleet.get(pod.spec.nodeName ?? '')!;
  }

  #plan(staged: Staged): void {
    const { clock, stages, random } = this.#options;
    if (this.#nodeOf(staged.pod).state !== 'up') return;
    const restart = staged.restart && NODE_RESTART.when(staged.pod) && staged.pod.metadata.deletionTimestamp === undefined;
    const deciding = restart ? NODE_RESTART : stages.find((one) => one.when(staged.pod));
    const stage = deciding?.rests?.(staged.pod) ? undefined : deciding;
    if (stage === staged.stage && staged.timer) return;
    staged.timer?.cancel();
    staged.stage = stage;
    staged.timer = undefined;
    if (!stage) return;
    const delayMs = jittered(stage.delayMs(staged.pod, clock.now()), stage.jitterMs?.(staged.pod) ?? 0, random);
    if (delayMs <= 0) this.#offer(staged);
    else staged.timer = clock.after(delayMs, () => this.#offer(staged));
  }

  #offer(staged: Staged): void {
    this.#due.push(staged);
    this.#pump();
  }

  #pump(): void {
    while (this.#writing.size < MAX_WRITES && this.#taken < this.#due.length) {
      const writing: Promise<void> = this.#fire(this.#due[this.#taken++]!).finally(() => {
        this.#writing.delete(writing);
        this.#pump();
      });
      this.#writing.add(writing);
    }
    if (this.#taken < this.#due.length) return;
    this.#due = [];
    this.#taken = 0;
  }

  async #fire(staged: Staged): Promise<void> {
    const { log, clock } = this.#options;
    const { signal } = this.#stop;
    const { pod, stage } = staged;
    staged.timer = undefined;
    if (!stage || staged.writing || signal.aborted || this.#nodeOf(pod).state !== 'up' || !stage.when(pod) || this.#pods.get(pod.metadata.uid ?? '') !== staged) return;
    staged.writing = true;
    staged.stage = undefined;
    try {
      await this.#apply(pod, stage);
      staged.restart = false;
    } catch (error) {
      if (signal.aborted) return;
      const code = error instanceof StatusError ? error.code : 0;
      if (code !== 404 && code !== 409) log.warn('a simulated pod could not be moved on', { pod: pod.metadata.name, namespace: pod.metadata.namespace, stage: stage.name, ...errorFields(error) });
      // Whatever the watch shows until then comes first: a pod that is gone, or one that has changed.
      staged.stage = stage;
      staged.timer = clock.after(RETRY_MS, () => {
        staged.timer = undefined;
        if (this.#pods.get(pod.metadata.uid ?? '') === staged) this.#plan(staged);
      });
    } finally {
      staged.writing = false;
    }
    // What the watch has shown meanwhile was not planned.
    if (staged.pod === pod) return;
    if (this.#pods.get(pod.metadata.uid ?? '') === staged) {
      staged.timer?.cancel();
      staged.timer = undefined;
      this.#plan(staged);
    } else staged.timer?.cancel();
  }

  async #apply(pod: Pod, stage: Stage): Promise<void> {
    const { client, clock, podCidr } = this.#options;
    const { signal } = this.#stop;
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    const node = this.#nodeOf(pod);
    const next = stage.next(pod, { nowMs: clock.now(), hostIp: node.address, podIp: () => podAddress(node, uid, podCidr(node.name)) });
    const api = client.of(pods).namespace(namespace);
    if (next === 'delete') await api.delete(name, { gracePeriodSeconds: 0, preconditions: { uid } }, signal);
    else await api.updateStatus({ ...pod, status: next }, {}, signal);
  }
}
