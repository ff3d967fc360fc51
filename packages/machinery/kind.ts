/**
 * A kind is one value: everything generic code must know about a resource, as data and pure functions. No I/O, no clock.
 *
 * Generic code never asks `if (kind === 'Pod')`; the kind declares the answer here.
 */
import type { FieldError } from './field-error.ts';
import type { TableRowCondition } from './meta-table.ts';
import type { Memory } from './memory.ts';
import type { ObjectMeta } from './meta.ts';
import type { Draft, Message } from './schema.ts';

/** What every stored object has. */
export interface KubeObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: ObjectMeta;
}

/** Names a version of a kind. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** Standard verbs of a resource. */
export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** Facts about the request that defaults, strategies and validation may depend on; everything else is pure. */
export interface KindContext {
  /** Request time, milliseconds since the epoch. */
  readonly nowMs: number;
  /** Whether a feature gate is on. */
  readonly gate: (name: string) => boolean;
  /** What rules remember between requests of this server; absent: nothing. */
  readonly memory?: Memory;
  /** Labels of a namespace; absent where namespaces are not known, whose rules then hold. */
  readonly namespaceLabels?: (name: string) => Readonly<Record<string, string>> | undefined;
  /** Who asks; empty for internal callers. */
  readonly user: { readonly name: string; readonly uid?: string; readonly groups: readonly string[]; readonly extra?: Readonly<Record<string, readonly string[]>> };
}

/** What a subresource such as `status` changes, or that it is served by its own handler. */
export interface Subresource {
  /** The kind a client sends and receives; absent: the parent's. */
  readonly type?: GroupVersionKind;
  readonly verbs: readonly Verb[];
  /** The type whose fields the query may carry, where `type` is not it. */
  readonly options?: GroupVersionKind;
  /** Takes a trailing path (`proxy`). */
  readonly path?: true;
  /**
   * For subresources that update the stored object: makes the new object from the stored one and what the client sent
   * (`status` takes only the status, `scale` only the replicas). Absent: the subresource has a handler of its own in the API server.
   */
  readonly update?: SubresourceUpdate;
}

/** How a subresource reads and writes its parent. All functions are pure; `draft` may be assigned, `stored` may not. */
export interface SubresourceUpdate {
  /** What GET shows; absent: the parent itself. */
  readonly view?: (parent: KubeObject) => KubeObject;
  /** Applies what was sent (`sent`, of the subresource's type) to `draft`, a shallow copy of the stored parent whose nested values must be replaced, not changed. */
  readonly apply: (draft: Draft<KubeObject>, sent: KubeObject, stored: KubeObject, context: KindContext) => void;
  /**
   * What a server-side apply of the subresource's own type declares of the parent: the parent's fields that `given` names, without identity.
   * Absent: such an apply is not served.
   */
  readonly declares?: (given: { readonly [member: string]: unknown }) => { readonly [member: string]: unknown };
  /** Rules of the subresource; absent: the kind's update rules. */
  readonly validate?: (object: KubeObject, stored: KubeObject, context: KindContext) => FieldError[];
}

/** A column of a server-side table. */
export interface Column<T> {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** 0: always shown; 1: with `-o wide`. */
  readonly priority?: number;
  /** The cell. `date` cells and ages are text such as `5d`; `nowMs` is the time of the request. */
  cell(object: T, nowMs: number): string | number | boolean | null;
}

