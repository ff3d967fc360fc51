/**
 * DefaultPreemption: a pod that fits nowhere may push out less important ones.
 *
 * Source: the documented behaviour of pod priority and preemption.
 */
import type { InformerFactory } from '#client/informer.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { preemptionText } from '../diagnosis.ts';
import type { Plugin } from '../framework.ts';
import { type Budget, findCandidate, whyNotEligible } from '../preemption.ts';
import { Evictor } from './evictor.ts';
import type { PluginHandle } from './registry.ts';

/** Preemption whose victims are evicted in the background. */
export function defaultPreemption(handle: PluginHandle): Plugin {
  const { informers, tasks } = handle;
  informers.of(podDisruptionBudgets);
  const evictor = new Evictor(handle);
  return {
    name: 'DefaultPreemption',
    postFilter(info, diagnosis, context) {
      const ineligible = whyNotEligible(info, context);
      if (ineligible) return { message: `preemption: ${ineligible}` };
      const preemption = findCandidate(info, diagnosis, context, budgetsOf(informers));
      if (preemption.type === 'none') return { message: preemptionText(diagnosis.nodeCount, preemption.reasonByNode) };
      const { candidate } = preemption;
      tasks.run('preempt', (signal) => evictor.evict(info.pod, candidate, signal));
      return { nominated: candidate.node, message: '' };
    },
  };
}

function budgetsOf(informers: InformerFactory): Budget[] {
  return informers.of(podDisruptionBudgets).lister.list().map((budget) => {
    const selects = compileLabelSelector(budget.spec.selector);
    return {
      disruptionsAllowed: budget.status.disruptionsAllowed,
      matches: (pod) => pod.metadata.namespace === budget.metadata.namespace && selects.matches(pod.metadata.labels ?? {}),
    };
  });
}
