/**
 * What every write has at hand: where it goes, who asks, and the parts of the server that take part.
 */
import type { AdmissionChain, AdmissionRequest, Operation } from '../admission/admission.ts';
import { StoredEntry, UNCOMMITTED } from '../cacher/entry.ts';
import type { Entry, User } from '../call.ts';
import type { DisabledFields } from './disabled-fields.ts';
import type { Committer } from './committer.ts';
import type { Companion } from './companion.ts';
import type { TrackedWrite } from './field-tracker.ts';
import type { Freshness } from './freshness.ts';
import type { StoredResource } from './resources.ts';
import type { Clock } from '#base/clock.ts';
import type { Random } from '#base/random.ts';
import { decodeObject } from '#machinery/decode.ts';
import type { KindContext, KubeObject } from '#machinery/kind.ts';
import type { Memory } from '#machinery/memory.ts';
import type { ObjectMeta } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import type { TimeTexts } from './time-texts.ts';
import type { WriteOptions } from './write-options.ts';

/** The parts of the server that writes use. */
export interface WriteServices {
  readonly admission: AdmissionChain;
  readonly committer: Committer;
  readonly freshness: Freshness;
  readonly clock: Clock;
  readonly times: TimeTexts;
  readonly random: Random;
  readonly gate: (name: string) => boolean;
  /** What rules of kinds remember between requests. */
  readonly memory: Memory;
  /** For rules that depend on the namespace. */
  readonly namespaceLabels: NonNullable<KindContext['namespaceLabels']>;
  readonly disabledFields: DisabledFields;
  /** By `GROUP/PLURAL`. */
  readonly companions: ReadonlyMap<string, Companion>;
}

/** One write. */
export interface WriteScope {
  readonly resource: StoredResource;
  readonly namespace: string;
  /** Empty for a new object whose name the body has. */
  readonly name: string;
  readonly subresource: string;
  readonly user: User;
  /** Names the writer in managed fields. */
  readonly manager: string;
  readonly options: WriteOptions;
  readonly context: KindContext;
  /** The request time as metadata shows it. */
  readonly time: string;
  readonly signal: AbortSignal;
  warn(text: string): void;
  readonly annotate?: ((key: string, value: string) => void) | undefined;
}

/** The scope's request as admission sees it. */
export function admissionRequest(
  scope: WriteScope,
  operation: Operation,
  objects: {
    readonly object?: Draft<KubeObject> | undefined;
    readonly old?: KubeObject | undefined;
    readonly gracePeriodSeconds?: number | undefined;
  },
): AdmissionRequest {
  const grace = objects.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: objects.gracePeriodSeconds };
  return {
    operation,
    kind: scope.resource.kind,
    subresource: scope.subresource,
    namespace: scope.resource.kind.namespaced ? scope.namespace : '',
    name: scope.name || (objects.object?.metadata?.name ?? ''),
    object: objects.object,
    old: objects.old,
    options: { dryRun: scope.options.dryRun, ...grace },
    user: scope.user,
    nowMs: scope.context.nowMs,
    warn: scope.warn,
    annotate: scope.annotate,
  };
}

/** The scope's write as field tracking sees it. */
export function trackedWrite(scope: WriteScope): TrackedWrite {
  return { kind: scope.resource.kind, subresource: scope.subresource, manager: scope.manager, time: scope.time };
}

/** The companion of the scope's resource. */
export function companionOf(services: WriteServices, { resource }: WriteScope): Companion | undefined {
  const { group, plural } = resource.storage.kind;
  return services.companions.get(`${group}/${plural}`);
}

/** A draft of the request's version as one of the stored version. */
export function toStored(resource: StoredResource, draft: Draft<KubeObject>): Draft<KubeObject> {
  const { stored } = resource.kind;
  return stored ? (stored.toStored(draft as unknown as KubeObject) as unknown as Draft<KubeObject>) : draft;
}

/** An object of the stored version as one of the request's version. */
export function requestVersion(resource: StoredResource, object: KubeObject): KubeObject {
  return resource.kind.stored ? resource.kind.stored.fromStored(object) : object;
}

/** A finished draft in canonical form, ready for the store. Its metadata belongs to it alone. Parts that it shares with `stored`, the object before, are in that form already. */
export function seal(resource: StoredResource, draft: Draft<KubeObject>, stored?: KubeObject): StoredEntry {
  const { storage } = resource;
  draft.metadata = { ...draft.metadata, resourceVersion: UNCOMMITTED };
  const { object } = decodeObject<KubeObject>(storage.kind.schema, draft, { mode: 'ignore', known: stored });
  return StoredEntry.draft(storage.cache.codec, object);
}

/** The answer to a dry run: the object as it would be, with the resource version it has. */
export function dryRunEntry(resource: StoredResource, entry: StoredEntry, resourceVersion: string | undefined): Entry {
  const { resourceVersion: _uncommitted, ...metadata } = entry.object.metadata;
  const shown: ObjectMeta = resourceVersion === undefined ? metadata : { ...entry.object.metadata, resourceVersion };
  const object: KubeObject = { ...entry.object, metadata: shown };
  const { codec } = resource.storage.cache;
  return resource.view.of({ object, revision: 0, json: () => codec.encode(object), protobuf: () => codec.protobuf(object) });
}
