/**
 * Runs one cycle over a small cluster, for tables of cases.
 */
import { seededRandom } from '#base/random.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { SchedulerCache } from '../cache.ts';
import { CycleRunner, type CycleResult } from '../cycle.ts';
import { defaultProfile } from '../default-profile.ts';
import { fitErrorText } from '../diagnosis.ts';
import type { Plugin } from '../framework.ts';
import { podInfo } from '../pod-info.ts';
import { type ExtensionPoints, extensionPointsOf, Profile } from '../profile.ts';
import { aHandle } from './handle.ts';

/** A cluster with pods on nodes, and labels of namespaces. */
export interface Scene {
  readonly nodes: readonly Node[];
  readonly running?: readonly (readonly [string, Pod])[];
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The cache of a scene. */
export function cacheOf({ nodes, running = [], namespaces = {} }: Scene): SchedulerCache {
  const cache = new SchedulerCache();
  for (const [name, labels] of Object.entries(namespaces)) cache.setNamespace(name, labels);
  for (const node of nodes) cache.setNode(node);
  for (const [node, other] of running) cache.assume(podInfo(other), node);
  return cache;
}

/** A profile of one plugin. */
export function onlyPlugin(plugin: Plugin): Profile {
  return new Profile('default-scheduler', extensionPointsOf([{ plugin, weight: 1 }]) satisfies ExtensionPoints);
}

/** One cycle for `pod`. */
export function place(scene: Scene, pod: Pod, profile: Profile = defaultProfile(aHandle())): CycleResult {
  return new CycleRunner(seededRandom(1)).run(profile, podInfo(pod), { cache: cacheOf(scene) });
}

/** The node's name, or what the pod would be told. */
export function outcome(result: CycleResult): string {
  return result.type === 'fit' ? result.node.name : fitErrorText(result.diagnosis);
}

/** The normalised points that a plugin gave each node: `a=100 b=0`; empty when it did not score. */
export function points(result: CycleResult, plugin: string): string {
  if (result.type !== 'fit') return 'no node fits';
  const { nodes, scorers, points: all, refusals } = result.record;
  const feasible = nodes.filter((node) => !refusals.has(node));
  const index = scorers.findIndex((one) => one.plugin === plugin);
  return index < 0 ? '' : feasible.map(({ name }, i) => `${name}=${all[index * feasible.length + i]}`).join(' ');
}
