/** The flags that say which versions are served and which features are on. */
import type { Command } from 'commander';

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
