/**
 * Keeps a cluster's processes running: starts what is missing, adopts what still runs, restarts what dies (see `recovery.ts`).
 *
 * It holds no state of its own beyond `processes.json`, so it may itself be killed and started again.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { ClusterPaths } from './paths.ts';
import { identify, isAlive, type ProcessId, type ProcessTable, readProcessTable, writeProcessTable } from './processes.ts';
import { NODE_PARTS, planRecovery } from './recovery.ts';

/** A program with its arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What the supervisor must know. */
export interface SupervisorOptions {
  readonly paths: ClusterPaths;
  /** Nodes that have processes of their own (none with simulated nodes). */
  readonly nodes: readonly string[];
  /** How to start a component: `server`, `NODE/containerd`, `NODE/agent`. Prepares what it needs (a node's namespaces). */
  readonly commandOf: (component: string) => Promise<Command>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How often components that are not our children are looked at. */
const POLL_MS = 500;
/** After a death, how long to wait for others that die with it. */
const SETTLE_MS = 1_000;
/** A component that keeps dying is restarted ever later, up to this. */
const MAX_RESTART_DELAY_MS = 30_000;
/** A component that ran this long starts again without delay. */
const STABLE_MS = 60_000;

interface Component {
  id: ProcessId | undefined;
  startedMs: number;
  failures: number;
}

/** Runs until `signal` aborts; the components live on. */
export async function supervise(options: SupervisorOptions, signal: AbortSignal): Promise<void> {
  const supervisor = new Supervisor(options);
  await supervisor.run(signal);
}

class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #components = new Map<string, Component>();
  #downNodes = new Set<string>();
  /** By node, or `server`: why its last start failed. */
  readonly #startErrors = new Map<string, string>();
  #wake: (() => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.#load();
    // A second `up` starts powered-off nodes again: it empties the list in the table and sends SIGHUP.
    const reload = (): void => void this.#reloadDownNodes();
    process.on('SIGHUP', reload);
    await this.#start(this.#missing());
    while (!signal.aborted) {
      await this.#pause(POLL_MS, signal);
      if (signal.aborted) break;
      if (this.#missing().length === 0) continue;
      await this.#pause(SETTLE_MS, signal);
      if (!signal.aborted) await this.#recover(signal);
    }
    process.off('SIGHUP', reload);
  }

  #allComponents(): string[] {
    return ['server', ...this.#options.nodes.flatMap((node) => NODE_PARTS.map((part) => `${node}/${part}`))];
  }

  async #load(): Promise<void> {
    const table = await readProcessTable(this.#options.paths.processes);
    this.#downNodes = new Set(table.downNodes);
    for (const name of this.#allComponents()) {
      const id = table.components[name];
      this.#components.set(name, { id: isAlive(id) ? id : undefined, startedMs: this.#options.clock.monotonicMs(), failures: 0 });
    }
  }

  async #reloadDownNodes(): Promise<void> {
    const table = await readProcessTable(this.#options.paths.processes);
    this.#downNodes = new Set(table.downNodes);
    await this.#start(this.#missing());
  }

  /** Components that should run and do not, in starting order. */
  #missing(): string[] {
    return this.#allComponents().filter((name) => {
      const node = name.split('/')[0]!;
      return !this.#downNodes.has(node) && !isAlive(this.#components.get(name)?.id);
    });
  }

  async #recover(signal: AbortSignal): Promise<void> {
    const { nodes, clock, log } = this.#options;
    const plan = planRecovery({ dead: new Set(this.#missing()), nodes, downNodes: this.#downNodes });
    for (const node of plan.newlyDown) {
      log.warn('node lost its agent and its runtime together: it stays down until it is started again', { node });
      this.#downNodes.add(node);
    }
    if (plan.newlyDown.length > 0) await this.#save();
    let delayMs = 0;
    for (const name of plan.restart) {
      const component = this.#components.get(name)!;
      component.failures = clock.monotonicMs() - component.startedMs > STABLE_MS ? 0 : component.failures + 1;
      if (component.failures > 1) delayMs = Math.max(delayMs, Math.min(1000 * 2 ** (component.failures - 2), MAX_RESTART_DELAY_MS));
      log.warn('component died', { component: name, failures: component.failures, restartDelayMs: delayMs });
    }
    if (delayMs > 0) await this.#pause(delayMs, signal);
    if (!signal.aborted) await this.#start(plan.restart);
  }

  /** Starts components at once, but a node's agent only after its containerd has been spawned. */
  async #start(names: readonly string[]): Promise<void> {
    const groups = new Map<string, string[]>();
    for (const name of names) {
      const group = name.split('/')[0]!;
      groups.set(group, [...(groups.get(group) ?? []), name]);
    }
    await Promise.all(
      [...groups].map(async ([group, chain]) => {
        this.#startErrors.delete(group);
        try {
          for (const name of chain) await this.#spawn(name);
        } catch (error) {
          this.#startErrors.set(group, error instanceof Error ? error.message : String(error));
          this.#options.log.error('a component could not be started', { component: group, error });
        }
      }),
    );
    await this.#save();
  }

  async #spawn(name: string): Promise<void> {
    const { paths, commandOf, clock, log } = this.#options;
    const command = await commandOf(name);
    const logFile = await open(join(paths.logs, `${name.replace('/', '.')}.log`), 'a', 0o600);
    try {
      const child: ChildProcess = spawn(command.file, command.args, {
        detached: true,
        stdio: ['ignore', logFile.fd, logFile.fd],
        env: { ...process.env, ...command.env },
      });
      child.on('error', (error) => log.error('spawn failed', { component: name, error }));
      child.on('exit', () => this.#wake?.());
      child.unref();
      const component = this.#components.get(name)!;
      component.id = child.pid === undefined ? undefined : identify(child.pid);
      component.startedMs = clock.monotonicMs();
      log.info('component started', { component: name, pid: child.pid });
    } finally {
      await logFile.close();
    }
  }

  async #save(): Promise<void> {
    const components: Record<string, ProcessId> = {};
    for (const [name, { id }] of this.#components) if (id) components[name] = id;
    const table: ProcessTable = { components: { ...components, supervisor: identify(process.pid)! }, downNodes: [...this.#downNodes], startErrors: Object.fromEntries(this.#startErrors) };
    await writeProcessTable(this.#options.paths.processes, table);
  }

  /** Waits, or less when one of our children ends. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    try {
      await this.#options.clock.sleep(ms, AbortSignal.any([signal, woken.signal]));
    } catch (error) {
      if (!signal.aborted && !woken.signal.aborted) throw error;
    } finally {
      this.#wake = undefined;
    }
  }
}
