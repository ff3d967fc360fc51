/**
 * Whether a node is one that a selector means: for node selectors, node affinity of pods and of volumes.
 *
 * Source: the documented operators of node selector terms.
 */
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../references.ts';
import type { Pod } from '../pod/schema.ts';
import type { Node } from './schema.ts';

type Labels = Readonly<Record<string, string>>;

const INTEGER = /^[+-]?\d+$/;

/** Whether labels meet one requirement. */
export function meetsRequirement({ key, operator, values = [] }: NodeSelectorRequirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      const bound = values[0];
      if (value === undefined || bound === undefined || !INTEGER.test(value) || !INTEGER.test(bound)) return false;
      return operator === 'Gt' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
    }
    default:
      return false;
  }
}

/** Whether the node meets all requirements of the term; an empty term means no node. */
export function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  const labels = node.metadata.labels ?? {};
  const fields = { 'metadata.name': node.metadata.name ?? '' };
  return matchExpressions.every((one) => meetsRequirement(one, labels)) && matchFields.every((one) => meetsRequirement(one, fields));
}

/** Whether one of the selector's terms means the node. */
export function matchesNodeSelector(selector: NodeSelector, node: Node): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesTerm(term, node));
}

/** Whether the node is one that the pod's nodeSelector and required node affinity admit. */
export function admitsNode(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    if (!Object.hasOwn(labels, key) || labels[key] !== value) return false;
  }
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}
