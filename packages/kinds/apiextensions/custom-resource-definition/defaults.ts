/**
 * Defaults of custom resource definitions.
 *
 * Source: apiextensions-apiserver `pkg/apis/apiextensions/v1/defaults.go`.
 */
import type { Draft } from '#machinery/schema.ts';
import type { CustomResourceDefinition } from './schema.ts';

const HTTPS_PORT = 443;

/** Fills a definition. */
export function defaultDefinition(draft: Draft<CustomResourceDefinition>): void {
  const spec = (draft.spec ??= {});
  const names = (spec.names ??= {});
  names.singular ||= (names.kind ?? '').toLowerCase();
  if (names.kind) names.listKind ||= `${names.kind}List`;
  spec.conversion ??= { strategy: 'None' };
  const service = spec.conversion.webhook?.clientConfig?.service;
  if (service) service.port ??= HTTPS_PORT;
  const storage = spec.versions?.find((version) => version.storage);
  if (!storage || draft.status?.storedVersions?.length) return;
  draft.status = { ...draft.status, storedVersions: [storage.name ?? ''] };
}
