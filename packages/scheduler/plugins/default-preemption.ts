/**
 * DefaultPreemption: a pod that fits nowhere may push out less important ones. The decision is part of the cycle; the victims are removed in the background, and
 * until they are, the pod stays out of the active queue.
 *
 * Source: the documented behaviour of pod priority and preemption.
 */
import type { InformerFactory } from '#client/informer.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { preemptionText } from '../diagnosis.ts';
import type { Plugin } from '../framework.ts';
import { bestCandidate, type Budget, findCandidates, PREEMPTION_DEFAULTS, type PreemptionArgs, whyNotEligible } from '../preemption.ts';
import { Evictor } from './evictor.ts';
import type { PluginHandle } from './registry.ts';

/** Preemption whose victims are evicted in the background. */
export function defaultPreemption(handle: PluginHandle, args: PreemptionArgs = PREEMPTION_DEFAULTS): Plugin {
  const { informers, tasks, random, metrics } = handle;
  informers.of(podDisruptionBudgets);
  const evictor = new Evictor(handle);
  /** Pods whose victims are being removed. */
  const preempting = new Set<string>();
  return {
    name: 'DefaultPreemption',
    preEnqueue(pod) {
      return preempting.has(pod.metadata.uid!) ? { reasons: ['waiting for the preemption for this pod to be finished'], resolvable: false } : undefined;
    },
    events: [{ on: ['AssignedPodDelete'] }],
    postFilter(info, diagnosis, context) {
      const ineligible = whyNotEligible({ pod: info, diagnosis, context });
      if (ineligible) return { message: `preemption: ${ineligible}` };
      metrics.preemptionAttempts.increment();
      const { candidates, rejections } = findCandidates({ pod: info, diagnosis, context, budgets: budgetsOf(informers), args, random });
      const best = bestCandidate(candidates);
      if (!best) return { nominated: '', message: preemptionText(diagnosis.nodes.length, rejections) };
      metrics.preemptionVictims.observe(best.victims.length);
      const displaced = context.nominator?.behind(info, best.node) ?? [];
      preempting.add(info.uid);
      tasks.run('preempt', async (signal) => {
        try {
          await evictor.evict(info.pod, { ...best, displaced }, signal);
        } finally {
          preempting.delete(info.uid);
          handle.recheck(info.uid);
        }
      });
      return { nominated: best.node, message: '' };
    },
  };
}

function budgetsOf(informers: InformerFactory): Budget[] {
  return informers.of(podDisruptionBudgets).lister.list().map((budget) => {
    const selects = compileLabelSelector(budget.spec.selector);
    const { disruptedPods = {}, disruptionsAllowed } = budget.status;
    return {
      disruptionsAllowed,
      // Pods that are on their way out already are counted in what is allowed.
      matches: ({ metadata }) => metadata.namespace === budget.metadata.namespace && selects.matches(metadata.labels ?? {}) && !Object.hasOwn(disruptedPods, metadata.name!),
    };
  });
}
