/**
 * The pods behind a workload or service, by its selector; running and newest first, as kubectl picks one for logs, exec and port-forward.
 */
import { CliError } from '../io.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import type { Resource } from '../resources.ts';
import { listAll } from '../selection.ts';
import type { Session } from '../session.ts';

/** A label selector (object or plain map) as query text. @throws CliError when there is none. */
export function selectorText(object: AnyObject): string {
  const selector = valueAt(object, 'spec', 'selector') as Record<string, unknown> | undefined;
  if (!selector) throw new CliError(`error: cannot attach to ${object.kind}: it has no selector`);
  const isPlain = object.kind === 'Service' || object.kind === 'ReplicationController';
  const labels = (isPlain ? selector : (selector['matchLabels'] ?? {})) as Record<string, string>;
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  for (const { key, operator, values = [] } of (isPlain ? [] : (selector['matchExpressions'] ?? [])) as { key: string; operator: string; values?: string[] }[]) {
    if (operator === 'In' || operator === 'NotIn') parts.push(`${key} ${operator.toLowerCase()} (${values.join(',')})`);
    else parts.push(operator === 'Exists' ? key : `!${key}`);
  }
  return parts.join(',');
}

/** Pods that the object's selector means, best first. */
export async function podsOf(session: Session, podResource: Resource, object: AnyObject): Promise<AnyObject[]> {
  const pods = await listAll(session, { resource: podResource, namespace: object.metadata.namespace, names: [] }, { selector: selectorText(object) });
  const rank = (pod: AnyObject): number => (isReady(pod) ? 0 : textAt(pod, 'status', 'phase') === 'Running' ? 1 : 2);
  return pods.toSorted((a, b) => rank(a) - rank(b) || (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? ''));
}

function isReady(pod: AnyObject): boolean {
  return listAt(pod, 'status', 'conditions').some((one) => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True');
}

/** A pod's containers as messages list them: those that run, then those that ran before, so marked. */
export function containerNames(pod: AnyObject): string {
  const names = (field: string): string[] => listAt(pod, 'spec', field).map((one) => textAt(one, 'name'));
  return [...names('containers'), ...names('initContainers').map((name) => `${name} (init)`), ...names('ephemeralContainers').map((name) => `${name} (ephem)`)].join(', ');
}
