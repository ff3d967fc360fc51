/**
 * A `ContainerRuntime` in memory: sandboxes and containers are records, processes are timers, logs are real files when a log directory is
 * given. It passes the conformance suite, so tests of what stands on a runtime need no containers.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AsyncQueue } from '#base/async-queue.ts';
import type { Clock } from '#base/clock.ts';
import { StatusError } from '#machinery/status.ts';
import { formatMicroTime } from '#machinery/time.ts';
import type { ContainerConfig, ContainerResources, SandboxConfig } from '../config.ts';
import type { ContainerRuntime, ContainerState, Container, ContainerStatus, ExecResult, Image, ImageAuth, RuntimeEvent, RuntimeStatus, Sandbox } from '../runtime.ts';
import { parseCommand, type Step } from './tiny-shell.ts';

/** What tests may see and change beside the contract. */
export interface MemoryRuntime extends ContainerRuntime {
  /** Ends a container as a crash or the kernel would. */
  crash(containerId: string, exitCode: number, reason?: string): void;
  /** Makes the next call of this method fail; several are consumed in order. */
  failNext(method: keyof ContainerRuntime, error: StatusError): void;
  /** The configuration a container was made with. */
  configOf(containerId: string): ContainerConfig;
  /** The configuration a sandbox was made with. */
  sandboxConfigOf(sandboxId: string): SandboxConfig;
  /** Whether the pod network works; true at first. */
  networkReady: boolean;
  /** Images that `pullImage` finds; with a password, only for that credential. */
  readonly registry: Map<string, { readonly password?: string }>;
  /** Names of the methods called, with their first argument where it is text. */
  readonly calls: string[];
}

interface MemorySandbox {
  readonly info: Sandbox;
  readonly config: SandboxConfig;
  readonly ip: string;
  ready: boolean;
}

interface MemoryContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly config: ContainerConfig;
  readonly logPath: string;
  readonly createdAtMs: number;
  resources: ContainerResources;
  state: ContainerState;
  startedAtMs: number;
  finishedAtMs: number;
  exitCode: number;
  reason: string;
  /** Stops the process's timers. */
  stop: AbortController;
}

const MAX_WAITING_EVENTS = 100_000;

const missing = (what: string, id: string): StatusError =>
  new StatusError({ code: 404, reason: 'NotFound', message: `rpc error: code = NotFound desc = ${what} "${id}": not found` });

const failed = (text: string): StatusError => new StatusError({ code: 500, reason: 'InternalError', message: `rpc error: code = Unknown desc = ${text}` });

/** Opens a runtime with `images` present. */
export function openMemoryRuntime(clock: Clock, images: readonly string[] = []): MemoryRuntime {
  const runtime = new Runtime(clock, images);
  return new Proxy(runtime, {
    get(target, name) {
      const member = (target as unknown as Record<string | symbol, unknown>)[name];
      if (typeof member !== 'function') return member;
      const method = member as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => target.before(String(name), args[0]) ?? method.apply(target, args);
    },
  }) as unknown as MemoryRuntime;
}

class Runtime {
  readonly registry = new Map<string, { readonly password?: string }>();
  readonly calls: string[] = [];
  networkReady = true;
  readonly #clock: Clock;
  readonly #images = new Map<string, Image>();
  readonly #sandboxes = new Map<string, MemorySandbox>();
  readonly #containers = new Map<string, MemoryContainer>();
  readonly #followers = new Set<AsyncQueue<RuntimeEvent>>();
  readonly #failures = new Map<string, StatusError[]>();
  #serial = 0;

  constructor(clock: Clock, images: readonly string[]) {
    this.#clock = clock;
    for (const image of images) this.#addImage(image);
  }

  /** Notes a call; a planned failure is answered in its place. */
  before(method: string, argument: unknown): Promise<never> | undefined {
    this.calls.push(typeof argument === 'string' ? `${method} ${argument}` : method);
    const planned = this.#failures.get(method)?.shift();
    return planned && Promise.reject(planned);
  }

  failNext(method: string, error: StatusError): void {
    this.#failures.set(method, [...(this.#failures.get(method) ?? []), error]);
  }

  configOf(id: string): ContainerConfig {
    return this.#container(id).config;
  }

  sandboxConfigOf(id: string): SandboxConfig {
    return this.#sandbox(id).config;
  }

  crash(id: string, exitCode: number, reason?: string): void {
    this.#end(this.#container(id), exitCode, reason);
  }

