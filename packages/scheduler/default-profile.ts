/**
 * The default profile.
 *
 * Source: the documented default plugins and weights.
 */
import { DEFAULT_PLUGINS, type PluginHandle } from './plugins/registry.ts';
import { extensionPointsOf, Profile } from './profile.ts';

/** The scheduler's name unless a pod asks for another. */
export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';

/** Every built-in plugin with its defaults. */
export function defaultProfile(handle: PluginHandle): Profile {
  return new Profile(DEFAULT_SCHEDULER_NAME, extensionPointsOf(DEFAULT_PLUGINS.map(({ weight, make }) => ({ plugin: make(handle, {}), weight }))));
}