/** Rules of a kind's life. All are pure; drafts are owned by the request and may be assigned, objects may not. */
export interface Strategy<T> {
  /** Before create validation: resets what clients may not set (status), sets generation 1 where the kind has one, normalises. */
  prepareForCreate?(draft: Draft<T>, context: KindContext): void;
  /** Before update validation: keeps status and other read-only parts from `stored`, raises the generation when the spec changed. */
  prepareForUpdate?(draft: Draft<T>, stored: T, context: KindContext): void;
  validate?(object: T, context: KindContext): FieldError[];
  /** In addition to `validate`'s rules where they hold for updates too: the kind calls what it needs. */
  validateUpdate?(object: T, stored: T, context: KindContext): FieldError[];
  /** Texts for `Warning` headers on create and update. */
  warnings?(object: T, stored: T | undefined, context: KindContext): string[];
  /** Whether PUT of a missing object creates it. */
  readonly createOnUpdate?: boolean;
  /** Whether an update without resourceVersion is accepted. */
  readonly unconditionalUpdate?: boolean;
  /** DELETE answers with the object rather than with a Status. Source: `ReturnDeletedObject` of the original's registries. */
  readonly returnsDeleted?: true;
  /** Whether something beside metadata's finalizers keeps an object that is being deleted. */
  isHeld?(object: T): boolean;
  /** Changes an object when its deletion begins. */
  beginDeletion?(draft: Draft<T>): void;
  /** Seconds of graceful deletion, given what the client asked (`undefined`: nothing); absent: deleted at once. 0 deletes at once. */
  gracePeriodSeconds?(object: T, asked: number | undefined): number;
  /** What DELETE without a propagation policy does to dependents. Default: background. */
  readonly defaultPropagation?: 'Orphan' | 'Background';
  /** Name rule; default: a DNS subdomain. `prefix` is true for generateName. */
  validateName?(name: string, prefix: boolean): string[];
}

/** The text a field selector compares. Declared as a method so that a `Kind<Pod>` is a `Kind`. */
export type FieldText<T> = { text(object: T): string }['text'];

/** One resource of the API. */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  /** The kind of its lists: usually kind + `List`. */
  readonly listKind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
  readonly schema: Message;
  /** Exists only in the type system: the static type of its objects. */
  readonly _object?: T;
  /** The version that is stored, when it is another one (`autoscaling/v1` is stored as `v2`), with pure conversions. */
  readonly stored?: {
    readonly group: string;
    readonly version: string;
    toStored(object: T): KubeObject;
    fromStored(object: KubeObject): T;
  };
  readonly subresources: Readonly<Record<string, Subresource>>;
  /** Fills unset fields of a decoded object, in place, before admission. */
  defaults?(draft: Draft<T>, context: KindContext): void;
  readonly strategy: Strategy<T>;
  /** Field selectors beyond metadata.name and metadata.namespace: label to text. */
  readonly selectableFields: Readonly<Record<string, FieldText<T>>>;
  readonly columns: readonly Column<T>[];
  /** What a row of the table says of the object beside its cells; absent: nothing. */
  rowConditions?(object: T): readonly TableRowCondition[] | undefined;
  /** The order of rows in a table; absent: that of the list. */
  tableOrder?(a: T, b: T): number;
  /** Served without `--runtime-config`: GA resources are. */
  readonly enabledByDefault: boolean;
  /** What every client of a deprecated version is told: `v1 Endpoints is deprecated in v1.33+; use …`. */
  readonly deprecation?: string;
  /** Reviews and the like: created, answered, never stored. */
  readonly virtual?: true;
}

/** What differs from the ordinary when a kind is declared. */
export type KindSpec<T extends KubeObject> = Pick<Kind<T>, 'group' | 'version' | 'kind' | 'plural' | 'namespaced' | 'schema'> & Partial<Kind<T>>;

const ALL_VERBS: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Completes a declaration with what is usual: all verbs, singular from the kind, no subresources, plain strategy. */
export function defineKind<T extends KubeObject>(spec: KindSpec<T>): Kind<T> {
  return {
    listKind: `${spec.kind}List`,
    singular: spec.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: ALL_VERBS,
    subresources: {},
    strategy: {},
    selectableFields: {},
    columns: [],
    enabledByDefault: true,
    ...spec,
  };
}

/** `apps/v1`, or `v1` for the core group. */
export function groupVersionText(of: { readonly group: string; readonly version: string }): string {
  return of.group ? `${of.group}/${of.version}` : of.version;
}

/** `/api/v1` or `/apis/GROUP/VERSION`. */
export function apiRoot(of: { readonly group: string; readonly version: string }): string {
  return of.group ? `/apis/${of.group}/${of.version}` : `/api/${of.version}`;
}

/** The path of a collection, an object or a subresource of `kind`. */
export function resourcePath(kind: Pick<Kind, 'group' | 'version' | 'plural'>, namespace?: string, name?: string, subresource?: string): string {
  let path = apiRoot(kind);
  if (namespace) path += `/namespaces/${encodeURIComponent(namespace)}`;
  path += `/${kind.plural}`;
  if (name) path += `/${encodeURIComponent(name)}`;
  if (subresource) path += `/${subresource}`;
  return path;
}
