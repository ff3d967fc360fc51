/**
 * `startManager`: runs a selected set of controllers on one client and one set of informers.
 */
import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { MetricRegistry } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import type { Client } from '#client/client.ts';
import { openEventRecorder } from '#client/event-recorder.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import type { InformerFactory } from '#client/informer.ts';
import { startController } from './controller.ts';
import type { Controller, RunningController } from './controller.ts';
import { registerMetrics } from './metrics.ts';
import { canonicalSelection, isControllerEnabled } from './selection.ts';

/** What a controller is made from. */
export interface ControllerDependencies {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where a controller keeps metrics of its own. */
  readonly metrics?: MetricRegistry;
}

/** A controller that can be switched on. */
export interface ControllerEntry {
  /** Upstream's name, as `--controllers` takes it: `replicaset-controller`. */
  readonly name: string;
  /** Who its events come from, when that is not its name. */
  readonly component?: string;
  readonly offByDefault?: boolean;
  make(dependencies: ControllerDependencies): Controller;
}

/** What a manager needs. */
export interface ManagerOptions {
  readonly client: Client;
  /** The client of one controller, when each acts as an identity of its own. */
  readonly clientFor?: (name: string) => Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** As `--controllers`; default `*`. */
  readonly selection?: readonly string[];
  /** How many keys a controller works on at the same time, by its name; otherwise as many as it wants. */
  readonly concurrency?: Readonly<Record<string, number>>;
  /** Where to keep the metrics of the work queues. */
  readonly metrics?: MetricRegistry;
}

/** Running controllers. */
export interface Manager extends AsyncDisposable {
  readonly controllers: readonly RunningController[];
  /** Whether no controller has work. */
  readonly idle: boolean;
}

/** Starts every entry that the selection names, by its name of today or an old one. @throws Error when it names none */
export function startManager(entries: readonly ControllerEntry[], options: ManagerOptions): Manager {
  const { informers, clock, random } = options;
  const selection = canonicalSelection(options.selection ?? ['*'], new Set(entries.map(({ name }) => name)));
  const recorders: AsyncDisposable[] = [];
  const controllers: RunningController[] = [];
  const metrics = options.metrics?.scope('ALPHA');
  const observe = metrics ? registerMetrics(metrics, controllers) : undefined;
  const started: string[] = [];
  const managed = { name: 'running_managed_controllers', help: 'Indicates where instances of a controller are currently running', labels: ['name', 'manager'], stability: 'BETA' } as const;
  metrics?.gauge(managed, () => started.map((name) => ({ labels: [name, 'kube-controller-manager'], value: 1 })));
  for (const entry of entries) {
    if (!isControllerEnabled(entry.name, selection, entry.offByDefault)) continue;
    started.push(entry.name);
    const client = options.clientFor?.(entry.name) ?? options.client;
    const log = options.log.with({ controller: entry.name });
    const events = openEventRecorder({ client, component: entry.component ?? entry.name, clock, log });
    recorders.push(events);
    const made = entry.make({ client, informers, events, clock, random, log, ...(metrics ? { metrics } : {}) });
    const concurrency = options.concurrency?.[entry.name] ?? made.concurrency;
    const controller = concurrency === undefined ? made : { ...made, concurrency };
    controllers.push(startController(controller, { client, clock, log: options.log, ...(observe ? { observe } : {}) }));
  }
  return {
    controllers,
    get idle() {
      return controllers.every((controller) => controller.idle);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(controllers.map((controller) => controller[Symbol.asyncDispose]()));
      await Promise.all(recorders.map((recorder) => recorder[Symbol.asyncDispose]()));
      metrics?.[Symbol.dispose]();
    },
  };
}
