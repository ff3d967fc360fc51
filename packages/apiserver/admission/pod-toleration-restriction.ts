/**
 * Pods tolerate what their namespace gives them, and nothing that it does not allow.
 *
 * Source: kubernetes `plugin/pkg/admission/podtolerationrestriction`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Caches } from '../call.ts';
import { type ConfigurationType, readConfigurationValue } from '../configuration.ts';
import { type Toleration, toleration } from '#kinds/core/pod/affinity.ts';
import { namespaces } from '#kinds/core/namespace/kind.ts';
import { qosClass } from '#kinds/core/pod/qos.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { typeMeta } from '#machinery/meta.ts';
import { type Draft, list, message, optional } from '#machinery/schema.ts';
import { internalError } from '#machinery/status.ts';

/** For namespaces that say nothing themselves. */
export interface TolerationConfiguration {
  readonly default?: readonly Toleration[];
  readonly whitelist?: readonly Toleration[];
}

const DEFAULTS = 'scheduler.alpha.kubernetes.io/defaultTolerations';
const ALLOWED = 'scheduler.alpha.kubernetes.io/tolerationsWhitelist';
const MEMORY_PRESSURE: Toleration = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' };

const schema = message('apiserver.PodTolerationConfiguration', {
  ...typeMeta,
  default: optional(0, list(toleration)),
  whitelist: optional(0, list(toleration)),
});
const TYPE: ConfigurationType = { group: 'podtolerationrestriction.admission.k8s.io', versions: ['v1alpha1'], kind: 'Configuration', schema };

/** Reads a parsed configuration. @throws ConfigurationError */
export function readTolerationConfiguration(value: unknown, from: string): TolerationConfiguration {
  return readConfigurationValue<TolerationConfiguration>(value, TYPE, from);
}

/** Whether everything that `narrow` tolerates, `wide` does. */
function covers(wide: Toleration, narrow: Toleration): boolean {
  if (sameValue(wide, narrow)) return true;
  if (wide.key && wide.key !== narrow.key) return false;
  if (!wide.key && (wide.operator ?? 'Equal') !== 'Exists') return false;
  if (wide.effect && wide.effect !== narrow.effect) return false;
  if (
    wide.effect === 'NoExecute' &&
    wide.tolerationSeconds !== undefined &&
    (narrow.tolerationSeconds === undefined || narrow.tolerationSeconds > wide.tolerationSeconds)
  )
    return false;
  if ((wide.operator ?? 'Equal') === 'Exists') return true;
  return (narrow.operator ?? 'Equal') === 'Equal' && (wide.value ?? '') === (narrow.value ?? '');
}

/** Without those that another one covers. */
function merged(tolerations: readonly Toleration[]): Toleration[] {
  const kept: Toleration[] = [];
  for (const [index, one] of tolerations.entries()) {
    const later = tolerations.slice(index + 1);
    if (!kept.some((other) => covers(other, one)) && !later.some((other) => covers(other, one) && !covers(one, other))) kept.push(one);
  }
  return kept;
}

/** The plugin. */
export function podTolerationRestriction(caches: Caches, configured: TolerationConfiguration): AdmissionPlugin {
  const read = ({ namespace }: AdmissionRequest, annotation: string): readonly Toleration[] | undefined => {
    const text = caches.get(namespaces, '', namespace)?.metadata.annotations?.[annotation];
    if (!text) return text === undefined ? undefined : [];
    try {
      return JSON.parse(text) as readonly Toleration[];
    } catch (error) {
      throw internalError(new Error(`the annotation ${annotation} of namespace ${namespace} cannot be read`, { cause: error }));
    }
  };
  return {
    name: 'PodTolerationRestriction',
    interest: { operations: ['CREATE', 'UPDATE'], resources: ['/pods'] },
    admit(request) {
      const pod = request.object as Draft<Pod>;
      if (!pod.spec) return;
      const given = request.operation === 'CREATE' ? (read(request, DEFAULTS) ?? configured.default ?? []) : [];
      const pressure = qosClass(pod.spec) === 'BestEffort' ? [] : [MEMORY_PRESSURE];
      const own = (pod.spec.tolerations ?? []) as readonly Toleration[];
      const all = merged([...own, ...given, ...pressure]);
      if (all.length > 0) pod.spec.tolerations = all.map((one) => ({ ...one }));
    },
    validate(request) {
      const allowed = read(request, ALLOWED) ?? configured.whitelist ?? [];
      if (allowed.length === 0) return;
      const { spec } = request.object as unknown as Pod;
      const stray = (spec.tolerations ?? []).find((one) => !allowed.some((wide) => covers(wide, one)));
      if (stray) throw refusal(request, 'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist');
    },
  };
}
