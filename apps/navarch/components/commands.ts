/**
 * The commands of components that run alone.
 */
import type { Command } from 'commander';
import { addComponentFlags } from './component-flags.ts';
import { addControllerManagerFlags, type ControllerManagerFlags } from './controller-manager-flags.ts';
import type { SchedulerFlags } from './scheduler.ts';

/** Adds `controller-manager` and `scheduler`. */
export function addControlPlaneCommands(program: Command): void {
  addControllerManagerFlags(program.command('controller-manager').description('run the controllers alone, beside an API server')).action(async (flags: ControllerManagerFlags) =>
    (await import('./controller-manager.ts')).runControllerManager(flags),
  );
  addComponentFlags(program.command('scheduler').description('run the scheduler alone, beside an API server'), { name: 'kube-scheduler', securePort: 10259 })
    .option('--config <file>', 'KubeSchedulerConfiguration (YAML or JSON)')
    .action(async (flags: SchedulerFlags) => (await import('./scheduler.ts')).runScheduler(flags));
}
