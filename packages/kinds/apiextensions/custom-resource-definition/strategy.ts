/**
 * The life of custom resource definitions.
 *
 * Source: apiextensions-apiserver `pkg/registry/customresourcedefinition/strategy.go`.
 */
import type { Strategy } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { sameValue } from '../../semantic-equal.ts';
import { ALL_METADATA, nextGeneration, startGeneration, statusSubresource } from '../../strategy.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from './schema.ts';
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from './validation.ts';

/** Rules of a definition's life. */
export const definitionStrategy: Strategy<CustomResourceDefinition> = {
  prepareForCreate(draft) {
    draft.status = withStorageVersion(draft, { acceptedNames: { plural: '', kind: '' }, conditions: [], storedVersions: [] });
    startGeneration(draft);
  },
  prepareForUpdate(draft, stored) {
    draft.status = withStorageVersion(draft, stored.status as Draft<CustomResourceDefinitionStatus>);
    nextGeneration(draft, stored, !sameValue(draft.spec, stored.spec));
  },
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
};

/** The version in which objects are written has been stored as soon as the definition says so. */
function withStorageVersion(
  { spec }: Draft<CustomResourceDefinition>,
  status: Draft<CustomResourceDefinitionStatus>,
): Draft<CustomResourceDefinitionStatus> {
  const name = spec?.versions?.find((version) => version.storage)?.name;
  const storedVersions = status.storedVersions ?? [];
  if (name === undefined || storedVersions.includes(name)) return status;
  return { ...status, storedVersions: [...storedVersions, name] };
}

/** Takes the status. */
export const definitionStatus = statusSubresource<CustomResourceDefinition>({ keptMetadata: ALL_METADATA, validate: validateDefinitionStatus });
