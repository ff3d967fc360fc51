/**
 * `kubectl get`.
 */
import { StatusError } from '#machinery/status.ts';
import { CliError } from '../io.ts';
import { type AnyObject, asText } from '../objects.ts';
import { alignColumns, ColumnWriter } from '../print/columns.ts';
import { compilePath } from '../print/jsonpath.ts';
import { type OutputFormat, parseOutput, renderObjects } from '../print/output.ts';
import { objectPath, objectText, type Resource, type ResourceMap } from '../resources.ts';
import { fetchObjects, select, type Selection, type SelectionFlags, selectorQuery } from '../selection.ts';
import { failure, readText, type Session, TABLE_ACCEPT } from '../session.ts';
import { readLines } from '../stream/lines.ts';

/** Flags of get. */
export interface GetFlags extends SelectionFlags {
  readonly output?: string;
  readonly headers: boolean;
  readonly watch?: boolean;
  readonly watchOnly?: boolean;
  readonly showLabels?: boolean;
  readonly labelColumns?: readonly string[];
  readonly sortBy?: string;
  readonly showKind?: boolean;
  readonly ignoreNotFound?: boolean;
  readonly raw?: string;
  readonly showManagedFields?: boolean;
  readonly subresource?: string;
}

interface Table {
  readonly kind: string;
  readonly metadata: { readonly resourceVersion?: string };
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
  readonly rows: readonly { readonly cells: readonly unknown[]; readonly object: AnyObject }[];
}

/** Prints objects. */
export async function get(session: Session, map: () => Promise<ResourceMap>, args: readonly string[], flags: GetFlags): Promise<void> {
  const { stdout } = session.io;
  if (flags.raw !== undefined) {
    const response = await session.open({ path: flags.raw });
    if (response.statusCode! >= 400) throw failure(response.statusCode!, await readText(response));
    for await (const chunk of response) stdout.write(chunk as Buffer);
    return;
  }
  const resources = await map();
  const format = await parseOutput(flags.output, flags.headers);
  const selections = await select(session, resources, args, flags);
  if (flags.watch || flags.watchOnly) {
    if (selections.length !== 1) throw new CliError('error: you may only specify a single resource type');
    await watch(session, selections[0]!, flags, format);
    return;
  }
  if (format.type === 'table' || format.type === 'wide') await printTables(session, selections, flags, format.type === 'wide');
  else await printObjects(session, resources, selections, flags, format);
}

async function printObjects(session: Session, map: ResourceMap, selections: readonly Selection[], flags: GetFlags, format: OutputFormat): Promise<void> {
  const single = selections.length === 1 && selections[0]!.names.length === 1;
  let found: { object: AnyObject }[];
  try {
    found = await fetchObjects(session, selections, flags);
  } catch (error) {
    if (flags.ignoreNotFound && error instanceof StatusError && error.reason === 'NotFound') return;
    throw error;
  }
  const objects = sorted(found.map(({ object }) => (flags.showManagedFields ? object : withoutManagedFields(object))), flags.sortBy);
  session.io.stdout.write(renderObjects(format, objects, !single, (object) => map.ofKind(object.apiVersion, object.kind)));
}

function withoutManagedFields(object: AnyObject): AnyObject {
  const { managedFields: _, ...metadata } = object.metadata as AnyObject['metadata'] & { managedFields?: unknown };
  return { ...object, metadata };
}

function sorted(objects: readonly AnyObject[], by: string | undefined): AnyObject[] {
  if (!by) return [...objects];
  const values = compilePath(by);
  const keyed = objects.map((object) => ({ object, key: values(object)[0] }));
  return keyed.toSorted((a, b) => compareKeys(a.key, b.key)).map((one) => one.object);
}

