/**
 * `navarch scheduler`: the scheduler alone, beside any API server.
 */
import { hostname } from 'node:os';
import { type Scheduler, startScheduler } from '#scheduler/scheduler.ts';
import { readSchedulerSettings } from '../scheduler-settings.ts';
import { runComponent } from './component.ts';
import type { ComponentFlags } from './component-flags.ts';

/** The flags as commander hands them over. */
export interface SchedulerFlags extends ComponentFlags {
  readonly config?: string;
}

/** Runs until SIGTERM or SIGINT. */
export async function runScheduler(flags: SchedulerFlags): Promise<void> {
  const settings = flags.config === undefined ? {} : { settings: await readSchedulerSettings(flags.config) };
  await runComponent('kube-scheduler', flags, ({ client, informers, metrics, clock, random, log, resources, answerWith }) => {
    const scheduler = resources.use(startScheduler({ client, informers, metrics, clock, random, log, ...settings, instance: `default-scheduler-${hostname()}` }));
    answerWith((path) => answerOf(scheduler, path));
  });
}

/** `/configz`, and `/debug/scheduling/NAMESPACE/POD` with what the plugins said in the pod's last cycle. */
function answerOf(scheduler: Scheduler, path: string): unknown {
  if (path === '/configz') return { componentconfig: scheduler.configuration };
  const [, namespace, name] = /^\/debug\/scheduling\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  return namespace === undefined || name === undefined ? undefined : scheduler.explain(namespace, name);
}
