/**
 * Profiles from their settings: which plugins run at which extension point, in which order and with which weight.
 *
 *     built-in plugins  +  multiPoint (enabled, disabled)        -> plugins of every point they implement
 *     a point's own enabled, disabled                            -> corrections for that point
 *
 * Source: the documented rules of `multiPoint` and of the extension points' sets.
 */
import type { Plugin } from '../framework.ts';
import { DEFAULT_PLUGINS, type PluginArgs, type PluginHandle } from '../plugins/registry.ts';
import { type ExtensionPoints, Profile, type WeightedPlugin } from '../profile.ts';
import { type ProfileSettings, SchedulerConfigError } from './read.ts';
import type { PluginSet } from './schema.ts';

/** The method that makes a plugin one of the point. */
const METHODS = {
  preEnqueue: 'preEnqueue',
  queueSort: 'before',
  preFilter: 'preFilter',
  filter: 'filter',
  postFilter: 'postFilter',
  preScore: 'preScore',
  score: 'score',
  reserve: 'reserve',
  permit: 'permit',
  preBind: 'preBind',
  bind: 'bind',
  postBind: 'postBind',
} as const satisfies Record<keyof ExtensionPoints, keyof Plugin>;

type Point = keyof typeof METHODS;

/** A plugin that is switched on, with the weight it was given (0: none). */
interface Enabled {
  readonly name: string;
  readonly weight: number;
}

const ALL = '*';

/** Makes the profiles; `handleOf`: what the plugins of a profile use. @throws SchedulerConfigError when a plugin does not exist or does not fit. */
export function makeProfiles(settings: readonly ProfileSettings[], handleOf: (schedulerName: string) => PluginHandle): Profile[] {
  return settings.map((one) => makeProfile(one, handleOf(one.schedulerName)));
}

function makeProfile({ schedulerName, percentageOfNodesToScore, plugins, args }: ProfileSettings, handle: PluginHandle): Profile {
  const everywhere = merged(DEFAULT_PLUGINS, plugins.multiPoint ?? {});
  const maker = new PluginMaker(handle, args);
  const points = Object.fromEntries(
    (Object.keys(METHODS) as Point[]).map((point) => {
      const enabled = expand(point, { everywhere, own: plugins[point] ?? {}, maker });
      return [point, point === 'score' ? enabled : enabled.map((one) => one.plugin)];
    }),
  ) as unknown as ExtensionPoints;
  checkPoints(schedulerName, points);
  return new Profile(schedulerName, points, percentageOfNodesToScore);
}

/** The built-in plugins without those disabled; one that is enabled again takes its place with the new weight, others follow. */
function merged(defaults: readonly Enabled[], { enabled = [], disabled = [] }: PluginSet): Enabled[] {
  const off = new Set(disabled.map(({ name }) => name));
  const given = new Map(enabled.map(({ name, weight = 0 }) => [name, { name, weight }]));
  const kept = off.has(ALL) ? [] : defaults.filter(({ name }) => !off.has(name));
  const replaced = kept.map((one) => given.get(one.name) ?? one);
  const names = new Set(kept.map(({ name }) => name));
  return [...replaced, ...[...given.values()].filter(({ name }) => !names.has(name))];
}

/** Makes each plugin once. */
class PluginMaker {
  readonly #handle: PluginHandle;
  readonly #args: PluginArgs;
  readonly #made = new Map<string, Plugin>();

  constructor(handle: PluginHandle, args: PluginArgs) {
    this.#handle = handle;
    this.#args = args;
  }

  plugin(name: string): Plugin {
    const known = this.#made.get(name);
    if (known) return known;
    const entry = DEFAULT_PLUGINS.find((one) => one.name === name);
    if (!entry) throw new SchedulerConfigError(`initializing profiles: plugin ${JSON.stringify(name)} does not exist`);
    const made = entry.make(this.#handle, this.#args);
    this.#made.set(name, made);
    return made;
  }
}

interface Expansion {
  readonly everywhere: readonly Enabled[];
  readonly own: PluginSet;
  readonly maker: PluginMaker;
}

/** The plugins of a point: those named both here and everywhere first (in the order given here), then those from everywhere, then the others named here. */
function expand(point: Point, { everywhere, own, maker }: Expansion): WeightedPlugin[] {
  const method = METHODS[point];
  const off = new Set((own.disabled ?? []).map(({ name }) => name));
  const named = own.enabled ?? [];
  const names = new Set<string>();
  for (const { name } of named) {
    if (maker.plugin(name)[method] === undefined) throw new SchedulerConfigError(`initializing profiles: plugin ${JSON.stringify(name)} does not extend ${point} plugin`);
    if (names.has(name)) throw new SchedulerConfigError(`initializing profiles: plugin ${JSON.stringify(name)} already registered as ${JSON.stringify(point)}`);
    names.add(name);
  }
  const inherited = off.has(ALL) ? [] : everywhere.filter(({ name }) => !off.has(name) && implementsPoint(maker.plugin(name), point));
  const inheritedNames = new Set(inherited.map(({ name }) => name));
  const weightOf = (name: string, weight: number): WeightedPlugin => ({
    plugin: maker.plugin(name),
    weight: weight || everywhere.find((one) => one.name === name)?.weight || 1,
  });
  return [
    ...named.filter(({ name }) => inheritedNames.has(name)).map(({ name, weight = 0 }) => weightOf(name, weight)),
    ...inherited.filter(({ name }) => !names.has(name)).map(({ name, weight }) => weightOf(name, weight)),
    ...named.filter(({ name }) => !inheritedNames.has(name)).map(({ name, weight = 0 }) => weightOf(name, weight)),
  ];
}

function implementsPoint(plugin: Plugin, point: Point): boolean {
  return plugin[METHODS[point]] !== undefined || (point === 'reserve' && plugin.unreserve !== undefined);
}

function checkPoints(schedulerName: string, { queueSort, bind }: ExtensionPoints): void {
  const why =
    queueSort.length > 1
      ? `only one queue sort plugin required for profile with scheduler name ${JSON.stringify(schedulerName)}, but got ${queueSort.length}`
      : queueSort.length === 0
        ? `no queue sort plugin is enabled for profile with scheduler name ${JSON.stringify(schedulerName)}`
        : bind.length === 0
          ? 'at least one bind plugin is needed'
          : undefined;
  if (why) throw new SchedulerConfigError(`initializing profiles: creating profile for scheduler name ${schedulerName}: ${why}`);
}
