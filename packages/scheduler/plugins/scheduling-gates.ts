/**
 * SchedulingGates: a pod with gates stays out of the queue until they are gone.
 */
import type { Plugin } from '../framework.ts';

/** `spec.schedulingGates`. */
export function schedulingGates(): Plugin {
  return {
    name: 'SchedulingGates',
    preEnqueue(pod) {
      const gates = pod.spec.schedulingGates ?? [];
      return gates.length === 0 ? undefined : { reasons: [`waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]`], resolvable: false };
    },
  };
}
