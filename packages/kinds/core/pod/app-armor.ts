/**
 * AppArmor profiles of pods that still name them in annotations.
 *
 * Source: kubernetes `pkg/registry/core/pod/strategy.go` applyAppArmorVersionSkew.
 */
import type { Draft } from '#machinery/schema.ts';
import { sameValue } from '../../semantic-equal.ts';
import type { PodSpec } from './schema.ts';
import { APP_ARMOR_PREFIX, appArmorOfAnnotation } from './validation/profiles.ts';

/** Puts the profiles that annotations name into the fields of containers that have none, unless the pod's own is the same. */
export function appArmorFields(spec: Draft<PodSpec>, annotations: Readonly<Record<string, string | undefined>> | undefined): void {
  if (!annotations || spec.os?.name === 'windows') return;
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const) {
    for (const container of spec[list] ?? []) {
      const annotation = annotations[APP_ARMOR_PREFIX + (container.name ?? '')];
      if (annotation === undefined || container.securityContext?.appArmorProfile) continue;
      const profile = appArmorOfAnnotation(annotation);
      if (!profile || sameValue(profile, spec.securityContext?.appArmorProfile)) continue;
      container.securityContext = { ...container.securityContext, appArmorProfile: profile };
    }
  }
}
