/**
 * The verbs of stored resources.
 */
import type { ApiCall, ApiReply, Entry } from '../call.ts';
import { createObject, MAX_NAME_ATTEMPTS } from './create.ts';
import { deleteObject, type Deleted } from './delete.ts';
import { parseDeleteOptions, type DeleteRequest } from './delete-options.ts';
import type { Freshness } from './freshness.ts';
import { trackApply } from './field-tracker.ts';
import { parseListQuery, parseRevision } from './list-options.ts';
import { checkName } from './object-meta.ts';
import { applyPatch, isApply, parsePatch, type Patch } from './patch.ts';
import { current, type Lists } from './reads.ts';
import { decodeBody, type BodyRules } from './request-body.ts';
import type { StoredResource } from './resources.ts';
import { changeObject, type Changed, type ChangeSpec } from './update.ts';
import type { Watches } from './watches.ts';
import { managerOf, parseWriteOptions, type WriteOptions } from './write-options.ts';
import { trackedWrite, type WriteScope, type WriteServices } from './write-scope.ts';
import type { KubeObject } from '#machinery/kind.ts';
import { status as statusSchema } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import { isReason, StatusError } from '#machinery/status.ts';

/** The parts of the server that verbs use. */
export interface VerbServices extends WriteServices {
  readonly lists: Lists;
  readonly watches: Watches;
}

/** How many deletions of a collection run at once. */
const DELETE_CONCURRENCY = 16;

/** 404 for a path that means nothing here. */
export function unknownPath(): StatusError {
  return new StatusError({ code: 404, reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });
}

/** 405, as for a method that a path does not have. */
export function wrongMethod(): StatusError {
  return new StatusError({
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
    details: {},
  });
}

/** The scope of a write. */
export function scopeOf(services: WriteServices, resource: StoredResource, call: ApiCall, options: WriteOptions): WriteScope {
  const { info } = call;
  const nowMs = services.clock.now();
  return {
    resource,
    namespace: resource.kind.namespaced ? info.namespace : '',
    name: info.name,
    subresource: info.subresource,
    user: call.user,
    manager: managerOf(options, call.userAgent),
    options,
    context: { nowMs, gate: services.gate, memory: services.memory, namespaceLabels: services.namespaceLabels, user: call.user },
    time: services.times.at(nowMs),
    signal: call.signal,
    warn: (text) => call.warn(text),
    annotate: (key, value) => call.annotate?.(key, value),
  };
}

/** How a call wants its body read. */
export function bodyRules(call: ApiCall, options: WriteOptions): BodyRules {
  return { validation: options.fieldValidation, warn: (text) => call.warn(text) };
}

/** Answers calls to the objects and collections of stored resources. */
export class ObjectHandler {
  readonly #services: VerbServices;
  readonly #freshness: Freshness;

  constructor(services: VerbServices) {
    this.#services = services;
    this.#freshness = services.freshness;
  }

  handle(resource: StoredResource, call: ApiCall): ApiReply | Promise<ApiReply> {
    const { info } = call;
    switch (info.verb) {
      case 'get':
        return this.#get(resource, call);
      case 'list':
        return this.#list(resource, call);
      case 'watch':
        return this.#watch(resource, call);
      case 'create':
        return this.#create(resource, call);
      case 'update':
        return this.#update(resource, call);
      case 'patch':
        return this.#patch(resource, call);
      case 'delete':
        return this.#delete(resource, call);
      case 'deletecollection':
        return this.#deleteCollection(resource, call);
      default:
        throw wrongMethod();
    }
  }

