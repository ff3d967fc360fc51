/**
 * Pods get the number that their priority class stands for; at most one class is the default.
 *
 * Source: kubernetes `plugin/pkg/admission/priority`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import type { Caches } from '../call.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { priorityClasses } from '#kinds/scheduling/priority-class/kind.ts';
import type { PriorityClass } from '#kinds/scheduling/priority-class/schema.ts';
import type { Draft } from '#machinery/schema.ts';

const PREEMPT = 'PreemptLowerPriority';

/** Of several default classes the one with the lowest value counts. */
function defaultClass(caches: Caches): PriorityClass | undefined {
  const defaults = caches.list(priorityClasses).filter((one) => one.globalDefault);
  return defaults.reduce<PriorityClass | undefined>((lowest, one) => (!lowest || one.value < lowest.value ? one : lowest), undefined);
}

function classOf(caches: Caches, request: AdmissionRequest, name: string | undefined): PriorityClass | undefined {
  if (!name) return defaultClass(caches);
  const found = caches.get(priorityClasses, '', name);
  if (!found) throw refusal(request, `no PriorityClass with name ${name} was found`);
  return found;
}

function admitPod(caches: Caches, request: AdmissionRequest): void {
  const spec = (request.object as Draft<Pod>).spec;
  if (!spec) return;
  if (request.operation === 'UPDATE') {
    const before = (request.old as Pod).spec;
    if (spec.priority === undefined && before.priority !== undefined) spec.priority = before.priority;
    if (spec.preemptionPolicy === undefined && before.preemptionPolicy !== undefined) spec.preemptionPolicy = before.preemptionPolicy;
    return;
  }
  const found = classOf(caches, request, spec.priorityClassName);
  const priority = found?.value ?? 0;
  const policy = found?.preemptionPolicy ?? PREEMPT;
  if (found && !spec.priorityClassName) spec.priorityClassName = found.metadata.name ?? '';
  if (spec.priority !== undefined && spec.priority !== priority) {
    throw refusal(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
    );
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw refusal(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    );
  }
  spec.priority = priority;
  spec.preemptionPolicy = policy;
}

/** The plugin. */
export function priority(caches: Caches): AdmissionPlugin {
  return {
    name: 'Priority',
    interest: { operations: ['CREATE', 'UPDATE'], resources: ['/pods', 'scheduling.k8s.io/priorityclasses'] },
    admit(request) {
      if (request.kind.plural === 'pods') admitPod(caches, request);
    },
    validate(request) {
      if (request.kind.plural !== 'priorityclasses') return;
      const sent = request.object as unknown as PriorityClass;
      if (!sent.globalDefault) return;
      const other = defaultClass(caches);
      if (other && other.metadata.name !== sent.metadata.name) {
        throw refusal(request, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
      }
    },
  };
}
