/**
 * What an update may change in the pod template of a job.
 *
 * Source: kubernetes `pkg/apis/batch/validation` validatePodTemplateUpdate; KEP-2926, KEP-5440 (on by default since 1.36).
 */
import type { KindContext } from '#machinery/kind.ts';
import type { PodSpec, PodTemplateSpec } from '../../core/pod/schema.ts';
import { sameValue } from '../../semantic-equal.ts';
import type { Job } from './schema.ts';

type Containers = NonNullable<PodSpec['containers']>;
type Open<T> = { -readonly [K in keyof T]: T[K] };

/** The template that the changed job must have: the stored one, with what the new one may set while no pod of the job runs. */
export function expectedTemplate(job: Job, stored: Job, { gate }: Pick<KindContext, 'gate'>): PodTemplateSpec {
  const { startTime, active = 0 } = stored.status;
  if (stored.spec.suspend !== true) return stored.spec.template;
  const next = job.spec.template;
  const movable = startTime === undefined || (active === 0 && gate('MutableSchedulingDirectivesForSuspendedJobs'));
  const moved = movable ? withPlacement(stored.spec.template, next) : stored.spec.template;
  return active === 0 && gate('MutablePodResourcesForSuspendedJobs') ? withResources(moved, next) : moved;
}

/** The stored template with the scheduling directives of the new one. */
function withPlacement(stored: PodTemplateSpec, next: PodTemplateSpec): PodTemplateSpec {
  const spec: Open<PodSpec> = { ...stored.spec };
  for (const name of ['nodeSelector', 'tolerations', 'schedulingGates'] as const) assign(spec, name, next.spec[name]);
  const affinity = { ...stored.spec.affinity };
  if (next.spec.affinity?.nodeAffinity) affinity.nodeAffinity = next.spec.affinity.nodeAffinity;
  else delete affinity.nodeAffinity;
  assign(spec, 'affinity', Object.keys(affinity).length || next.spec.affinity ? affinity : undefined);
  const metadata = { ...stored.metadata };
  assign(metadata, 'labels', next.metadata?.labels);
  assign(metadata, 'annotations', next.metadata?.annotations);
  return { ...stored, metadata: sameValue(metadata, {}) ? next.metadata : metadata, spec };
}

/** A template whose containers request what those of the new one do. */
function withResources(template: PodTemplateSpec, next: PodTemplateSpec): PodTemplateSpec {
  const spec: Open<PodSpec> = { ...template.spec };
  for (const name of ['containers', 'initContainers'] as const) assign(spec, name, resized(spec[name], next.spec[name]));
  return { ...template, spec };
}

function resized(stored: Containers | undefined, next: Containers | undefined): Containers | undefined {
  return stored?.map((container, index) => {
    const other = next?.[index];
    return other?.name === container.name ? { ...container, resources: other.resources } : container;
  });
}

function assign<T, K extends keyof T>(target: { -readonly [P in keyof T]?: T[P] }, name: K, value: T[K] | undefined): void {
  if (value === undefined) delete target[name];
  else target[name] = value;
}
