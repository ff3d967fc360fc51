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
import { CandidateMemory } from '../candidate-memory.ts';
import type { Plugin, PostFilterResult, Rejection } from '../framework.ts';
import type { PodInfo } from '../pod-info.ts';
import { bestCandidate, type Budget, type Candidate, findCandidates, PREEMPTION_DEFAULTS, type PreemptionArgs, whyNotEligible } from '../preemption.ts';
import { type Clearing, Evictor } from './evictor.ts';
import type { PluginHandle } from './registry.ts';

/** Preemption whose victims are evicted in the background. */
export function defaultPreemption(handle: PluginHandle, args: PreemptionArgs = PREEMPTION_DEFAULTS): Plugin {
  const { informers, tasks, random, metrics, extenders } = handle;
  informers.of(podDisruptionBudgets);
  const evictor = new Evictor(handle);
  const memory = new CandidateMemory<Candidate | Rejection>();
  /** Pods whose victims are being removed. */
  const preempting = new Set<string>();
  const evict = (preemptor: PodInfo, clearing: Clearing): void => {
    preempting.add(preemptor.uid);
    tasks.run('preempt', async (signal) => {
      try {
        await evictor.evict(preemptor.pod, clearing, signal);
      } finally {
        preempting.delete(preemptor.uid);
        handle.recheck(preemptor.uid);
      }
    });
  };
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
      const { candidates, rejections } = findCandidates({ pod: info, diagnosis, context, budgets: budgetsOf(informers), args, random, memory });
      const clear = (offered: readonly Candidate[]): PostFilterResult => {
        const best = bestCandidate(offered);
        if (!best) return { nominated: '', message: preemptionText(diagnosis.nodes.length, rejections) };
        metrics.preemptionVictims.observe(best.victims.length);
        evict(info, { ...best, displaced: context.nominator?.behind(info, best.node) ?? [] });
        return { nominated: best.node, message: '' };
      };
      if (!extenders?.concernPreemption(info.pod)) return clear(candidates);
      return extenders.preempt(info.pod, candidates, tasks.signal).then(clear);
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
