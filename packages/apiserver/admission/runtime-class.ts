/**
 * Pods that name a runtime class get its overhead and go where it can run.
 *
 * Source: kubernetes `plugin/pkg/admission/runtimeclass`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Caches } from '../call.ts';
import type { Pod, PodSpec } from '#kinds/core/pod/schema.ts';
import { runtimeClasses } from '#kinds/node/runtime-class/kind.ts';
import type { RuntimeClass } from '#kinds/node/runtime-class/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Draft } from '#machinery/schema.ts';

function takeOverhead(request: AdmissionRequest, spec: Draft<PodSpec>, { overhead }: RuntimeClass): void {
  if (!overhead?.podFixed) return;
  if (spec.overhead && !sameValue(spec.overhead, overhead.podFixed)) {
    throw refusal(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
  }
  spec.overhead = { ...overhead.podFixed };
}

function takeScheduling(request: AdmissionRequest, spec: Draft<PodSpec>, { scheduling, metadata }: RuntimeClass): void {
  if (!scheduling) return;
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key];
    if (own !== undefined && own !== value) {
      throw refusal(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own} (RuntimeClass ${metadata.name})`,
      );
    }
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value };
  }
  const own = spec.tolerations ?? [];
  const added = (scheduling.tolerations ?? []).filter((toleration) => !own.some((one) => sameValue(one, toleration)));
  if (added.length > 0) spec.tolerations = [...own, ...added.map((toleration) => ({ ...toleration }))];
}

/** The plugin. */
export function runtimeClass(caches: Caches): AdmissionPlugin {
  return {
    name: 'RuntimeClass',
    interest: { operations: ['CREATE'], resources: ['/pods'] },
    admit(request) {
      const spec = (request.object as Draft<Pod>).spec;
      if (!spec) return;
      if (!spec.runtimeClassName) {
        if (spec.overhead && Object.keys(spec.overhead).length > 0)
          throw refusal(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
        return;
      }
      const found = caches.get(runtimeClasses, '', spec.runtimeClassName);
      if (!found) throw refusal(request, `pod rejected: RuntimeClass ${JSON.stringify(spec.runtimeClassName)} not found`);
      takeOverhead(request, spec, found);
      takeScheduling(request, spec, found);
    },
  };
}
