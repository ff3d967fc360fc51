/**
 * The life of a controller revision.
 *
 * Source: kubernetes `pkg/registry/apps/controllerrevision`, `pkg/apis/apps/validation` ValidateControllerRevision.
 */
import { type FieldError, required } from '#machinery/field-error.ts';
import type { Column, Strategy } from '#machinery/kind.ts';
import { ageColumn, nameColumn, NONE } from '../../cells.ts';
import { immutable, nonNegative } from '../../rules.ts';
import type { ControllerRevision } from './schema.ts';

/** Rules of a controller revision's life. */
export const controllerRevisionStrategy: Strategy<ControllerRevision> = {
  unconditionalUpdate: true,
  validate,
  validateUpdate: (revision, stored) => [...validate(revision), ...immutable('data', revision.data, stored.data)],
};

function validate({ revision, data }: ControllerRevision): FieldError[] {
  return [...nonNegative('revision', revision), ...(data ? [] : [required('data', 'data is mandatory')])];
}

/** `kind.group/name` of the owner that controls the revision. */
function controllerText({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return NONE;
  const slash = owner.apiVersion.indexOf('/');
  const kind = owner.kind.toLowerCase();
  return slash < 0 ? `${kind}/${owner.name}` : `${kind}.${owner.apiVersion.slice(0, slash)}/${owner.name}`;
}

/** What `kubectl get controllerrevisions` shows. */
export const controllerRevisionColumns: readonly Column<ControllerRevision>[] = [
  nameColumn,
  { name: 'Controller', type: 'string', description: 'The object the revision belongs to.', cell: controllerText },
  { name: 'Revision', type: 'string', description: 'The number of the revision.', cell: ({ revision }) => revision },
  ageColumn,
];
