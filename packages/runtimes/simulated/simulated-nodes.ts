/**
 * `startSimulatedNodes`: many nodes in one process that need no containers. They register, renew their leases and move their pods through
 * stages, directly at the API: for machines without root or Linux, for tests, and for fleets of any size.
 */
import type { Clock, Timer } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { Random } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import type { Client } from '#client/client.ts';
import type { InformerFactory } from '#client/informer.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { StatusError } from '#machinery/status.ts';
import { runNode } from './simulated-node.ts';
import { POD_STAGES, type Stage } from './stages.ts';

/** What simulated nodes need. */
export interface SimulatedNodesOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** How many, or their names. */
  readonly nodes: number | readonly string[];
  /** As `nodeInfo.kubeletVersion` shows it. */
  readonly version: string;
  /** Of each node; quantities by resource name. Default: 32 CPUs, 256 GiB, 110 pods. */
  readonly capacity?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** What happens to pods; default `POD_STAGES`. */
  readonly stages?: readonly Stage[];
}

/** Running simulated nodes. */
export interface SimulatedNodes extends AsyncDisposable {
  readonly names: readonly string[];
}

const DEFAULT_CAPACITY = { cpu: '32', memory: '256Gi', 'ephemeral-storage': '1Ti', pods: '110' };

const RETRY_MS = 1_000;

/** Pod writes at the same time over all nodes. */
const MAX_WRITES = 32;

/** The address of the `index`th node. */
const nodeAddress = (index: number): string => `10.200.${Math.floor(index / 250)}.${(index % 250) + 1}`;

interface SimulatedNode {
  readonly name: string;
  readonly index: number;
  readonly address: string;
  readonly taken: Map<string, string>;
  next: number;
}

/** Starts the nodes; they register as soon as the API answers. */
export async function startSimulatedNodes(options: SimulatedNodesOptions): Promise<SimulatedNodes> {
  const { client, clock, random, log, informers } = options;
  const names = typeof options.nodes === 'number' ? Array.from({ length: options.nodes }, (_, index) => `node-${index + 1}`) : options.nodes;
  const fleet = new Map(names.map((name, index): [string, SimulatedNode] => [name, { name, index, address: nodeAddress(index), taken: new Map(), next: 1 }]));
  const tasks = openTaskGroup((task, error) => log.error('a simulated node failed', { task, ...errorFields(error) }));
  for (const { name, address } of fleet.values()) {
    const of = { client, clock, random, log, name, address, version: options.version, capacity: { ...DEFAULT_CAPACITY, ...options.capacity }, labels: options.labels ?? {} };
    tasks.run(name, (signal) => runNode(of, signal));
  }
  const nodeInformer = informers.of(nodes);
  const informer = informers.of(pods);
  const stager = new Stager({ ...options, stages: options.stages ?? POD_STAGES, fleet, podCidr: (name) => nodeInformer.lister.get(name)?.spec.podCIDR, signal: tasks.signal });
  const subscription = informer.listen({ added: (pod) => stager.see(pod), updated: (pod) => stager.see(pod), deleted: (pod) => stager.forget(pod) });
  return {
    names,
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]();
      await tasks[Symbol.asyncDispose]();
      stager.stop();
    },
  };
}

interface StagerOptions extends Pick<SimulatedNodesOptions, 'client' | 'clock' | 'log'> {
  readonly stages: readonly Stage[];
  readonly fleet: ReadonlyMap<string, SimulatedNode>;
  readonly podCidr: (node: string) => string | undefined;
  readonly signal: AbortSignal;
}

interface Staged {
  pod: Pod;
  stage: Stage | undefined;
  timer: Timer | undefined;
  writing: boolean;
}

/** Moves pods through their stages. */
class Stager {
  readonly #options: StagerOptions;
  readonly #pods = new Map<string, Staged>();
  readonly #due: Staged[] = [];
  #writes = 0;

  constructor(options: StagerOptions) {
    this.#options = options;
  }

