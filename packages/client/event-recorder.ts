/**
 * `openEventRecorder`: reports what happened to objects as `v1` Events, counted and limited, without making the reporter wait.
 */
import { AsyncQueue } from '#base/async-queue.ts';
import type { Clock } from '#base/clock.ts';
import { errorFields } from '#base/log.ts';
import type { Logger } from '#base/log.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { events } from '#kinds/core/event/kind.ts';
import type { Event } from '#kinds/core/event/schema.ts';
import type { ObjectReference } from '#kinds/core/references.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { isReason, StatusError } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import type { Client } from './client.ts';
import { EventCorrelator } from './event-correlator.ts';
import type { Occurrence } from './event-correlator.ts';

/** Reports events about objects. Never waits and never fails: events are best effort. */
export interface EventRecorder {
  event(about: KubeObject | ObjectReference, type: 'Normal' | 'Warning', reason: string, message: string): void;
}

/** A recorder that sends until it is disposed. */
export interface OpenEventRecorder extends EventRecorder, AsyncDisposable {}

/** What a recorder needs; `component` and `host` say who reports. */
export interface EventRecorderOptions {
  readonly client: Client;
  readonly component: string;
  readonly host?: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Events that may wait to be sent; more are dropped, as upstream does. */
const MAX_WAITING = 1000;
/** Attempts while the server is away. */
const MAX_ATTEMPTS = 12;
const RETRY_MS = 10_000;

/** The reference that events and statuses use for an object. */
export function referenceTo(object: KubeObject | ObjectReference): ObjectReference {
  if (!('metadata' in object)) return object;
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    kind: object.kind,
    apiVersion: object.apiVersion,
    ...(namespace ? { namespace } : {}),
    ...(name ? { name } : {}),
    ...(uid ? { uid } : {}),
    ...(resourceVersion ? { resourceVersion } : {}),
  };
}

/** A name for an event about `name`: its time in nanoseconds, hexadecimal, made unique by `sequence`. */
export function eventName(name: string, nowMs: number, sequence: number): string {
  return `${name}.${(BigInt(Math.floor(nowMs)) * 1_000_000n + BigInt(sequence % 1_000_000)).toString(16)}`;
}

/** Where a reporter begins to count: two that report on one object in the same millisecond must not choose the same name. */
export function firstSequence(...reporter: readonly string[]): number {
  let hash = 0;
  for (const char of reporter.join('/')) hash = (hash * 31 + char.codePointAt(0)!) % 1_000_000;
  return hash;
}

class Recorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: EventCorrelator;
  #sequence: number;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#sequence = firstSequence(options.component, options.host ?? '');
    this.#correlator = new EventCorrelator(`${options.component}\n${options.host ?? ''}`);
  }

  /** Sends one occurrence, trying again while the server is away. */
  async send(occurrence: Occurrence, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const correlation = this.#correlator.correlate(occurrence, clock.monotonicMs());
    if (correlation.type === 'drop') return;
    for (let attempt = 1; ; attempt++) {
      try {
        const event = correlation.sent
          ? await this.#recount(occurrence, correlation.message, correlation.sent, signal)
          : await this.#create(occurrence, correlation.message, 1, signal);
        this.#correlator.remember(correlation.key, event);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const away = error instanceof StatusError && (error.reason === 'ServiceUnavailable' || error.reason === 'Timeout');
        if (!away || attempt >= MAX_ATTEMPTS) {
          const fields = { reason: occurrence.reason, about: `${occurrence.about.namespace ?? ''}/${occurrence.about.name ?? ''}`, ...errorFields(error) };
          if (isReason(error, 'Forbidden') || isReason(error, 'NotFound')) log.debug('an event was rejected', fields);
          else log.warn('an event could not be sent', fields);
          return;
        }
        await clock.sleep(RETRY_MS, signal).catch(() => undefined);
        if (signal.aborted) return;
      }
    }
  }

  /** One more of a known event; a new one when the server has forgotten it. */
  async #recount(occurrence: Occurrence, message: string, sent: { name: string; count: number; firstTimestamp: string }, signal: AbortSignal): Promise<Event> {
    const body = { count: sent.count + 1, message, lastTimestamp: formatTime(this.#options.clock.now()) };
    try {
      return await this.#events(occurrence).patch(sent.name, { type: 'merge', body }, {}, signal);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      return this.#create(occurrence, message, sent.count + 1, signal);
    }
  }

  #create(occurrence: Occurrence, message: string, count: number, signal: AbortSignal): Promise<Event> {
    const { component, host, clock } = this.#options;
    const { about, type, reason, annotations } = occurrence;
    const now = formatTime(clock.now());
    return this.#events(occurrence).create(
      {
        metadata: { name: eventName(about.name ?? '', clock.now(), this.#sequence++), namespace: about.namespace || 'default', ...(annotations ? { annotations } : {}) },
        involvedObject: about,
        reason,
        message,
        source: { component, ...(host ? { host } : {}) },
        firstTimestamp: now,
        lastTimestamp: now,
        count,
        type,
        reportingComponent: component,
        reportingInstance: host ?? '',
      },
      {},
      signal,
    );
  }

  #events(occurrence: Occurrence) {
    return this.#options.client.of(events).namespace(occurrence.about.namespace || 'default');
  }
}

/** Opens a recorder. Events are sent one after the other, in the background. */
export function openEventRecorder(options: EventRecorderOptions): OpenEventRecorder {
  const queue = new AsyncQueue<Occurrence>(MAX_WAITING);
  const recorder = new Recorder(options);
  const tasks = openTaskGroup((_name, error) => options.log.error('the event recorder ended', errorFields(error)));
  tasks.run('events', async (signal) => {
    for (let batch = await queue.take(); batch; batch = await queue.take()) {
      for (const occurrence of batch) await recorder.send(occurrence, signal);
    }
  });
  return {
    event(about, type, reason, message) {
      if (!queue.push({ about: referenceTo(about), type, reason, message })) options.log.debug('an event was dropped: too many wait', { reason });
    },
    async [Symbol.asyncDispose]() {
      queue.close();
      await tasks[Symbol.asyncDispose]();
    },
  };
}
