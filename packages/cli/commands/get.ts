/**
 * `kubectl get`.
 */
import { StatusError } from '#machinery/status.ts';
import { ageText } from '#machinery/time.ts';
import { CliError } from '../io.ts';
import { type AnyObject, asText } from '../objects.ts';
import { alignColumns, ColumnWriter } from '../print/columns.ts';
import { compilePath } from '../print/jsonpath.ts';
import { type OutputFormat, parseOutput, renderObjects } from '../print/output.ts';
import { objectPath, objectText, type Resource, type ResourceMap } from '../resources.ts';
import { explainRefusal, fetchObjects, noneFound, select, type Selection, type SelectionFlags, selectorQuery } from '../selection.ts';
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
  readonly template?: string;
  readonly chunkSize: number;
  readonly outputWatchEvents?: boolean;
  readonly serverPrint: boolean;
}

/** The longest name of an event; the column has room for it from the start. */
const EVENT_WIDTH = 'MODIFIED'.length;

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
    if (response.statusCode! >= 400) throw rawFailure(response.statusCode!, await readText(response));
    for await (const chunk of response) stdout.write(chunk as Buffer);
    return;
  }
  if (flags.outputWatchEvents && !flags.watch && !flags.watchOnly) throw new CliError('error: --output-watch-events option can only be used with --watch or --watch-only');
  const resources = await map();
  const format = await parseOutput(flags.output, { showHeaders: flags.headers, ...(flags.template === undefined ? {} : { template: flags.template }) });
  const selections = await select(session, resources, args, flags);
  if (flags.watch || flags.watchOnly) {
    if (selections.length !== 1) throw new CliError('error: you may only specify a single resource type');
    await watch(session, selections[0]!, flags, format);
    return;
  }
  if (format.type === 'table' || format.type === 'wide') await printTables(session, selections, flags, format.type === 'wide');
  else await printObjects(session, resources, selections, flags, format);
}

/** A path that is not there answers without a Status; kubectl words it as one. */
function rawFailure(code: number, text: string): Error {
  return code === 404 && !text.startsWith('{') ? new StatusError({ code, reason: 'NotFound', message: 'the server could not find the requested resource' }) : failure(code, text);
}

async function printObjects(session: Session, map: ResourceMap, selections: readonly Selection[], flags: GetFlags, format: OutputFormat): Promise<void> {
  const single = selections.length === 1 && selections[0]!.names.length === 1;
  let found: { object: AnyObject }[];
  try {
    found = flags.subresource ? await fetchSubresource(session, selections, flags.subresource) : await fetchObjects(session, selections, flags);
  } catch (error) {
    if (flags.ignoreNotFound && error instanceof StatusError && error.reason === 'NotFound') return;
    throw error;
  }
  const objects = sorted(found.map(({ object }) => (flags.showManagedFields ? object : withoutManagedFields(object))), flags.sortBy);
  session.io.stdout.write(renderObjects(format, objects, { asList: !single, resourceOf: (object) => map.ofKind(object.apiVersion, object.kind) }));
}

async function fetchSubresource(session: Session, selections: readonly Selection[], subresource: string): Promise<{ object: AnyObject }[]> {
  const paths = selections.flatMap(({ resource, namespace, names }) => names.map((name) => objectPath(resource, namespace, name, subresource)));
  return Promise.all(paths.map(async (path) => ({ object: await session.json<AnyObject>({ path }) })));
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
  const query = name === undefined ? selectorQuery(flags, { limit: String(flags.chunkSize), ...(flags.sortBy ? { includeObject: 'Object' } : {}) }) : flags.sortBy ? '?includeObject=Object' : '';
  const path = objectPath(resource, namespace, name, flags.subresource) + query;
  let table = await session.json<Table & { metadata: { continue?: string } }>({ path, headers: { accept: TABLE_ACCEPT } }).catch((error: unknown) => {
    throw name === undefined ? explainRefusal(error, { resource }, flags) : error;
  });
  if (table.kind !== 'Table') table = tableOf(table as unknown as AnyObject, session);
  if (!flags.serverPrint) table = plainTable(table);
  const rows = [...table.rows];
  const first = table;
  while (table.metadata.continue) {
    const next = selectorQuery(flags, { limit: String(flags.chunkSize), ...(flags.sortBy ? { includeObject: 'Object' } : {}), continue: table.metadata.continue });
    table = await session.json<Table & { metadata: { continue?: string } }>({ path: objectPath(resource, namespace) + next, headers: { accept: TABLE_ACCEPT } });
    rows.push(...table.rows);
  }
  return { ...first, rows };
}

/** An answer that has no columns of its own, such as a Scale: name and age. */
function tableOf(object: AnyObject, session: Session): Table & { metadata: { continue?: string } } {
  const columnDefinitions = ['Name', 'Age'].map((name) => ({ name, priority: 0 }));
  const cells = [object.metadata.name, ageText(object.metadata.creationTimestamp, session.io.clock.now())];
  return { kind: 'Table', metadata: {}, columnDefinitions, rows: [{ cells, object }] };
}

