/**
 * Sends pod statuses to the API: at once, one write per pod at a time, only the newest status when several wait.
 *
 * Source: the behaviour of kubernetes `pkg/kubelet/status`.
 */
import { ItemBackoff } from '#base/backoff.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { Client } from '#client/client.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PodStatus } from '#kinds/core/pod/status.ts';
import { StatusError } from '#machinery/status.ts';
import { statusPatch } from './status-patch.ts';

/** What the writer needs. */
export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tasks: TaskGroup;
}

interface Entry {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** What the API has, as far as we know. */
  known: PodStatus;
  wanted: PodStatus;
  writing: boolean;
  /** Revision of our last write: what informers deliver may be older. */
  revision: bigint;
  /** Resolved when everything wanted so far was sent or cannot be. */
  idle: PromiseWithResolvers<void>;
}

const RETRY_BASE_MS = 200;
const RETRY_MAX_MS = 10_000;

/** The statuses of this node's pods. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #backoff = new ItemBackoff<string>(RETRY_BASE_MS, RETRY_MAX_MS);

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** The status that was last asked for; it may be ahead of the API. */
  current(pod: Pod): PodStatus {
    return this.#entries.get(pod.metadata.uid ?? '')?.wanted ?? pod.status;
  }

  /** Notes what the API has now. */
  observe(pod: Pod): void {
    const entry = this.#entries.get(pod.metadata.uid ?? '');
    if (!entry || entry.writing || BigInt(pod.metadata.resourceVersion ?? 0) < entry.revision) return;
    entry.known = pod.status;
  }

  /** Wants this status. Returns at once. */
  set(pod: Pod, status: PodStatus): void {
    const { uid = '', namespace = '', name = '' } = pod.metadata;
    let entry = this.#entries.get(uid);
    if (!entry) {
      entry = { namespace, name, uid, known: pod.status, wanted: pod.status, writing: false, revision: 0n, idle: Promise.withResolvers() };
      this.#entries.set(uid, entry);
    }
    entry.wanted = status;
    if (entry.writing || statusPatch(entry.known, status) === undefined) return;
    const made = entry;
    made.writing = true;
    made.idle = Promise.withResolvers();
    this.#options.tasks.run(`status of ${namespace}/${name}`, (signal) => this.#write(made, signal));
  }

  /** Resolves when the newest status of the pod was accepted, or the pod is gone. */
  async settled(podUid: string): Promise<void> {
    const entry = this.#entries.get(podUid);
    if (entry?.writing) await entry.idle.promise;
  }

  /** The pod is gone. */
  release(podUid: string): void {
    this.#entries.delete(podUid);
    this.#backoff.forget(podUid);
  }

  async #write(entry: Entry, signal: AbortSignal): Promise<void> {
    const { client, clock, log } = this.#options;
    try {
      for (;;) {
        const { wanted, uid, namespace, name } = entry;
        const status = statusPatch(entry.known, wanted);
        if (!status || this.#entries.get(uid) !== entry) return;
        try {
          const written = await client.of(pods).namespace(namespace).patch(name, { type: 'strategic', body: { metadata: { uid }, status }, subresource: 'status' }, {}, signal);
          entry.known = wanted;
          entry.revision = BigInt(written.metadata.resourceVersion ?? 0);
          this.#backoff.forget(uid);
        } catch (error) {
          if (signal.aborted || isFinal(error)) return;
          log.warn('a pod status could not be written, trying again', { namespace, pod: name, ...errorFields(error) });
          await clock.sleep(this.#backoff.failed(uid), signal);
        }
      }
    } finally {
      entry.writing = false;
      entry.idle.resolve();
    }
  }
}

/** The pod is gone, or another one has its name. */
function isFinal(error: unknown): boolean {
  return error instanceof StatusError && (error.code === 404 || error.code === 409);
}