  async version() {
    return { runtimeName: 'memory', runtimeVersion: '1.0.0', runtimeApiVersion: 'v1' };
  }

  async status(): Promise<RuntimeStatus> {
    const ready = { type: 'RuntimeReady', status: true, reason: '', message: '' };
    const reason = this.networkReady ? '' : 'NetworkPluginNotReady';
    const message = this.networkReady ? '' : 'Network plugin returns error: cni plugin not initialized';
    return { conditions: [ready, { type: 'NetworkReady', status: this.networkReady, reason, message }], runtimeHandlers: [{ name: '' }] };
  }

  async runSandbox(config: SandboxConfig, handler: string): Promise<string> {
    const id = this.#nextId('sandbox');
    const { metadata, labels = {}, annotations = {} } = config;
    const host = config.linux?.securityContext?.namespaceOptions?.network === 'node';
    const info: Sandbox = { id, metadata, state: 'ready', createdAtMs: this.#clock.now(), labels, annotations, runtimeHandler: handler };
    this.#sandboxes.set(id, { info, config, ip: host ? '' : `10.88.${Math.floor(this.#serial / 250)}.${(this.#serial % 250) + 1}`, ready: true });
    this.#emit({ type: 'started', containerId: id });
    return id;
  }

  async stopSandbox(id: string): Promise<void> {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox?.ready) return;
    for (const container of this.#containers.values()) if (container.sandboxId === id) this.#end(container, 137);
    sandbox.ready = false;
    this.#emit({ type: 'exited', containerId: id });
  }

  async removeSandbox(id: string): Promise<void> {
    await this.stopSandbox(id);
    for (const container of this.#containers.values()) if (container.sandboxId === id) await this.removeContainer(container.id);
    if (this.#sandboxes.delete(id)) this.#emit({ type: 'deleted', containerId: id });
  }

  async sandboxStatus(id: string) {
    const sandbox = this.#sandbox(id);
    return { ...sandbox.info, state: stateOf(sandbox), ips: sandbox.ip ? [sandbox.ip] : [] };
  }

  async listSandboxes({ id, state, labels }: { id?: string; state?: string; labels?: Record<string, string> }): Promise<Sandbox[]> {
    return [...this.#sandboxes.values()]
      .map((sandbox) => ({ ...sandbox.info, state: stateOf(sandbox) }))
      .filter((one) => (id === undefined || one.id === id) && (state === undefined || one.state === state) && matches(one.labels, labels));
  }

  async createContainer(sandboxId: string, config: ContainerConfig, sandboxConfig: SandboxConfig): Promise<string> {
    const sandbox = this.#sandbox(sandboxId);
    if (!sandbox.ready) throw failed(`sandbox "${sandboxId}" is not ready`);
    if (!this.#findImage(config.image)) throw missing('image', config.image);
    const id = this.#nextId('container');
    const logPath = sandboxConfig.logDirectory && config.logPath ? join(sandboxConfig.logDirectory, config.logPath) : '';
    this.#containers.set(id, {
      id,
      sandboxId,
      config,
      logPath,
      createdAtMs: this.#clock.now(),
      resources: config.linux?.resources ?? {},
      state: 'created',
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      reason: '',
      stop: new AbortController(),
    });
    this.#emit({ type: 'created', containerId: id });
    return id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.#container(id);
    if (container.state !== 'created') throw failed(`container is in ${container.state} state`);
    container.state = 'running';
    container.startedAtMs = this.#clock.now();
    this.#emit({ type: 'started', containerId: id });
    const { command = [], args = [] } = container.config;
    void this.#play(container, parseCommand([...command, ...args]));
  }

  async stopContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (container?.state === 'running') this.#end(container, 143);
    else if (container?.state === 'created') this.#end(container, 128);
  }

  async removeContainer(id: string): Promise<void> {
    const container = this.#containers.get(id);
    if (!container) return;
    this.#end(container, 137);
    this.#containers.delete(id);
    this.#emit({ type: 'deleted', containerId: id });
  }

  async containerStatus(id: string): Promise<ContainerStatus> {
    const { config, state, createdAtMs, startedAtMs, finishedAtMs, exitCode, reason, logPath } = this.#container(id);
    const image = this.#findImage(config.image);
    return {
      id,
      metadata: config.metadata,
      state,
      createdAtMs,
      startedAtMs,
      finishedAtMs,
      exitCode,
      image: config.userSpecifiedImage ?? config.image,
      imageRef: image?.repoDigests[0] ?? image?.id ?? '',
      reason,
      message: '',
      labels: config.labels ?? {},
      annotations: config.annotations ?? {},
      logPath,
    };
  }

  async listContainers({ id, state, sandboxId, labels }: { id?: string; state?: string; sandboxId?: string; labels?: Record<string, string> }): Promise<Container[]> {
    return [...this.#containers.values()]
      .filter((one) => (id === undefined || one.id === id) && (state === undefined || one.state === state) && (sandboxId === undefined || one.sandboxId === sandboxId))
      .filter((one) => matches(one.config.labels ?? {}, labels))
      .map(({ config, ...one }) => ({ id: one.id, sandboxId: one.sandboxId, metadata: config.metadata, state: one.state, createdAtMs: one.createdAtMs, labels: config.labels ?? {}, annotations: config.annotations ?? {} }));
  }

  async updateContainerResources(id: string, resources: ContainerResources): Promise<void> {
    const container = this.#container(id);
    container.resources = { ...container.resources, ...resources };
  }

  async reopenContainerLog(id: string): Promise<void> {
    const { logPath } = this.#container(id);
    if (logPath) appendFileSync(logPath, '');
  }

  async execSync(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult> {
    const container = this.#container(id);
    if (container.state !== 'running') throw failed(`container is in ${container.state} state`);
    const printed = { stdout: '', stderr: '' };
    let spentMs = 0;
    let exitCode = 0;
    for (const step of parseCommand(command)) {
      if (step.kind === 'sleep') spentMs += step.ms;
      if (timeoutMs > 0 && spentMs > timeoutMs) {
        await this.#clock.sleep(timeoutMs);
        throw new StatusError({ code: 504, reason: 'Timeout', message: `rpc error: code = DeadlineExceeded desc = failed to exec in container: timeout ${timeoutMs / 1000}s exceeded: context deadline exceeded` });
      }
      if (step.kind === 'sleep') await this.#clock.sleep(step.ms);
      const end = perform(container, step, (stream, text) => (printed[stream] += `${text}\n`));
      if (end !== undefined) {
        exitCode = end;
        break;
      }
    }
    return { stdout: Buffer.from(printed.stdout), stderr: Buffer.from(printed.stderr), exitCode };
  }

  async exec({ containerId }: { containerId: string }): Promise<string> {
    return `http://127.0.0.1:1/exec/${this.#container(containerId).id}`;
  }

  async attach({ containerId }: { containerId: string }): Promise<string> {
    return `http://127.0.0.1:1/attach/${this.#container(containerId).id}`;
  }

  async portForward(sandboxId: string): Promise<string> {
    return `http://127.0.0.1:1/portforward/${this.#sandbox(sandboxId).info.id}`;
  }

  async containerStats(filter: { id?: string; sandboxId?: string; labels?: Record<string, string> }) {
    const timestampMs = this.#clock.now();
    const running = await this.listContainers({ ...filter, state: 'running' });
    return running.map(({ id, metadata, labels }) => ({
      containerId: id,
      metadata,
      labels,
      cpu: { timestampMs, usageCoreNanoSeconds: (timestampMs - this.#container(id).startedAtMs) * 1e5, usageNanoCores: 1e8 },
      memory: { timestampMs, workingSetBytes: 1 << 20, usageBytes: 1 << 20, rssBytes: 1 << 19 },
    }));
  }

  async imageStatus(image: string): Promise<Image | undefined> {
    return this.#findImage(image);
  }

  async listImages(): Promise<Image[]> {
    return [...this.#images.values()];
  }

  async pullImage(image: string, auth: ImageAuth | undefined): Promise<string> {
    const entry = this.registry.get(image);
    if (!entry) throw new StatusError({ code: 404, reason: 'NotFound', message: `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found` });
    if (entry.password !== undefined && auth?.password !== entry.password) throw failed(`failed to pull and unpack image "${image}": 401 Unauthorized`);
    return this.#addImage(image).id;
  }

  async removeImage(image: string): Promise<void> {
    const found = this.#findImage(image);
    if (found) this.#images.delete(found.repoTags[0] ?? found.id);
  }

  async imageFilesystems() {
    return [{ timestampMs: this.#clock.now(), mountpoint: '/', usedBytes: this.#images.size << 20, inodesUsed: this.#images.size * 100 }];
  }

  async *events(signal: AbortSignal): AsyncIterable<readonly RuntimeEvent[]> {
    const queue = new AsyncQueue<RuntimeEvent>(MAX_WAITING_EVENTS);
    const stop = (): void => queue.close();
    signal.addEventListener('abort', stop, { once: true });
    this.#followers.add(queue);
    try {
      for (let events = await queue.take(); events && !signal.aborted; events = await queue.take()) yield events;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#followers.delete(queue);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.#containers.values()) container.stop.abort();
    for (const queue of this.#followers) queue.close();
  }

  #emit(event: RuntimeEvent): void {
    for (const queue of this.#followers) queue.push(event);
  }

  #nextId(kind: string): string {
    this.#serial += 1;
    return `${kind}-${String(this.#serial).padStart(6, '0')}`;
  }

  #sandbox(id: string): MemorySandbox {
    const sandbox = this.#sandboxes.get(id);
    if (!sandbox) throw missing('sandbox', id);
    return sandbox;
  }

  #container(id: string): MemoryContainer {
    const container = this.#containers.get(id);
    if (!container) throw missing('container', id);
    return container;
  }

  #addImage(name: string): Image {
    const id = `sha256:${Buffer.from(name).toString('hex').padEnd(64, '0').slice(0, 64)}`;
    const image: Image = { id, repoTags: [name], repoDigests: [`${name.replace(/:[^/]*$/, '')}@${id}`], sizeBytes: 1 << 20, username: '', pinned: false };
    this.#images.set(name, image);
    return image;
  }

  #findImage(name: string): Image | undefined {
    return this.#images.get(name) ?? [...this.#images.values()].find((image) => image.id === name || image.repoDigests.includes(name));
  }

  #end(container: MemoryContainer, exitCode: number, reason?: string): void {
    if (container.state !== 'running' && container.state !== 'created') return;
    container.stop.abort();
    container.state = 'exited';
    container.finishedAtMs = this.#clock.now();
    container.exitCode = exitCode;
    container.reason = reason ?? (exitCode === 0 ? 'Completed' : 'Error');
    this.#emit({ type: 'exited', containerId: container.id, exitCode });
  }

  async #play(container: MemoryContainer, steps: readonly Step[]): Promise<void> {
    const { signal } = container.stop;
    const print = (stream: string, text: string): void => {
      if (!container.logPath) return;
      mkdirSync(dirname(container.logPath), { recursive: true });
      appendFileSync(container.logPath, `${formatMicroTime(this.#clock.now())} ${stream} F ${text}\n`);
    };
    // A process never ends before the call that started it has returned.
    await Promise.resolve();
    for (const step of steps) {
      if (signal.aborted) return;
      if (step.kind === 'sleep') {
        const slept = await this.#sleep(step.ms, signal);
        if (!slept) return;
      }
      const end = perform(container, step, print);
      if (end !== undefined) {
        this.#end(container, end);
        return;
      }
    }
    this.#end(container, 0);
  }

  /** False when the process was ended meanwhile. */
  async #sleep(ms: number, signal: AbortSignal): Promise<boolean> {
    if (ms === Number.POSITIVE_INFINITY) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      return false;
    }
    return this.#clock.sleep(ms, signal).then(
      () => true,
      () => false,
    );
  }
}

const stateOf = ({ ready }: MemorySandbox): Sandbox['state'] => (ready ? 'ready' : 'notReady');

function matches(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** Does a step; a number is the exit code of a process that ended with it. */
function perform(container: MemoryContainer, step: Step, print: (stream: 'stdout' | 'stderr', text: string) => void): number | undefined {
  if (step.kind === 'exit') return step.code;
  if (step.kind === 'print') print(step.stream, step.text);
  else if (step.kind === 'cat' || step.kind === 'write') {
    const path = hostPath(container.config, step.path);
    if (path === undefined) return 1;
    if (step.kind === 'write') writeFileSync(path, `${step.text}\n`);
    else if (existsSync(path)) print('stdout', readFileSync(path, 'utf8').trimEnd());
    else return 1;
  }
  return undefined;
}

/** The host file behind a path in the container, through its mounts. */
function hostPath(config: ContainerConfig, path: string): string | undefined {
  const mount = (config.mounts ?? []).filter(({ containerPath }) => path === containerPath || path.startsWith(`${containerPath}/`)).sort((a, b) => b.containerPath.length - a.containerPath.length)[0];
  return mount && join(mount.hostPath, path.slice(mount.containerPath.length));
}
