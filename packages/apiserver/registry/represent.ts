/**
 * Replies in the forms that clients ask for instead of plain objects: tables and metadata alone.
 *
 * Source: apiserver `endpoints/handlers/response.go`.
 */
import { looseItem } from '../cacher/watch-item.ts';
import type { Accept, ApiReply, Entry, ListShape, WatchItem } from '../call.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { encodeProtobuf } from '#machinery/protobuf/protobuf.ts';
import { partialObjectMetadata, table as tableSchema, type Table, type TableRow } from '#machinery/meta-table.ts';
import { badRequest } from '#machinery/status.ts';

/** How the client wants the reply. */
export interface Form {
  readonly accept: Accept;
  readonly query: URLSearchParams;
  /** Milliseconds; asked for every row, since a watch lasts. */
  readonly now: () => number;
}

type IncludeObject = 'None' | 'Metadata' | 'Object';

const PARTIAL = { schema: partialObjectMetadata };
const TABLE = { schema: tableSchema };

/** Columns of kinds that declare none. */
const DEFAULT_COLUMNS: Kind['columns'] = [
  {
    name: 'Name',
    type: 'string',
    format: 'name',
    description: 'Name must be unique within a namespace.',
    cell: (object) => object.metadata.name ?? '',
  },
  {
    name: 'Created At',
    type: 'date',
    description: 'The time at which the object was created.',
    cell: (object) => object.metadata.creationTimestamp ?? '',
  },
];

function includeObject({ query }: Form): IncludeObject {
  const include = query.get('includeObject') || 'Metadata';
  if (include !== 'None' && include !== 'Metadata' && include !== 'Object')
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`);
  return include;
}

function partial(object: KubeObject, { accept }: Form): KubeObject {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${accept.asVersion}`, metadata: object.metadata };
}

/** What tables need to know of a kind. */
type Shown = Pick<Kind, 'columns' | 'rowConditions'>;

function columnsOf(kind: Shown): Kind['columns'] {
  return kind.columns.length > 0 ? kind.columns : DEFAULT_COLUMNS;
}

function row(kind: Shown, object: KubeObject, form: Form, include: IncludeObject): TableRow {
  const nowMs = form.now();
  const conditions = kind.rowConditions?.(object);
  const cells = columnsOf(kind).map((column) => column.cell(object, nowMs));
  const shown = conditions ? { cells, conditions } : { cells };
  if (include === 'None') return { ...shown, object: null } as unknown as TableRow;
  return { ...shown, object: (include === 'Object' ? object : partial(object, form)) as unknown as { readonly [key: string]: unknown } };
}

function table(kind: Shown, rows: readonly TableRow[], metadata: Table['metadata'], form: Form): Table {
  const columnDefinitions = columnsOf(kind).map(({ name, type, format = '', description = '', priority = 0 }) => ({
    name,
    type,
    format,
    description,
    priority,
  }));
  return { kind: 'Table', apiVersion: `meta.k8s.io/${form.accept.asVersion}`, metadata, columnDefinitions, rows };
}

function tableOf(kind: Shown, object: KubeObject, form: Form, include: IncludeObject): Table {
  return table(kind, [row(kind, object, form, include)], { resourceVersion: object.metadata.resourceVersion ?? '' }, form);
}

/** The entries in the order of the table's rows. */
function inTableOrder({ kind, entries }: Extract<ApiReply, { type: 'list' }>): readonly Entry[] {
  const { tableOrder } = kind;
  return tableOrder ? entries.toSorted((a, b) => tableOrder(objectOf(a), objectOf(b))) : entries;
}

function tableReply(reply: ApiReply, form: Form): ApiReply {
  const include = includeObject(form);
  switch (reply.type) {
    case 'entry':
      return { type: 'object', code: reply.code, object: tableOf(reply.kind, reply.entry.object, form, include), kind: TABLE };
    case 'object': {
      const { columns } = reply.kind ?? {};
      return columns ? { ...reply, object: tableOf({ columns }, reply.object as KubeObject, form, include), kind: TABLE } : reply;
    }
    case 'list': {
      const { kind, apiVersion, columnDefinitions } = table(reply.kind, [], reply.metadata, form);
      return { ...reply, entries: inTableOrder(reply), shape: { kind: kind!, apiVersion: apiVersion!, members: { columnDefinitions }, itemsName: 'rows', item: (entry) => row(reply.kind, objectOf(entry), form, include) } };
    }
    case 'watch': {
      const { kind } = reply;
      if (!kind) return reply;
      let first = true;
      return watchAs(reply, (item) => {
        const object = item.object as KubeObject;
        const metadata = { resourceVersion: object.metadata.resourceVersion ?? '' };
        const shown = table(kind, item.type === 'BOOKMARK' ? [bookmarkRow(kind, object, form)] : [row(kind, object, form, include)], metadata, form);
        // Who watches has been told of the columns: as in the original, the member is there but null.
        const result = first ? shown : ({ ...shown, columnDefinitions: null } as unknown as Table);
        first = false;
        return looseItem(item.type, result, (one) => encodeProtobuf(tableSchema, one));
      });
    }
    default:
      return reply;
  }
}

/** A bookmark has nothing to show but its metadata. */
function bookmarkRow(kind: Kind, object: KubeObject, form: Form): TableRow {
  return { cells: columnsOf(kind).map(() => null), object: partial(object, form) as unknown as { readonly [key: string]: unknown } };
}

function inParts(item: WatchItem): WatchItem {
  return { ...item, parts: (syntax) => [item[syntax]()] };
}

function watchAs(reply: Extract<ApiReply, { type: 'watch' }>, show: (item: WatchItem) => WatchItem): ApiReply {
  async function* shown(): AsyncGenerator<readonly WatchItem[], void, undefined> {
    for await (const items of reply.events) yield items.map((item) => (item.type === 'ERROR' ? item : item.parts ? inParts(show(item)) : show(item)));
  }
  return { type: 'watch', kind: reply.kind, events: shown() };
}

/** An object of a list, which may be long: what is decoded for it is not kept. */
function objectOf(entry: Entry): KubeObject {
  return entry.objectOnce?.() ?? entry.object;
}

function partialList(form: Form): ListShape {
  const message = (entry: Entry): Buffer => encodeProtobuf(partialObjectMetadata, objectOf(entry));
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${form.accept.asVersion}`,
    members: {},
    itemsName: 'items',
    item: (entry) => partial(objectOf(entry), form),
    protobuf: { item: message, length: (entry) => entry.metadataLength?.() ?? message(entry).length },
  };
}

function partialReply(reply: ApiReply, form: Form): ApiReply {
  switch (reply.type) {
    case 'entry':
      return { type: 'object', code: reply.code, object: partial(reply.entry.object, form), kind: PARTIAL };
    case 'list':
      return { ...reply, shape: partialList(form) };
    case 'watch':
      return watchAs(reply, (item) =>
        looseItem(item.type, partial(item.object as KubeObject, form), (one) => encodeProtobuf(partialObjectMetadata, one)),
      );
    default:
      return reply;
  }
}

/** The reply in the form that the client accepts. @throws StatusError BadRequest */
export function represent(reply: ApiReply, form: Form): ApiReply {
  return form.accept.as === 'Table' ? tableReply(reply, form) : partialReply(reply, form);
}
