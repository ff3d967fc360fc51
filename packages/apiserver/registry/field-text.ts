/**
 * The texts that field selectors compare.
 */
import type { Kind, KubeObject } from '#machinery/kind.ts';

/** The text of a selectable field. */
export function fieldText(kind: Kind, object: KubeObject, label: string): string {
  if (label === 'metadata.name') return object.metadata.name ?? '';
  if (label === 'metadata.namespace') return object.metadata.namespace ?? '';
  return kind.selectableFields[label]?.(object) ?? '';
}
