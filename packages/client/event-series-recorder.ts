/**
 * `openEventSeriesRecorder`: reports events through `events.k8s.io/v1`, where repetitions of one event become its series.
 *
 * Source: client-go `tools/events`: an event that repeats within 6 minutes gets a series; its count is written at its second occurrence and when it ends.
 */
import { AsyncQueue } from '#base/async-queue.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields } from '#base/log.ts';
import type { Logger } from '#base/log.ts';
import { Lru } from '#base/lru.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { eventsV1 } from '#kinds/events/event/kind.ts';
import type { ObjectReference } from '#kinds/core/references.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { formatMicroTime } from '#machinery/time.ts';
import type { Client } from './client.ts';
import { eventName, firstSequence, referenceTo } from './event-recorder.ts';

/** What happened: `action` is what the reporter did or tried, `note` the sentence for people. */
export interface SeriesEvent {
  readonly regarding: KubeObject | ObjectReference;
  readonly related?: KubeObject | ObjectReference;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
}

/** Reports events as series. Never waits and never fails. */
export interface EventSeriesRecorder extends AsyncDisposable {
  event(event: SeriesEvent): void;
}

/** What the recorder needs; `controller` is who reports (`default-scheduler`), `instance` which one of them. */
export interface EventSeriesRecorderOptions {
  readonly client: Client;
  readonly controller: string;
  readonly instance: string;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Series {
  readonly name: string;
  readonly namespace: string;
  count: number;
  written: number;
  lastMs: number;
}

/** Events that may wait to be sent; more are dropped. */
const MAX_WAITING = 1000;
/** Series that are followed at the same time. */
const MAX_SERIES = 4096;
/** A series that was quiet for this long has ended. */
const QUIET_MS = 360_000;
/** Notes are limited by the API. */
const MAX_NOTE_BYTES = 1024;
/** UTF-8 of one unit of text takes no more. */
const MAX_BYTES_PER_UNIT = 3;

class SeriesRecorder {
  readonly #options: EventSeriesRecorderOptions;
  readonly #series = new Lru<string, Series>(MAX_SERIES);
  #sequence: number;

  constructor(options: EventSeriesRecorderOptions) {
    this.#options = options;
    this.#sequence = firstSequence(options.controller, options.instance);
  }

  async record(event: SeriesEvent, signal: AbortSignal): Promise<void> {
    const regarding = referenceTo(event.regarding);
    const nowMs = this.#options.clock.now();
    const key = [event.action, event.reason, event.type, identityOf(regarding), event.related ? identityOf(referenceTo(event.related)) : ''].join('\n');
    const known = this.#series.get(key);
    if (known && nowMs - known.lastMs < QUIET_MS) {
      known.count++;
      known.lastMs = nowMs;
      if (known.count === 2 && (await this.#write(known, signal))) return;
      if (known.count > 2) return;
    }
    this.#series.set(key, await this.#create(event, regarding, signal));
  }

  /** Writes the final count of series that have ended and forgets them. */
  async sweep(signal: AbortSignal): Promise<void> {
    const before = this.#options.clock.now() - QUIET_MS;
    const ended = this.#series.entries().filter(([, series]) => series.lastMs <= before).toArray();
    for (const [key, series] of ended) {
      this.#series.delete(key);
      if (series.count > series.written) await this.#write(series, signal);
    }
  }

  /** False when the server has forgotten the event. */
  async #write(series: Series, signal: AbortSignal): Promise<boolean> {
    const body = { series: { count: series.count, lastObservedTime: formatMicroTime(series.lastMs) } };
    try {
      await this.#options.client.of(eventsV1).namespace(series.namespace).patch(series.name, { type: 'merge', body }, {}, signal);
      series.written = series.count;
      return true;
    } catch (error) {
      if (isReason(error, 'NotFound')) return false;
      throw error;
    }
  }

  async #create(event: SeriesEvent, regarding: ObjectReference, signal: AbortSignal): Promise<Series> {
    const { client, controller, instance, clock } = this.#options;
    const nowMs = clock.now();
    const namespace = regarding.namespace || 'default';
    const name = eventName(regarding.name ?? '', nowMs, this.#sequence++);
    await client.of(eventsV1).namespace(namespace).create(
      {
        metadata: { name, namespace },
        eventTime: formatMicroTime(nowMs),
        reportingController: controller,
        reportingInstance: instance,
        action: event.action,
        reason: event.reason,
        regarding,
        ...(event.related ? { related: referenceTo(event.related) } : {}),
        note: truncate(event.note),
        type: event.type,
      },
      {},
      signal,
    );
    return { name, namespace, count: 1, written: 1, lastMs: nowMs };
  }
}

/** What tells objects apart; no part has a line break. */
function identityOf({ kind, apiVersion, namespace, name, uid, fieldPath }: ObjectReference): string {
  return `${kind} ${apiVersion} ${namespace} ${name} ${uid} ${fieldPath}`;
}

/** At most as many bytes as the API takes, ending in `...` when cut. */
function truncate(note: string): string {
  if (note.length * MAX_BYTES_PER_UNIT <= MAX_NOTE_BYTES) return note;
  const bytes = Buffer.from(note);
  if (bytes.length <= MAX_NOTE_BYTES) return note;
  return `${bytes.subarray(0, MAX_NOTE_BYTES - 6).toString().replace(/�+$/, '')}...`;
}

/** Opens a recorder of series. */
export function openEventSeriesRecorder(options: EventSeriesRecorderOptions): EventSeriesRecorder {
  const queue = new AsyncQueue<SeriesEvent>(MAX_WAITING);
  const recorder = new SeriesRecorder(options);
  const { clock, log } = options;
  const tasks = openTaskGroup((_name, error) => log.error('the event recorder ended', errorFields(error)));
  const attempt = async (work: () => Promise<void>, signal: AbortSignal): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) log.debug('an event could not be sent', errorFields(error));
    }
  };
  tasks.run('events', async (signal) => {
    for (let batch = await queue.take(); batch; batch = await queue.take()) {
      for (const event of batch) await attempt(() => recorder.record(event, signal), signal);
    }
  });
  tasks.run('series', async (signal) => {
    for (;;) {
      await clock.sleep(QUIET_MS, signal);
      await attempt(() => recorder.sweep(signal), signal);
    }
  });
  return {
    event(event) {
      if (!queue.push(event)) log.debug('an event was dropped: too many wait', { reason: event.reason });
    },
    async [Symbol.asyncDispose]() {
      queue.close();
      await tasks[Symbol.asyncDispose]();
    },
  };
}
