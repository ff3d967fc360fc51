/**
 * Server-side tables and metadata-only objects, for any kind.
 *
 * Source: apiserver `registry/rest` table convertor and `endpoints/handlers/response`.
 */
import type { Column, Kind, KubeObject } from './kind.ts';
import type { ListMeta } from './meta.ts';
import type { PartialObjectMetadata, Table, TableColumnDefinition, TableRow } from './meta-table.ts';
import { canonicalTime } from './time.ts';

/** Version of group `meta.k8s.io` in which tables and metadata are served. */
export type MetaVersion = 'v1' | 'v1beta1';

/** What rows carry of their object: `includeObject`. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

/** What the rows of one answer share. */
export interface TableOptions {
  readonly version: MetaVersion;
  readonly includeObject: IncludeObject;
  /** Time of the request, for ages. */
  readonly nowMs: number;
}

const NAME_TEXT = 'Name must be unique within a namespace.';
const CREATED_TEXT = 'Time at which the object was created.';

/** The columns of kinds that declare none. */
const DEFAULT_COLUMNS: readonly Column<KubeObject>[] = [
  { name: 'Name', type: 'string', format: 'name', description: NAME_TEXT, cell: (object) => object.metadata.name ?? '' },
  {
    name: 'Created At',
    type: 'date',
    description: CREATED_TEXT,
    cell: (object) => (object.metadata.creationTimestamp ? canonicalTime(object.metadata.creationTimestamp) : null),
  },
];

function columnsOf(kind: Pick<Kind, 'columns'>): readonly Column<KubeObject>[] {
  return kind.columns.length > 0 ? kind.columns : DEFAULT_COLUMNS;
}

/** The heads of a kind's table. */
export function tableColumns(kind: Pick<Kind, 'columns'>): TableColumnDefinition[] {
  return columnsOf(kind).map((column) => ({
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? '',
    priority: column.priority ?? 0,
  }));
}

/** Only the metadata of an object. */
export function partialObjectMetadata(object: Pick<KubeObject, 'metadata'>, version: MetaVersion = 'v1'): PartialObjectMetadata {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

/** A list of metadata-only objects. */
export interface PartialObjectMetadataList {
  readonly kind: 'PartialObjectMetadataList';
  readonly apiVersion: string;
  readonly metadata: ListMeta;
  readonly items: readonly PartialObjectMetadata[];
}

/** Only the metadata of the objects of a list. */
export function partialObjectMetadataList(objects: readonly Pick<KubeObject, 'metadata'>[], metadata: ListMeta, version: MetaVersion = 'v1'): PartialObjectMetadataList {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    items: objects.map((object) => partialObjectMetadata(object, version)),
  };
}

function rowObject(object: KubeObject, options: TableOptions): { readonly object?: TableRow['object'] } {
  if (options.includeObject === 'None') return {};
  return { object: (options.includeObject === 'Object' ? object : partialObjectMetadata(object, options.version)) as unknown as NonNullable<TableRow['object']> };
}

/** The row of an object. */
export function tableRow(kind: Pick<Kind, 'columns'>, object: KubeObject, options: TableOptions): TableRow {
  return { cells: columnsOf(kind).map((column) => column.cell(object, options.nowMs)), ...rowObject(object, options) };
}

/** A table of objects. In a watch only the first one has `columns`; the following give none. */
export function tableOf(kind: Pick<Kind, 'columns'>, objects: readonly KubeObject[], options: TableOptions & { readonly metadata: ListMeta; readonly omitColumns?: boolean }): Table {
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: options.metadata,
    columnDefinitions: options.omitColumns ? [] : tableColumns(kind),
    rows: objects.map((object) => tableRow(kind, object, options)),
  };
}
