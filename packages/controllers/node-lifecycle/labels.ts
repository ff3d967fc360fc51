/**
 * Old label keys that follow the present ones.
 */
import type { Node } from '#kinds/core/node/schema.ts';

/** Present key, old key. */
const MIRRORED: readonly (readonly [string, string])[] = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
];

/** Labels to set, by key; empty when they are right. */
export function missingLabels({ metadata }: Node): Readonly<Record<string, string>> {
  const { labels = {} } = metadata;
  const missing: Record<string, string> = {};
  for (const [key, old] of MIRRORED) {
    const value = labels[key];
    if (value !== undefined && labels[old] !== value) missing[old] = value;
  }
  return missing;
}
