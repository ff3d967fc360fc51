import type { Column } from '#machinery/kind.ts';
import { ageColumn, nameColumn } from '../cells.ts';
import type { Subject } from './rules.ts';
import type { Binding } from './validation.ts';

function subjectNames({ subjects = [] }: Binding, kind: string, name: (subject: Subject) => string): string {
  return subjects
    .filter((subject) => subject.kind === kind)
    .map(name)
    .join(', ');
}

/** What `kubectl get rolebindings` and `clusterrolebindings` show. */
export const bindingColumns: readonly Column<Binding>[] = [
  nameColumn,
  { name: 'Role', type: 'string', description: 'Kind and name of the role.', cell: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}` },
  ageColumn,
  {
    name: 'Users',
    type: 'string',
    description: 'Users that are bound.',
    priority: 1,
    cell: (binding) => subjectNames(binding, 'User', ({ name }) => name),
  },
  {
    name: 'Groups',
    type: 'string',
    description: 'Groups that are bound.',
    priority: 1,
    cell: (binding) => subjectNames(binding, 'Group', ({ name }) => name),
  },
  {
    name: 'ServiceAccounts',
    type: 'string',
    description: 'Service accounts that are bound.',
    priority: 1,
    cell: (binding) => subjectNames(binding, 'ServiceAccount', ({ name, namespace }) => `${namespace ?? ''}/${name}`),
  },
];