/** What a client can tell by itself: names and ages. */
function plainTable<T extends Table>(table: T): T {
  const columns = table.columnDefinitions.map((column, index) => ({ ...column, index })).filter(({ name }) => name === 'Name' || name === 'Age');
  return { ...table, columnDefinitions: columns, rows: table.rows.map((row) => ({ ...row, cells: columns.map(({ index }) => row.cells[index]) })) };
}

async function printTables(session: Session, selections: readonly Selection[], flags: GetFlags, wide: boolean): Promise<void> {
  const { stdout, stderr } = session.io;
  const showKind = flags.showKind || selections.length > 1;
  const blocks: string[] = [];
  const errors: StatusError[] = [];
  for (const selection of selections) {
    const parts = await Promise.all(
      (selection.names.length > 0 ? selection.names : [undefined]).map(async (name) => {
        try {
          return await fetchTable(session, selection, name, flags);
        } catch (error) {
          if (!(error instanceof StatusError) || (selections.length === 1 && selection.names.length <= 1 && !flags.ignoreNotFound)) throw error;
          return flags.ignoreNotFound && error.reason === 'NotFound' ? undefined : error;
        }
      }),
    );
    const tables = parts.filter((one) => one !== undefined && !(one instanceof StatusError)) as Table[];
    errors.push(...parts.filter((one) => one instanceof StatusError));
    const rows = sortedRows(tables.flatMap((table) => table.rows), flags.sortBy, selections.length > 1);
    if (rows.length === 0) continue;
    const view = tableView(tables[0]!, selection, flags, wide, showKind);
    blocks.push(alignColumns([...(flags.headers ? [view.header] : []), ...rows.map((row) => view.cells(row))]));
  }
  stdout.write(blocks.join('\n'));
  if (blocks.length === 0 && errors.length === 0 && !flags.ignoreNotFound) {
    stderr.write(noneFound(selections, session));
  }
  if (errors.length > 0) throw new CliError(errors.map((error) => `Error from server (${error.reason}): ${error.message}`).join('\n'));
}

/** Rows in the order of a field. Rows of several types are not sorted together, and rows without the field are no rows: so is kubectl. @throws CliError */
function sortedRows(rows: Table['rows'], by: string | undefined, severalTypes: boolean): Table['rows'] {
  if (!by) return rows;
  const path = `{.${by.replace(/^\{?\.?|\}$/g, '')}}`;
  if (severalTypes) throw new CliError(`error: couldn't find any field with path "${path}" in the list of objects`);
  const values = compileSortPath(by);
  const keyed = rows.map((row) => ({ row, key: values?.(row.object)[0] }));
  if (keyed.every(({ key }) => key === undefined)) return [];
  return keyed.toSorted((a, b) => compareKeys(a.key, b.key)).map(({ row }) => row);
}

function compileSortPath(by: string): ((object: unknown) => unknown[]) | undefined {
  try {
    return compilePath(by);
  } catch (error) {
    if (error instanceof CliError) return undefined;
    throw error;
  }
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
  if (names[0] !== undefined) await session.json({ path: objectPath(resource, namespace, names[0]) });
  const nameSelector = names[0] === undefined ? {} : { fieldSelector: `metadata.name=${names[0]}` };
  const filters = { ...flags, ...nameSelector };
  let header = flags.headers;
  const print = (table: Pick<Table, 'columnDefinitions' | 'rows'>, event: string): void => {
    const view = tableView(table, selection, flags, format.type === 'wide', flags.showKind ?? false);
    const lead = (cells: string[], text: string): string[] => (flags.outputWatchEvents ? [text.padEnd(EVENT_WIDTH), ...cells] : cells);
    const rows = table.rows.map((row) => lead(view.cells(row), event));
    stdout.write(columns.write(header && rows.length > 0 ? [lead(view.header, 'EVENT'), ...rows] : rows));
    if (rows.length > 0) header = false;
  };
  const first = await session.json<Table>({ path: objectPath(resource, namespace) + selectorQuery(filters), headers: { accept: TABLE_ACCEPT } });
  if (!flags.watchOnly) {
    if (asTable) print(first, 'ADDED');
    else {
      const { rows } = await session.json<Table>({ path: objectPath(resource, namespace) + selectorQuery(filters, { includeObject: 'Object' }), headers: { accept: TABLE_ACCEPT } });
      for (const { object } of rows) stdout.write(renderObjects(format, [withoutManagedFields(object)], { asList: false, resourceOf: () => resource }));
    }
  }
  const query = selectorQuery(filters, { watch: 'true', resourceVersion: first.metadata.resourceVersion ?? '' });
  const response = await session.open({ path: objectPath(resource, namespace) + query, headers: { accept: asTable ? TABLE_ACCEPT : 'application/json' } });
  if (response.statusCode! >= 400) throw failure(response.statusCode!, await readText(response));
  for await (const line of readLines(response)) {
    const event = JSON.parse(line) as { type: string; object: AnyObject & Table };
    if (event.type === 'ERROR') throw failure(410, JSON.stringify(event.object));
    if (event.type === 'BOOKMARK') continue;
    if (asTable) print({ columnDefinitions: event.object.columnDefinitions?.length ? event.object.columnDefinitions : first.columnDefinitions, rows: event.object.rows }, event.type);
    else stdout.write(renderObjects(format, [withoutManagedFields(event.object)], { asList: false, resourceOf: () => resource }));
  }
}