  #get(resource: StoredResource, { info, query }: ApiCall): ApiReply | Promise<ApiReply> {
    const revision = query.size === 0 ? undefined : parseRevision(query.get('resourceVersion'));
    const waiting = revision === undefined ? this.#freshness.newest() : this.#freshness.notOlderThan(revision);
    const answer = (): ApiReply => ({
      type: 'entry',
      code: 200,
      kind: resource.kind,
      entry: resource.view.of(current(resource, info.namespace, info.name)),
    });
    return waiting ? waiting.then(answer) : answer();
  }

  #list(resource: StoredResource, { info, query }: ApiCall): ApiReply | Promise<ApiReply> {
    const page = this.#services.lists.list(resource, info.namespace, parseListQuery(query, false));
    if (page instanceof Promise) return page.then(({ entries, metadata }) => ({ type: 'list', kind: resource.kind, entries, metadata }));
    return { type: 'list', kind: resource.kind, entries: page.entries, metadata: page.metadata };
  }

  #watch(resource: StoredResource, { info, query, signal }: ApiCall): ApiReply | Promise<ApiReply> {
    const events = this.#services.watches.watch(resource, info, parseListQuery(query, true), signal);
    if (events instanceof Promise) return events.then((opened) => ({ type: 'watch', kind: resource.kind, events: opened }));
    return { type: 'watch', kind: resource.kind, events };
  }

  async #create(resource: StoredResource, call: ApiCall): Promise<ApiReply> {
    const options = parseWriteOptions(call.query, 'CreateOptions');
    const scope = scopeOf(this.#services, resource, call, options);
    const entry = await this.#freshness.orAgain(() => this.#createNamed(scope, call));
    return { type: 'entry', code: 201, kind: resource.kind, entry };
  }

  /** A create with a generated name gets another one when that is taken. */
  async #createNamed(scope: WriteScope, call: ApiCall): Promise<Entry> {
    for (let attempt = 1; ; attempt++) {
      const draft = this.#decode(scope, call);
      const generated = !draft.metadata?.name && draft.metadata?.generateName;
      try {
        return await createObject(this.#services, scope, draft);
      } catch (error) {
        // A generated name that another request under way got too.
        if (!generated || attempt === MAX_NAME_ATTEMPTS || !isReason(error, 'AlreadyExists')) throw error;
      }
    }
  }

  async #update(resource: StoredResource, call: ApiCall): Promise<ApiReply> {
    const options = parseWriteOptions(call.query, 'UpdateOptions');
    const scope = scopeOf(this.#services, resource, call, options);
    const sent = this.#decode(scope, call);
    checkName(sent, scope.name, scope.namespace);
    // Every attempt but the first needs a draft of its own: strategies and admission change it.
    let fresh: Draft<KubeObject> | undefined = sent;
    const next = (): Draft<KubeObject> => {
      const draft = fresh ?? this.#decode(scope, call);
      fresh = undefined;
      return draft;
    };
    return this.#changed(resource, await changeObject(this.#services, scope, { next, create: next }));
  }

  async #patch(resource: StoredResource, call: ApiCall): Promise<ApiReply> {
    const apply = isApply(call.body);
    const options = parseWriteOptions(call.query, 'PatchOptions', apply);
    const scope = scopeOf(this.#services, resource, call, options);
    const rules = bodyRules(call, options);
    const patch = parsePatch(call.body, resource.kind, { name: scope.name, namespace: scope.namespace });
    const spec = patch.type === 'apply' ? this.#applySpec(scope, patch) : this.#patchSpec(scope, patch, rules);
    return this.#changed(resource, await changeObject(this.#services, scope, spec));
  }

  #patchSpec(scope: WriteScope, patch: Exclude<Patch, { type: 'apply' }>, rules: BodyRules): ChangeSpec {
    const { kind } = scope.resource;
    return {
      next(stored) {
        const draft = applyPatch(patch, kind, stored, rules);
        kind.defaults?.(draft, scope.context);
        return draft;
      },
    };
  }

  #applySpec(scope: WriteScope, patch: Extract<Patch, { type: 'apply' }>): ChangeSpec {
    const { kind } = scope.resource;
    const write = { ...trackedWrite(scope), force: scope.options.force };
    const applied = (stored: KubeObject | undefined): Draft<KubeObject> => {
      const draft = trackApply(write, patch.given, stored);
      kind.defaults?.(draft, scope.context);
      return draft;
    };
    const create = (): Draft<KubeObject> => {
      const draft = applied(undefined);
      checkName(draft, scope.name, scope.namespace);
      return draft;
    };
    return { next: applied, create, tracked: true, creates: true };
  }

  async #delete(resource: StoredResource, call: ApiCall): Promise<ApiReply> {
    const request = parseDeleteOptions(call.body, call.query);
    const scope = scopeOf(this.#services, resource, call, { dryRun: request.dryRun, fieldManager: '', fieldValidation: 'ignore', force: false });
    return deletedReply(resource, request, await deleteObject(this.#services, scope, request));
  }

  async #deleteCollection(resource: StoredResource, call: ApiCall): Promise<ApiReply> {
    const request = parseDeleteOptions(call.body, call.query);
    const options: WriteOptions = { dryRun: request.dryRun, fieldManager: '', fieldValidation: 'ignore', force: false };
    const scope = scopeOf(this.#services, resource, call, options);
    const { entries, metadata } = await this.#services.lists.list(resource, call.info.namespace, parseListQuery(call.query, false));
    const left = [...entries];
    const work = async (): Promise<void> => {
      for (let entry = left.pop(); entry; entry = left.pop()) await this.#deleteOne(scope, request, entry);
    };
    await Promise.all(Array.from({ length: DELETE_CONCURRENCY }, work));
    return { type: 'list', kind: resource.kind, entries, metadata };
  }

  async #deleteOne(scope: WriteScope, request: DeleteRequest, entry: Entry): Promise<void> {
    const { name = '', namespace = '' } = entry.object.metadata;
    try {
      await deleteObject(this.#services, { ...scope, name, namespace }, request);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }

  /** The body with defaults. */
  #decode({ resource, context, options }: WriteScope, call: ApiCall): Draft<KubeObject> {
    const draft = decodeBody(call.body, resource.kind, bodyRules(call, options));
    resource.kind.defaults?.(draft, context);
    return draft;
  }

  #changed(resource: StoredResource, { entry, created }: Changed): ApiReply {
    return { type: 'entry', code: created ? 201 : 200, kind: resource.kind, entry };
  }
}

const STATUS_KIND = { schema: statusSchema };

/** The answer to a deletion. Source: apiserver `handlers/delete.go`, `store.go` finalizeDelete. */
export function deletedReply(resource: StoredResource, request: DeleteRequest, { entry, gone }: Deleted): ApiReply {
  const accepted = !gone && (request.orphanDependents === false || request.propagationPolicy === 'Foreground');
  const code = accepted ? 202 : 200;
  if (!gone || resource.kind.strategy.returnsDeleted) return { type: 'entry', code, kind: resource.kind, entry };
  const { metadata } = entry.object;
  const { group, plural } = resource.kind;
  const details = { name: metadata.name ?? '', ...(group ? { group } : {}), kind: plural, uid: metadata.uid ?? '' };
  return { type: 'object', code, object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }, kind: STATUS_KIND };
}
