/**
 * Metrics of attached volumes, under upstream's names.
 *
 * Source: kube-controller-manager `pkg/controller/volume/attachdetach/metrics`.
 */
import type { Counter, MetricRegistry, Sample } from '#base/metrics.ts';

/** Counts of a two-part key: the node or state, and the plugin. */
export type PluginCounts = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Counts volumes by where they are and who serves them. `volumes`: such pairs. */
export function countPlugins(volumes: Iterable<readonly [string, string]>): PluginCounts {
  const counts = new Map<string, Map<string, number>>();
  for (const [where, plugin] of volumes) {
    const plugins = counts.get(where) ?? new Map<string, number>();
    counts.set(where, plugins);
    plugins.set(plugin, (plugins.get(plugin) ?? 0) + 1);
  }
  return counts;
}

/** Registers volumes in use by node and volumes by state (`desired_state_of_world`, `actual_state_of_world`); answers the counter of forced detaches by reason. */
export function attachMetrics(registry: MetricRegistry | undefined, inUse: () => PluginCounts, byState: () => PluginCounts): Counter | undefined {
  const samples = (counts: PluginCounts, labels: (where: string, plugin: string) => readonly string[]): Sample[] =>
    [...counts].flatMap(([where, plugins]) => [...plugins].map(([plugin, value]) => ({ labels: labels(where, plugin), value })));
  registry?.gauge({ name: 'storage_count_attachable_volumes_in_use', help: 'Measure number of volumes in use', labels: ['node', 'volume_plugin'] }, () => samples(inUse(), (node, plugin) => [node, plugin]));
  registry?.gauge({ name: 'attachdetach_controller_total_volumes', help: 'Number of volumes in A/D Controller', labels: ['plugin_name', 'state'] }, () => samples(byState(), (state, plugin) => [plugin, state]));
  return registry?.counter({
    name: 'attach_detach_controller_attachdetach_controller_forced_detaches',
    help: 'Number of times the A/D Controller performed a forced detach',
    labels: ['reason'],
  });
}
