/**
 * A kubelet on the in-memory runtime and the fake API server, for tests.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '#base/clock.ts';
import { silentLogger } from '#base/log.ts';
import { seededRandom } from '#base/random.ts';
import { createClient } from '#client/api.ts';
import type { Client, Fresh } from '#client/client.ts';
import { createInformerFactory } from '#client/shared-informer.ts';
import { MemoryTransport } from '#client/testing/memory-transport.ts';
import type { ContainerRuntime } from '#cri/runtime.ts';
import { type MemoryRuntime, openMemoryRuntime } from '#cri/testing/memory-runtime.ts';
import { events } from '#kinds/core/event/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { defaultPod } from '#kinds/core/pod/defaults.ts';
import { isReason } from '#machinery/status.ts';
import type { Draft } from '#machinery/schema.ts';
import { startKubelet } from '../kubelet.ts';
import type { Kubelet, KubeletOptions } from '../options.ts';

/** The image that is present. */
export const IMAGE = 'busybox:1.36';

/** A node under test. */
export interface Harness<R extends ContainerRuntime = MemoryRuntime> extends AsyncDisposable {
  readonly client: Client;
  readonly transport: MemoryTransport;
  readonly runtime: R;
  readonly directory: string;
  /** Stops the kubelet, does `meanwhile`, and starts another on the same node. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  createPod(name: string, spec: Fresh<Pod['spec']>, metadata?: Fresh<Pod['metadata']>): Promise<Pod>;
  /** Asks for deletion as the API does: a time stamp and a grace period. */
  deletePod(name: string, graceSeconds: number): Promise<void>;
  getPod(name: string): Promise<Pod | undefined>;
  /** Waits until the pod satisfies `check`. */
  podBecomes(name: string, what: string, check: (pod: Pod) => boolean): Promise<Pod>;
  podVanishes(name: string): Promise<void>;
  /** Reasons of the events so far, in order. */
  eventTexts(): Promise<readonly string[]>;
}

const NAMESPACE = 'default';
const PATIENCE_MS = 10_000;

/** Waits until `check` answers something. @throws Error with `what` when it takes too long. */
export async function eventually<T>(what: () => string, check: () => Promise<T | undefined | false> | T | undefined | false, clock: Clock = systemClock): Promise<T> {
  const deadlineMs = clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (clock.monotonicMs() > deadlineMs) throw new Error(`waited too long for ${what()}`);
    await clock.sleep(5);
  }
}

const signal = new AbortController().signal;

/** Opens one. */
export async function openHarness<R extends ContainerRuntime = MemoryRuntime>(changes: Partial<KubeletOptions> & { readonly runtime?: R; readonly directory?: string } = {}): Promise<Harness<R>> {
  const directory = changes.directory ?? mkdtempSync(join(tmpdir(), 'kubelet-test-'));
  const transport = new MemoryTransport();
  const client = createClient(transport);
  const clock = changes.clock ?? systemClock;
  const runtime = changes.runtime ?? (openMemoryRuntime(clock, [IMAGE]) as unknown as R);
  const random = seededRandom(1);
  const log = changes.log ?? silentLogger;
  const start = async (): Promise<{ kubelet: Kubelet; stop: () => Promise<void> }> => {
    const informers = createInformerFactory({ client, clock, random, log });
    const kubelet = await startKubelet({
      nodeName: 'node-1',
      version: 'v1.36.0',
      client,
      informers,
      runtime,
      clock,
      random,
      log,
      rootDirectory: join(directory, 'root'),
      logDirectory: join(directory, 'logs'),
      addresses: [
        { type: 'InternalIP', address: '192.0.2.1' },
        { type: 'Hostname', address: 'node-1' },
      ],
      dns: { servers: ['10.96.0.10'], domain: 'cluster.local' },
      secretsInMemory: false,
      capacity: { cpu: '4', memory: '8Gi' },
      ...changes,
    });
    const stop = async (): Promise<void> => {
      await kubelet[Symbol.asyncDispose]();
      await informers[Symbol.asyncDispose]();
    };
    return { kubelet, stop };
  };
  let running = await start();
  const api = client.of(pods).namespace(NAMESPACE);
  const getPod = async (name: string): Promise<Pod | undefined> => {
    try {
      return await api.get(name, signal);
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  };
  return {
    client,
    transport,
    runtime,
    directory,
    getPod,
    async restart(meanwhile) {
      await running.stop();
      await meanwhile?.();
      running = await start();
    },
    async createPod(name, spec, metadata = {}) {
      const draft = { kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace: NAMESPACE, generation: 1, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata }, spec: { nodeName: 'node-1', ...spec }, status: { phase: 'Pending' } };
      defaultPod(draft as unknown as Draft<Pod>, { gate: () => false });
      return api.create(draft as Fresh<Pod>, {}, signal);
    },
    async deletePod(name, graceSeconds) {
      const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: graceSeconds };
      await api.patch(name, { type: 'merge', body: { metadata } }, {}, signal);
    },
    async podBecomes(name, what, check) {
      let last: Pod | undefined;
      return eventually(
        () => `pod ${name} to be ${what}; it is ${JSON.stringify(last?.status, undefined, 1)}`,
        async () => {
          last = await getPod(name);
          return last && check(last) && last;
        },
        systemClock,
      );
    },
    podVanishes: async (name) => void (await eventually(() => `pod ${name} to vanish`, async () => (await getPod(name)) === undefined)),
    async eventTexts() {
      const { items } = await client.of(events).list({}, signal);
      return items.map(({ reason, message }) => `${reason}: ${message}`);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await runtime[Symbol.asyncDispose]();
      if (changes.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}
