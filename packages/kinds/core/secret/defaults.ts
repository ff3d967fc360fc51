import type { Draft } from '#machinery/schema.ts';
import type { Secret } from './schema.ts';

/** Fills a secret; `stringData` is write-only and becomes part of `data`. */
export function defaultSecret(draft: Draft<Secret>): void {
  draft.type ||= 'Opaque';
  if (!draft.stringData) return;
  const data: Record<string, string | undefined> = { ...draft.data };
  for (const [key, text] of Object.entries(draft.stringData)) data[key] = Buffer.from(text ?? '', 'utf8').toString('base64');
  draft.data = data as Record<string, string>;
  delete draft.stringData;
}
