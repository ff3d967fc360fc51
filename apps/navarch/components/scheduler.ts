/**
 * `navarch scheduler`: the scheduler alone, beside any API server.
 */
import { hostname } from 'node:os';
import { startScheduler } from '#scheduler/scheduler.ts';
import { runComponent } from './component.ts';
import type { ComponentFlags } from './component-flags.ts';

/** Runs until SIGTERM or SIGINT. */
export async function runScheduler(flags: ComponentFlags): Promise<void> {
  await runComponent('kube-scheduler', flags, ({ client, informers, metrics, clock, random, log, resources }) => {
    resources.use(startScheduler({ client, informers, metrics, clock, random, log, instance: `default-scheduler-${hostname()}` }));
  });
}
