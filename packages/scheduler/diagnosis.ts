/**
 * The words in which a pod learns why it has no node.
 *
 * Source: the messages of kube-scheduler's FailedScheduling events.
 */
import type { Diagnosis } from './cycle.ts';
import type { Rejection } from './framework.ts';

/** `2 Insufficient cpu, 1 node(s) had …`: how often each reason was given, sorted as text. */
export function reasonsText(reasons: Iterable<string>): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .toSorted()
    .join(', ');
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 …. preemption: …`. */
export function fitErrorText(diagnosis: Diagnosis, postFilterText = ''): string {
  let text = `0/${diagnosis.nodeCount} nodes are available:`;
  if (diagnosis.preFilter) text += ` ${diagnosis.preFilter.reasons.join(', ')}.`;
  else {
    const reasons = reasonsText([...diagnosis.byNode.values()].flatMap((one) => one.rejection.reasons));
    if (reasons) text += ` ${reasons}.`;
  }
  return postFilterText ? `${text} ${postFilterText}` : text;
}

/** `preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, …`. */
export function preemptionText(nodeCount: number, reasonByNode: ReadonlyMap<string, string>): string {
  const reasons = reasonsText(reasonByNode.values());
  return `preemption: 0/${nodeCount} nodes are available:${reasons ? ` ${reasons}.` : ''}`;
}

/** What a pod is told whose node was refused after the cycle by a reserve, permit or preBind plugin. */
export function refusalText({ reasons }: Rejection): string {
  return `0/1 nodes are available: ${reasonsText(reasons)}.`;
}
