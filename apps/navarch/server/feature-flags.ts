/** The flags that say which versions are served and which features are on. */
import type { Command } from 'commander';
import { defaultFeatureGates } from '#kinds/feature-gates.ts';
import { prereleaseKinds } from '#kinds/prerelease.ts';
import { builtinKinds } from '#kinds/registry.ts';
import { parseRuntimeConfig, servedKinds } from '#kinds/runtime-config.ts';
import { type ConfiguredGates, configureGates } from '#machinery/feature-gates.ts';
import type { Kind } from '#machinery/kind.ts';
import { UserError } from '../cluster/spec.ts';

/** The flags as commander hands them over. */
export interface FeatureFlags {
  readonly featureGates?: string;
  readonly runtimeConfig?: string;
}

/** Adds them. */
export function addFeatureFlags(command: Command): Command {
  return command
    .option('--feature-gates <gates>', 'features to switch, such as HPAScaleToZero=true,AllBeta=true')
    .option('--runtime-config <versions>', 'API versions to serve or not, such as api/beta=true or networking.k8s.io/v1beta1=true');
}

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
