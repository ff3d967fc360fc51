/**
 * The pods of a Job: its template, with a finalizer and, in indexed Jobs, an identity.
 */
import type { Job } from '#kinds/batch/job/schema.ts';
import type { Pod, PodTemplateSpec } from '#kinds/core/pod/schema.ts';
import type { Container } from '#kinds/core/pod/container.ts';
import type { PodIdentity } from '../workload/pod-control.ts';
import { COMPLETION_INDEX, countAnnotation, INDEX_FAILURES, INDEX_IGNORED_FAILURES, TRACKING_FINALIZER } from './job-pods.ts';
import { judgeFailure } from './policies.ts';

const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX';
/** Generated names have 63 characters, of which 5 are random. */
const MAX_PREFIX = 58;

function withIndexVariable<C extends Pick<Container, 'env'>>(container: C): C {
  if (container.env?.some(({ name }) => name === INDEX_VARIABLE)) return container;
  const variable = { name: INDEX_VARIABLE, valueFrom: { fieldRef: { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` } } };
  return { ...container, env: [...(container.env ?? []), variable] };
}

/** The template of the pod with this index. */
export function podTemplate(job: Job, index: number | undefined): Pick<PodTemplateSpec, 'metadata' | 'spec'> {
  const { metadata, spec } = job.spec.template;
  const finalizers = metadata.finalizers?.filter((one) => one !== TRACKING_FINALIZER) ?? [];
  if (index === undefined) return { metadata: { ...metadata, finalizers }, spec };
  const { initContainers } = spec;
  return {
    metadata: { ...metadata, finalizers },
    spec: {
      ...spec,
      hostname: `${job.metadata.name}-${index}`,
      containers: spec.containers.map(withIndexVariable),
      ...(initContainers ? { initContainers: initContainers.map(withIndexVariable) } : {}),
    },
  };
}

/** How often the index has failed so far, with `replaced` its last failed pod. */
function failureAnnotations(job: Job, replaced: Pod | undefined): Readonly<Record<string, string>> {
  if (job.spec.backoffLimitPerIndex === undefined) return {};
  const counts = replaced !== undefined && judgeFailure(job, replaced).counts;
  const failures = replaced ? countAnnotation(replaced, INDEX_FAILURES) + Number(counts) : 0;
  const ignored = replaced ? countAnnotation(replaced, INDEX_IGNORED_FAILURES) + Number(!counts) : 0;
  return { [INDEX_FAILURES]: String(failures), ...(ignored > 0 ? { [INDEX_IGNORED_FAILURES]: String(ignored) } : {}) };
}

/** What the pod with this index has besides its template. */
export function podIdentity(job: Job, index: number | undefined, replaced: Pod | undefined): PodIdentity {
  const finalizers = [TRACKING_FINALIZER];
  if (index === undefined) return { finalizers };
  const suffix = `-${index}-`;
  return {
    finalizers,
    generateName: `${(job.metadata.name ?? '').slice(0, MAX_PREFIX - suffix.length)}${suffix}`,
    labels: { [COMPLETION_INDEX]: String(index) },
    annotations: { [COMPLETION_INDEX]: String(index), ...failureAnnotations(job, replaced) },
  };
}
