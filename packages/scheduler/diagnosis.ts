/**
 * The words in which a pod learns why it has no node.
 *
 * Source: the messages of kube-scheduler's FailedScheduling events.
 */
import type { Diagnosis } from './cycle.ts';
import type { Rejection } from './framework.ts';

/** How many nodes gave which rejection, as text: `2 Insufficient cpu, 1 node(s) had …`, sorted as text. */
function reasonsText(counts: Iterable<readonly [Rejection, number]>): string {
  const byReason = new Map<string, number>();
  for (const [{ reasons }, count] of counts) for (const reason of reasons) byReason.set(reason, (byReason.get(reason) ?? 0) + count);
  return [...byReason]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ');
}

/** How many nodes gave each rejection. */
function countRejections({ nodes, refusals, others }: Diagnosis): Map<Rejection, number> {
  const counts = new Map<Rejection, number>();
  for (const { rejection } of refusals.values()) counts.set(rejection, (counts.get(rejection) ?? 0) + 1);
  const left = nodes.length - refusals.size;
  if (others && left > 0) counts.set(others.rejection, left);
  return counts;
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 …. preemption: …`. */
export function fitErrorText(diagnosis: Diagnosis, postFilterText = ''): string {
  let text = `0/${diagnosis.nodes.length} nodes are available:`;
  if (diagnosis.preFilterMessage !== undefined) text += ` ${diagnosis.preFilterMessage}.`;
  else {
    const reasons = reasonsText(countRejections(diagnosis));
    if (reasons) text += ` ${reasons}.`;
  }
  return postFilterText ? `${text} ${postFilterText}` : text;
}

/** `preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, …`. `counts`: how many nodes gave which reason. */
export function preemptionText(nodeCount: number, counts: ReadonlyMap<Rejection, number>): string {
  const reasons = reasonsText(counts);
  return `preemption: 0/${nodeCount} nodes are available:${reasons ? ` ${reasons}.` : ''}`;
}

/** What a pod is told whose node was refused after the cycle by a reserve, permit or preBind plugin. */
export function refusalText(rejection: Rejection): string {
  return `0/1 nodes are available: ${reasonsText([[rejection, 1]])}.`;
}
