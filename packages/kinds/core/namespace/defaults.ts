import type { Draft } from '#machinery/schema.ts';
import type { Namespace } from './schema.ts';

/** Label that every namespace carries with its own name, so that selectors can name namespaces. */
export const METADATA_NAME_LABEL = 'kubernetes.io/metadata.name';

/** Fills a namespace. */
export function defaultNamespace(draft: Draft<Namespace>): void {
  labelWithName(draft);
  if (!draft.status?.phase) draft.status = { ...draft.status, phase: 'Active' };
}

/** Sets the name label; for generated names it can be set only once the name is known. */
export function labelWithName(draft: Draft<Namespace>): void {
  const name = draft.metadata?.name;
  if (!name || draft.metadata?.labels?.[METADATA_NAME_LABEL] === name) return;
  draft.metadata = { ...draft.metadata, labels: { ...draft.metadata?.labels, [METADATA_NAME_LABEL]: name } };
}