function compareKeys(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [asText(a), asText(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

async function fetchTable(session: Session, { resource, namespace }: Selection, name: string | undefined, flags: GetFlags): Promise<Table> {
  const query = name === undefined ? selectorQuery(flags, { limit: '500', ...(flags.sortBy ? { includeObject: 'Object' } : {}) }) : flags.sortBy ? '?includeObject=Object' : '';
  const path = objectPath(resource, namespace, name, flags.subresource) + query;
  let table = await session.json<Table & { metadata: { continue?: string } }>({ path, headers: { accept: TABLE_ACCEPT } });
  const rows = [...table.rows];
  const first = table;
  while (table.metadata.continue) {
    const next = selectorQuery(flags, { limit: '500', continue: table.metadata.continue });
    table = await session.json<Table & { metadata: { continue?: string } }>({ path: objectPath(resource, namespace) + next, headers: { accept: TABLE_ACCEPT } });
    rows.push(...table.rows);
  }
  return { ...first, rows };
}

async function printTables(session: Session, selections: readonly Selection[], flags: GetFlags, wide: boolean): Promise<void> {
  const { stdout, stderr } = session.io;
  const showKind = flags.showKind || selections.length > 1;
  const errors: StatusError[] = [];
  const blocks: string[] = [];
  for (const selection of selections) {
    const parts = await Promise.all(
      (selection.names.length > 0 ? selection.names : [undefined]).map(async (name) => {
        try {
          return await fetchTable(session, selection, name, flags);
        } catch (error) {
          if (!(error instanceof StatusError) || (selections.length === 1 && selection.names.length <= 1 && !flags.ignoreNotFound)) throw error;
          if (!(flags.ignoreNotFound && error.reason === 'NotFound')) errors.push(error);
          return undefined;
        }
      }),
    );
    const tables = parts.filter((one) => one !== undefined);
    const rows = sortedRows(tables.flatMap((table) => table.rows), flags.sortBy);
    if (rows.length === 0) continue;
    const view = tableView(tables[0]!, selection, flags, wide, showKind);
    blocks.push(alignColumns([...(flags.headers ? [view.header] : []), ...rows.map((row) => view.cells(row))]));
  }
  stdout.write(blocks.join('\n'));
  if (blocks.length === 0 && errors.length === 0 && !flags.ignoreNotFound) {
    const [{ namespace, resource }] = selections as [Selection];
    stderr.write(resource.namespaced && namespace ? `No resources found in ${namespace} namespace.\n` : 'No resources found\n');
  }
  if (errors.length > 0) throw new CliError(errors.map((error) => `Error from server (${error.reason}): ${error.message}`).join('\n'));
}

function sortedRows(rows: Table['rows'], by: string | undefined): Table['rows'] {
  if (!by) return rows;
  const values = compilePath(by);
  return rows.toSorted((a, b) => compareKeys(values(a.object)[0], values(b.object)[0]));
}

interface TableView {
  readonly header: string[];
  cells(row: Table['rows'][number]): string[];
}

function tableView(table: Pick<Table, 'columnDefinitions'>, { resource, namespace }: Selection, flags: GetFlags, wide: boolean, showKind: boolean): TableView {
  const shown = table.columnDefinitions.map((column, index) => ({ ...column, index })).filter((column) => wide || column.priority === 0);
  const withNamespace = resource.namespaced && namespace === undefined;
  const labels = flags.labelColumns ?? [];
  return {
    header: [
      ...(withNamespace ? ['NAMESPACE'] : []),
      ...shown.map((column) => column.name.toUpperCase()),
      ...labels.map((label) => label.slice(label.lastIndexOf('/') + 1).toUpperCase()),
      ...(flags.showLabels ? ['LABELS'] : []),
    ],
    cells({ cells, object }) {
      const own = object.metadata.labels ?? {};
      return [
        ...(withNamespace ? [object.metadata.namespace ?? ''] : []),
        ...shown.map(({ index, name }) => cellText(cells[index], name === 'Name' && showKind ? resource : undefined)),
        ...labels.map((label) => own[label] ?? ''),
        ...(flags.showLabels ? [labelsText(own)] : []),
      ];
    },
  };
}

function cellText(value: unknown, resource: Resource | undefined): string {
  const text = value === null || value === undefined ? '<none>' : typeof value === 'string' ? value : JSON.stringify(value);
  return resource ? objectText(resource, text) : text;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return parts.length > 0 ? parts.toSorted().join(',') : '<none>';
}

/** Follows changes: a first list (unless `--watch-only`), then a row or object per event. */
async function watch(session: Session, selection: Selection, flags: GetFlags, format: OutputFormat): Promise<void> {
  const { stdout } = session.io;
  const { resource, namespace, names } = selection;
  const asTable = format.type === 'table' || format.type === 'wide';
  const columns = new ColumnWriter();
  const nameSelector = names[0] === undefined ? {} : { fieldSelector: `metadata.name=${names[0]}` };
  const filters = { ...flags, ...nameSelector };
  let header = flags.headers;
  const print = (table: Pick<Table, 'columnDefinitions' | 'rows'>): void => {
    const view = tableView(table, selection, flags, format.type === 'wide', flags.showKind ?? false);
    const rows = table.rows.map((row) => view.cells(row));
    stdout.write(columns.write(header && rows.length > 0 ? [view.header, ...rows] : rows));
    if (rows.length > 0) header = false;
  };
  const first = await session.json<Table>({ path: objectPath(resource, namespace) + selectorQuery(filters), headers: { accept: TABLE_ACCEPT } });
  if (!flags.watchOnly) {
    if (asTable) print(first);
    else {
      const { rows } = await session.json<Table>({ path: objectPath(resource, namespace) + selectorQuery(filters, { includeObject: 'Object' }), headers: { accept: TABLE_ACCEPT } });
      for (const { object } of rows) stdout.write(renderObjects(format, [withoutManagedFields(object)], false, () => resource));
    }
  }
  const query = selectorQuery(filters, { watch: 'true', resourceVersion: first.metadata.resourceVersion ?? '' });
  const response = await session.open({ path: objectPath(resource, namespace) + query, headers: { accept: asTable ? TABLE_ACCEPT : 'application/json' } });
  if (response.statusCode! >= 400) throw failure(response.statusCode!, await readText(response));
  for await (const line of readLines(response)) {
    const event = JSON.parse(line) as { type: string; object: AnyObject & Table };
    if (event.type === 'ERROR') throw failure(410, JSON.stringify(event.object));
    if (event.type === 'BOOKMARK') continue;
    if (asTable) print({ columnDefinitions: event.object.columnDefinitions?.length ? event.object.columnDefinitions : first.columnDefinitions, rows: event.object.rows });
    else stdout.write(renderObjects(format, [withoutManagedFields(event.object)], false, () => resource));
  }
}

