/** Which kinds are served and which features are on, as the flags say. */
import { defaultFeatureGates } from '#kinds/feature-gates.ts';
import { prereleaseKinds } from '#kinds/prerelease.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { parseRuntimeConfig, servedKinds } from '#kinds/runtime-config.ts';
import { type ConfiguredGates, configureGates } from '#machinery/feature-gates.ts';
import type { Kind } from '#machinery/kind.ts';
import { UserError } from '../cluster/spec.ts';
import type { FeatureFlags } from './feature-flags.ts';

/** What the flags say. */
export interface Features extends ConfiguredGates {
  readonly kinds: readonly Kind[];
}

/** @throws UserError for what is not known or cannot be switched */
export function readFeatures({ featureGates = '', runtimeConfig = '' }: FeatureFlags): Features {
  try {
    return { ...configureGates(defaultFeatureGates, featureGates), kinds: servedKinds([...builtinKinds, ...prereleaseKinds], parseRuntimeConfig(runtimeConfig)) };
  } catch (error) {
    throw new UserError((error as Error).message);
  }
}
