/**
 * A first look at a node that has just changed: could it take the pod if it were empty?
 */
import type { Node } from '#kinds/core/node/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { amountOf, amountsOf, podAmounts } from '../resources.ts';

/** Whether the node has at all what the pod requests. */
export function fitsEmpty(pod: Pod, { status }: Node): boolean {
  const wanted = podAmounts(pod, false);
  const has = amountsOf(status.allocatable ?? status.capacity);
  if (wanted.cpuMillis > has.cpuMillis || wanted.memoryBytes > has.memoryBytes || wanted.ephemeralBytes > has.ephemeralBytes) return false;
  for (const [name, amount] of wanted.scalars) if (amount > amountOf(has, name)) return false;
  return true;
}
