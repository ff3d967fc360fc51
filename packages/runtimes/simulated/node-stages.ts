/**
 * Moves nodes through the stages of a lifecycle: what a stage says of a node's status holds as long as it selects the node.
 */
import type { Clock, Timer } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { type Node, nodeStatus } from '#kinds/core/node/schema.ts';
import type { JsonObject } from '#machinery/patch/json-value.ts';
import { isReason } from '#machinery/status.ts';
import type { FleetNode } from './fleet.ts';
import type { Lifecycle, StageDelay } from './lifecycle.ts';
import { compileStageSelector, delayOf, jittered, jitterOf } from './stage-selector.ts';
import { isPatched, withPatch } from './status-patch.ts';

/** What stages of nodes need. */
export interface NodeStagesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly lifecycle: Lifecycle;
  readonly fleet: ReadonlyMap<string, FleetNode>;
}

interface NodeStage {
  readonly name: string;
  readonly delay: StageDelay;
  readonly patch: JsonObject;
  selects(node: Node): boolean;
}

interface Staged {
  node: Node;
  stage: NodeStage;
  timer: Timer | undefined;
  writing: boolean;
}

const RETRY_MS = 1_000;

/** Moves nodes through their stages until disposed. */
export class NodeStages implements AsyncDisposable {
  readonly #options: NodeStagesOptions;
  readonly #stages: readonly NodeStage[];
  readonly #nodes = new Map<string, Staged>();
  readonly #stop = new AbortController();
  readonly #writing = new Set<Promise<void>>();

  constructor(options: NodeStagesOptions) {
    this.#options = options;
    this.#stages = (options.lifecycle.stages ?? [])
      .filter(({ resource }) => resource === 'Node')
      .map(({ name, selector, delay = {}, next }) => ({ name, delay, patch: (next?.status ?? {}) as JsonObject, selects: compileStageSelector(selector) }));
  }

  /** Takes a node's newest state in. */
  see(node: Node): void {
    const { name = '' } = node.metadata;
    const member = this.#options.fleet.get(name);
    if (!member) return;
    const stage = this.#stages.find((one) => one.selects(node));
    const known = this.#nodes.get(name);
    if (stage && known?.stage === stage) {
      known.node = node;
      if (!known.timer && !known.writing) this.#plan(known, delayOf(stage.delay, node));
      return;
    }
    this.forget(name);
    if (!stage) return;
    const staged: Staged = { node, stage, timer: undefined, writing: false };
    this.#nodes.set(name, staged);
    this.#plan(staged, delayOf(stage.delay, node));
  }

  /** The node is gone, or no stage selects it: its next heartbeat tells how it is. */
  forget(name: string): void {
    this.#nodes.get(name)?.timer?.cancel();
    this.#nodes.delete(name);
    const member = this.#options.fleet.get(name);
    if (member) member.said = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const { timer } of this.#nodes.values()) timer?.cancel();
    this.#nodes.clear();
    await Promise.all(this.#writing);
  }

  #plan(staged: Staged, delayMs: number): void {
    const { clock, random } = this.#options;
    const { stage, node } = staged;
    if (isPatched(nodeStatus, node.status, stage.patch)) {
      // Also after a restart of this process, heartbeats are to say what the stage says.
      this.#options.fleet.get(node.metadata.name!)!.said = stage.patch;
      return;
    }
    staged.timer = clock.after(jittered(Math.max(delayMs, 0), jitterOf(stage.delay), random), () => {
      staged.timer = undefined;
      const writing: Promise<void> = this.#fire(staged).finally(() => this.#writing.delete(writing));
      this.#writing.add(writing);
    });
  }

  async #fire(staged: Staged): Promise<void> {
    const { client, clock, fleet, log } = this.#options;
    const { signal } = this.#stop;
    const { node, stage } = staged;
    const { name = '' } = node.metadata;
    const member = fleet.get(name)!;
    if (signal.aborted || member.state !== 'up' || this.#nodes.get(name) !== staged) return;
    member.said = stage.patch;
    staged.writing = true;
    try {
      await client.of(nodes).updateStatus({ ...node, status: withPatch(nodeStatus, node.status, stage.patch, clock.now()) }, {}, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!isReason(error, 'Conflict') && !isReason(error, 'NotFound')) log.warn('a simulated node could not be moved on', { node: name, stage: stage.name, ...errorFields(error) });
      if (this.#nodes.get(name) === staged) this.#plan(staged, RETRY_MS);
      return;
    } finally {
      staged.writing = false;
    }
    // What the watch has shown meanwhile was not planned.
    if (staged.node !== node && this.#nodes.get(name) === staged) this.#plan(staged, delayOf(stage.delay, staged.node));
  }
}