  see(pod: Pod): void {
    if (!this.#options.fleet.has(pod.spec.nodeName ?? '')) return;
    const { uid = '' } = pod.metadata;
    const known = this.#pods.get(uid);
    const staged = known ?? { pod, stage: undefined, timer: undefined, writing: false };
    staged.pod = pod;
    if (!known) this.#pods.set(uid, staged);
    if (!staged.writing) this.#plan(staged);
  }

  forget(pod: Pod): void {
    const { uid = '' } = pod.metadata;
    this.#pods.get(uid)?.timer?.cancel();
    this.#pods.delete(uid);
    const node = this.#options.fleet.get(pod.spec.nodeName ?? '');
    node?.taken.delete(uid);
  }

  stop(): void {
    for (const { timer } of this.#pods.values()) timer?.cancel();
    this.#pods.clear();
  }

  #plan(staged: Staged): void {
    const { clock, stages } = this.#options;
    const stage = stages.find((one) => one.when(staged.pod));
    if (stage === staged.stage && staged.timer) return;
    staged.timer?.cancel();
    staged.stage = stage;
    staged.timer = undefined;
    if (!stage) return;
    const delayMs = stage.delayMs(staged.pod);
    staged.timer = clock.after(delayMs, () => {
      this.#due.push(staged);
      this.#pump();
    });
  }

  #pump(): void {
    while (this.#writes < MAX_WRITES && this.#due.length > 0) {
      this.#writes += 1;
      void this.#fire(this.#due.shift()!).finally(() => {
        this.#writes -= 1;
        this.#pump();
      });
    }
  }

  async #fire(staged: Staged): Promise<void> {
    const { log, clock, signal } = this.#options;
    const { pod, stage } = staged;
    staged.timer = undefined;
    if (!stage || signal.aborted || !stage.when(pod) || this.#pods.get(pod.metadata.uid ?? '') !== staged) return;
    staged.writing = true;
    try {
      await this.#apply(pod, stage);
      staged.stage = undefined;
    } catch (error) {
      if (signal.aborted) return;
      // Gone or changed meanwhile: the watch shows what to do next.
      if (!(error instanceof StatusError && (error.code === 404 || error.code === 409))) {
        log.warn('a simulated pod could not be moved on', { pod: pod.metadata.name, namespace: pod.metadata.namespace, stage: stage.name, ...errorFields(error) });
        staged.timer = clock.after(RETRY_MS, () => {
          this.#due.push(staged);
          this.#pump();
        });
        return;
      }
      staged.stage = undefined;
    } finally {
      staged.writing = false;
    }
    // What the watch has shown meanwhile was not planned.
    if (staged.pod !== pod) this.#plan(staged);
  }

  async #apply(pod: Pod, stage: Stage): Promise<void> {
    const { client, clock, fleet, signal } = this.#options;
    const { name = '', namespace = '', uid = '' } = pod.metadata;
    const node = fleet.get(pod.spec.nodeName ?? '')!;
    const next = stage.next(pod, { nowMs: clock.now(), hostIp: node.address, podIp: () => this.#addressOf(node, uid) });
    const api = client.of(pods).namespace(namespace);
    if (next === 'delete') {
      await api.delete(name, { gracePeriodSeconds: 0, preconditions: { uid } }, signal);
      return;
    }
    await api.updateStatus({ ...pod, status: next }, {}, signal);
  }

  /** An address in the node's pod range that no other pod there has. */
  #addressOf(node: SimulatedNode, uid: string): string {
    const known = node.taken.get(uid);
    if (known) return known;
    const [a, b, c] = (this.#options.podCidr(node.name)?.split('/')[0] ?? `10.${64 + Math.floor(node.index / 256)}.${node.index % 256}.0`).split('.');
    const used = new Set(node.taken.values());
    for (let tries = 0; tries < 253; tries += 1) {
      const address = `${a}.${b}.${c}.${(node.next % 253) + 2}`;
      node.next += 1;
      if (used.has(address)) continue;
      node.taken.set(uid, address);
      return address;
    }
    return `${a}.${b}.${c}.254`;
  }
}
