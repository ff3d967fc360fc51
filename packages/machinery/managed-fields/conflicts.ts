/**
 * The answer to an apply that would take fields from other managers.
 *
 * Source: apimachinery `util/managedfields/internal` conflict.go.
 */
import { StatusError } from '../status.ts';
import { pathText } from './elements.ts';
import type { Manager } from './entries.ts';
import { type FieldTree, pathsOf } from './field-tree.ts';

/** Fields of one manager that an apply would change. */
export interface Conflict {
  readonly owner: Manager;
  readonly fields: FieldTree;
}

function managerText(owner: Manager): string {
  const name = JSON.stringify(owner.manager) + (owner.subresource ? ` with subresource ${JSON.stringify(owner.subresource)}` : '');
  return owner.operation === 'Update' ? `${name} using ${owner.apiVersion}` : name;
}

/** 409 `Conflict` with a cause for each field. */
export function applyConflict(conflicts: readonly Conflict[]): StatusError {
  const sorted = conflicts
    .map(({ owner, fields }) => ({ who: managerText(owner), paths: pathsOf(fields).map(pathText) }))
    .sort((a, b) => (a.who < b.who ? -1 : 1));
  const causes = sorted.flatMap(({ who, paths }) =>
    paths.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  );
  const lines = sorted.flatMap(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)]);
  const message =
    causes.length === 1
      ? `Apply failed with 1 conflict: ${causes[0]!.message}: ${causes[0]!.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  return new StatusError({ code: 409, reason: 'Conflict', message, details: { causes } });
}
