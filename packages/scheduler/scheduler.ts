/**
 * `startScheduler`: gives every pod of its profiles a node.
 */
import type { Clock } from '#base/clock.ts';
import { errorFields, type Logger } from '#base/log.ts';
import { createMetrics, type MetricRegistry } from '#base/metrics.ts';
import type { Random } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import type { Client } from '#client/client.ts';
import { openEventSeriesRecorder } from '#client/event-series-recorder.ts';
import type { InformerFactory } from '#client/informer.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { SchedulerCache } from './cache.ts';
import { makeProfiles } from './config/make-profiles.ts';
import { schedulerSettings, type SchedulerSettings } from './config/read.ts';
import { type Explanation, Explanations } from './explanations.ts';
import { postJsonOverHttp } from './extender-http.ts';
import { Extenders } from './extenders.ts';
import { addSchedulerGauges, addSchedulerMetrics } from './metrics.ts';
import { Nominator } from './nominator.ts';
import type { PluginHandle } from './plugins/registry.ts';
import { type QueueCounts, SchedulingQueue } from './queue.ts';
import { Reporter } from './reporter.ts';
import { SchedulingLoop } from './scheduling-loop.ts';
import { WaitingPods } from './waiting-pods.ts';
import { watchCluster } from './watchers.ts';

/** What the scheduler needs. */
export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: InformerFactory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Profiles, arguments of plugins, extenders and times. Default: one profile, `default-scheduler`, with the documented defaults. */
  readonly settings?: SchedulerSettings;
  /** Who this scheduler is in events. */
  readonly instance?: string;
  /** Where its metrics are added; default: a registry of its own. */
  readonly metrics?: MetricRegistry;
}

/** A running scheduler. */
export interface Scheduler extends AsyncDisposable {
  readonly pending: QueueCounts;
  readonly metrics: MetricRegistry;
  /** The configuration with its defaults, as `/configz` shows it. */
  readonly configuration: SchedulerSettings['effective'];
  /** What the plugins said in the last cycle of a pod; undefined when it had none or it is forgotten. */
  explain(namespace: string, name: string): Explanation | undefined;
}

/** How often waiting pods are looked at when nothing else wakes the queue. */
const FLUSH_MS = 1_000;

/** Starts scheduling once the caches have synced. */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const { client, informers, clock, random, log } = options;
  const registry = options.metrics ?? createMetrics();
  const metrics = addSchedulerMetrics(registry);
  const tasks = openTaskGroup((name, error) => log.error('scheduler task failed', { task: name, ...errorFields(error) }));
  let wake = Promise.withResolvers<void>();
  const settings = options.settings ?? schedulerSettings({ kind: '', apiVersion: '' });
  // Each profile reports under its own name.
  const recorders = new Map(
    settings.profiles.map(({ schedulerName }) => [schedulerName, openEventSeriesRecorder({ client, controller: schedulerName, instance: options.instance ?? 'navarch', clock, log })]),
  );
  const queue = new SchedulingQueue({ clock, metrics, onActive: () => wake.resolve(), times: settings.queueTimes });
  const extenders = settings.extenders.length > 0 ? new Extenders(settings.extenders, postJsonOverHttp, log) : undefined;
  const waiting = new WaitingPods(clock);
  const handle: Omit<PluginHandle, 'events'> = { client, informers, clock, log, tasks, random, metrics, waiting, extenders, recheck: (uid) => queue.recheck(uid) };
  const profiles = new Map(makeProfiles(settings.profiles, (name) => ({ ...handle, events: recorders.get(name)! })).map((profile) => [profile.schedulerName, profile]));
  const cache = new SchedulerCache();
  const nominator = new Nominator();
  const explanations = new Explanations();
  const podLister = informers.of(pods).lister;
  const reporter = new Reporter(client, recorders, clock);
  const loop = new SchedulingLoop({ clock, random, log, cache, queue, nominator, reporter, tasks, waiting, metrics, explanations, extenders, currentPod: (key) => podLister.get(key) });
  addSchedulerGauges(registry, {
    pending: () => ({ ...queue.counts }),
    unschedulableBy: () => queue.unschedulable.counts(),
    cache: () => ({ nodes: cache.nodes.length, pods: cache.podCount, assumed: cache.assumedCount }),
    binding: () => loop.bindingCount,
  });
  const subscription = watchCluster(informers, { cache, queue, nominator }, profiles);
  tasks.run('loop', async (signal) => {
    await informers.whenSynced(signal);
    signal.addEventListener('abort', () => wake.resolve(), { once: true });
    while (!signal.aborted) {
      await loop.runTurn(signal);
      const flushMs = queue.flush();
      if (queue.hasWork && loop.mayBind) {
        await clock.sleep(0, signal);
        continue;
      }
      wake = Promise.withResolvers<void>();
      loop.onRoom = wake.resolve;
      const timer = clock.after(Math.min(flushMs ?? FLUSH_MS, FLUSH_MS), wake.resolve);
      if (!signal.aborted) await wake.promise;
      timer.cancel();
    }
  });
  return {
    get pending() {
      return queue.counts;
    },
    metrics: registry,
    configuration: settings.effective,
    explain(namespace, name) {
      const uid = podLister.get(`${namespace}/${name}`)?.metadata.uid;
      return uid === undefined ? undefined : explanations.of(uid);
    },
    async [Symbol.asyncDispose]() {
      subscription[Symbol.dispose]();
      await tasks[Symbol.asyncDispose]();
      for (const recorder of recorders.values()) await recorder[Symbol.asyncDispose]();
    },
  };
}
