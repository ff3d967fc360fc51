/**
 * What a DeviceTaintRule tells about the pods it drives away, or would.
 *
 * Source: kube-controller-manager `pkg/controller/devicetainteviction`, maybeUpdateRuleStatus.
 */
import type { DeviceTaintRule } from '#kinds/resource/device-taint-rule/schema.ts';
import type { Condition } from '#machinery/meta.ts';

/** What is known of a rule. */
export interface RuleFacts {
  /** Namespaces of pods that it drives away (or would) and that are still there, once per pod. */
  readonly pending: readonly string[];
  /** Pods that this controller deleted because of it. */
  readonly evicted: number;
  /** Devices that it selects: of slices and of claims. */
  readonly published: number;
  readonly allocated: number;
}

const several = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** The condition, but for when it came. */
export function evictionInProgress({ spec, metadata }: DeviceTaintRule, { pending, evicted, published, allocated }: RuleFacts): Omit<Condition, 'lastTransitionTime'> {
  const { effect } = spec.taint;
  const namespaces = several(new Set(pending).size, 'namespace', 'different namespaces');
  const tell = (reason: string, message = '', isPending = false): Omit<Condition, 'lastTransitionTime'> => {
    const count = evicted > 0 ? `${several(evicted, 'pod')} evicted since starting the controller.` : '';
    const text = [message, count].filter(Boolean).join(' ');
    return { type: 'EvictionInProgress', status: isPending ? 'True' : 'False', reason, message: text, ...(metadata.generation ? { observedGeneration: metadata.generation } : {}) };
  };
  if (effect === 'None') {
    const selected = `${several(published, 'published device')} selected. ${several(allocated, 'allocated device')} selected.`;
    const would = `${several(pending.length, 'pod')} would be evicted in ${namespaces} if the effect was NoExecute.`;
    return tell('NoEffect', `${selected} ${would} This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.`);
  }
  if (effect !== 'NoExecute') return tell('OtherEffect', 'Eviction only happens for the NoExecute effect.');
  if (pending.length > 0) return tell('PodsPendingEviction', `${several(pending.length, 'pod needs', 'pods need')} to be evicted in ${namespaces}.`, true);
  return tell(evicted > 0 ? 'Completed' : 'NotStarted');
}
