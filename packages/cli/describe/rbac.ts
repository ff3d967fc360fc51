/**
 * Roles and their bindings.
 */
import { type AnyObject, listAt, textAt } from '../objects.ts';
import { type Describer } from './context.ts';

function heading(writer: Parameters<Describer>[0], { metadata }: AnyObject): void {
  writer.field('Name', metadata.name);
  writer.labels('Labels', metadata.labels);
  writer.annotations('Annotations', metadata.annotations);
}

interface Row {
  readonly resource: string;
  readonly urls: readonly string[];
  readonly names: readonly string[];
  verbs: readonly string[];
}

/** A Role or ClusterRole: one line per resource or path, verbs of the same thing together. */
export const describeRole: Describer = (writer, role) => {
  heading(writer, role);
  writer.section('PolicyRule', () => {
    writer.line('Resources\tNon-Resource URLs\tResource Names\tVerbs');
    writer.line('---------\t-----------------\t--------------\t-----');
    for (const { resource, urls, names, verbs } of ruleRows(role)) writer.line(`${resource}\t[${urls.join(' ')}]\t[${names.join(' ')}]\t[${verbs.join(' ')}]`);
  });
};

function ruleRows(role: AnyObject): Row[] {
  const rows = new Map<string, Row>();
  const add = (row: Row): void => {
    const key = JSON.stringify([row.resource, row.urls, row.names]);
    const known = rows.get(key);
    if (known) known.verbs = [...new Set([...known.verbs, ...row.verbs])];
    else rows.set(key, row);
  };
  for (const rule of listAt(role, 'rules')) {
    const [verbs, names] = [listAt<string>(rule, 'verbs'), listAt<string>(rule, 'resourceNames')];
    for (const group of listAt<string>(rule, 'apiGroups')) {
      for (const resource of listAt<string>(rule, 'resources')) {
        const [plural, ...sub] = resource.split('/');
        const text = [group ? `${plural}.${group}` : plural!, ...sub].join('/');
        // Names stand one by one: each is a permission of its own.
        if (names.length === 0) add({ resource: text, urls: [], names: [], verbs });
        for (const name of names) add({ resource: text, urls: [], names: [name], verbs });
      }
    }
    for (const url of listAt<string>(rule, 'nonResourceURLs')) add({ resource: '', urls: [url], names: [], verbs });
  }
  return [...rows.values()].toSorted(compareRows);
}

/** In the order of the rules' text: verbs, group, resource, names, paths. */
function compareRows(a: Row, b: Row): number {
  const key = ({ verbs, resource, names, urls }: Row): string => {
    const [plural = '', ...sub] = resource.split('/');
    const [type, ...group] = plural.split('.');
    return `[${verbs.join(' ')}][${group.join('.')}][${[type, ...sub].join('/')}][${names.join(' ')}][${urls.join(' ')}]`;
  };
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
}

/** A RoleBinding or ClusterRoleBinding. */
export const describeBinding: Describer = (writer, binding) => {
  heading(writer, binding);
  writer.section('Role', () => {
    writer.field('Kind', textAt(binding, 'roleRef', 'kind'));
    writer.field('Name', textAt(binding, 'roleRef', 'name'));
  });
  writer.section('Subjects', () => {
    writer.line('Kind\tName\tNamespace');
    writer.line('----\t----\t---------');
    for (const one of listAt(binding, 'subjects')) writer.line(`${textAt(one, 'kind')}\t${textAt(one, 'name')}\t${textAt(one, 'namespace')}`);
  });
};
