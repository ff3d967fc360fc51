/**
 * The CSI drivers of this node: each puts a socket into the registration directory; while it is there, the node says so in its CSINode, its
 * annotation and its topology labels.
 *
 * Source: kubernetes `pkg/kubelet/pluginmanager`, `pkg/volume/csi/nodeinfomanager`; the documented plugin registration.
 */
import { watch } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { TaskGroup } from '#base/task-group.ts';
import { callerOf } from '#machinery/grpc-calls.ts';
import { type CsiDriverNode, driverClient, openDriver } from './driver.ts';
import { registrationCalls } from './messages.ts';
import type { NodeDrivers } from './node-drivers.ts';

/** What the registry works with. */
export interface RegistryOptions {
  /** Watched for sockets. */
  readonly directory: string;
  readonly nodeDrivers: NodeDrivers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tasks: TaskGroup;
}

/** How often the directory is read although nothing was heard: watching may fail, and drivers may need another try. */
const RESYNC_MS = 10_000;
const RETRY_MS = 1_000;
const CALL_TIMEOUT_MS = 10_000;
const PLUGIN_TYPE = 'CSIPlugin';

/** The drivers that are registered now. */
export class CsiRegistry {
  readonly #options: RegistryOptions;
  readonly #bySocket = new Map<string, CsiDriverNode | undefined>();
  readonly #drivers = new Map<string, CsiDriverNode>();
  #wake = Promise.withResolvers<void>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** The driver of this name. */
  get(name: string): CsiDriverNode | undefined {
    return this.#drivers.get(name);
  }

  /** Starts watching. */
  async start(): Promise<void> {
    const { directory, tasks } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o750 });
    tasks.run('CSI drivers', (signal) => this.#run(signal));
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { directory, clock, log } = this.#options;
    const watcher = watch(directory, () => this.#wake.resolve());
    watcher.on('error', (error) => log.warn('the registration directory is no longer watched', errorFields(error)));
    signal.addEventListener('abort', () => this.#wake.resolve(), { once: true });
    let isKnown = false;
    try {
      while (!signal.aborted) {
        this.#wake = Promise.withResolvers();
        isKnown ||= await this.#introduce(signal);
        const complete = (await this.#scan(signal)) && isKnown;
        using _timer = clock.after(complete ? RESYNC_MS : RETRY_MS, this.#wake.resolve);
        if (!signal.aborted) await this.#wake.promise;
      }
    } finally {
      watcher.close();
      for (const driver of this.#drivers.values()) await driver[Symbol.asyncDispose]();
    }
  }

  /** Makes the node's CSINode; answers whether that worked. */
  async #introduce(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#options.nodeDrivers.ensure(signal);
      return true;
    } catch (error) {
      if (!signal.aborted) this.#options.log.warn('the CSINode could not be made', errorFields(error));
      return false;
    }
  }

  /** Answers whether every plugin in the directory is known now. */
  async #scan(signal: AbortSignal): Promise<boolean> {
    const found = new Set<string>();
    for (const name of await readdir(this.#options.directory)) {
      const path = join(this.#options.directory, name);
      if (!name.startsWith('.') && (await isSocket(path))) found.add(path);
    }
    for (const [path, driver] of this.#bySocket) {
      if (found.has(path)) continue;
      this.#bySocket.delete(path);
      if (driver) await this.#leave(driver, signal);
    }
    for (const path of found) if (!this.#bySocket.has(path)) await this.#join(path, signal);
    return found.size === this.#bySocket.size;
  }

  async #join(path: string, signal: AbortSignal): Promise<void> {
    const { log, nodeDrivers, clock } = this.#options;
    try {
      using client = driverClient(path, clock);
      const invoke = callerOf(client, CALL_TIMEOUT_MS);
      const { type, name, endpoint, supportedVersions } = await invoke(registrationCalls.getInfo, {}, signal);
      if (type !== PLUGIN_TYPE) {
        this.#bySocket.set(path, undefined);
        return;
      }
      try {
        if (!supportedVersions.some((version) => /^v?1\./.test(version)))
          throw new Error(`CSI version of the driver ${name} is not supported: ${supportedVersions.join(', ')}`);
        const driver = await openDriver({ name, endpoint: endpoint || path, clock }, signal);
        await nodeDrivers.add(driver, signal);
        this.#drivers.set(name, driver);
        this.#bySocket.set(path, driver);
      } catch (error) {
        await invoke(registrationCalls.notify, { pluginRegistered: false, error: (error as Error).message }, signal);
        throw error;
      }
      await invoke(registrationCalls.notify, { pluginRegistered: true }, signal);
      log.info('CSI driver registered', { driver: name });
    } catch (error) {
      // The next look tries again.
      if (!signal.aborted) log.warn('a plugin could not be registered', { path, ...errorFields(error) });
    }
  }

  async #leave(driver: CsiDriverNode, signal: AbortSignal): Promise<void> {
    const { log, nodeDrivers } = this.#options;
    this.#drivers.delete(driver.name);
    await driver[Symbol.asyncDispose]();
    try {
      await nodeDrivers.remove(driver.name, signal);
      log.info('CSI driver left', { driver: driver.name });
    } catch (error) {
      if (!signal.aborted) log.warn('a driver that left could not be taken off the node', { driver: driver.name, ...errorFields(error) });
    }
  }
}

async function isSocket(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isSocket();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
