/**
 * Subresources that read and write their parent as the kind declares: `status`, `scale`, `finalize` and the like.
 */
import type { ApiCall, ApiReply } from '../call.ts';
import { readApplied, trackApply } from './field-tracker.ts';
import { bodyRules, scopeOf, wrongMethod, type VerbServices } from './object-handler.ts';
import { checkName } from './object-meta.ts';
import { applyPatch, isApply, parsePatch, patchedView } from './patch.ts';
import { current } from './reads.ts';
import { decodeBody, type BodyType } from './request-body.ts';
import { objectKey, type StoredResource } from './resources.ts';
import { subresourceType } from './subresource-types.ts';
import { changeObject, type ChangeSpec } from './update.ts';
import { parseWriteOptions } from './write-options.ts';
import { trackedWrite, type WriteScope } from './write-scope.ts';
import { groupVersionText, type KubeObject, type Subresource, type SubresourceUpdate } from '#machinery/kind.ts';
import type { ManagedFieldsEntry } from '#machinery/meta.ts';
import { isJsonObject, type JsonObject } from '#machinery/patch/json-value.ts';
import type { Draft } from '#machinery/schema.ts';
import { unsupportedMediaType } from '#machinery/status.ts';

/** A declared subresource of a stored resource. */
interface Declared {
  readonly resource: StoredResource;
  readonly update: SubresourceUpdate;
  /** What clients send and receive. */
  readonly type: BodyType;
}

const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'];
/** What an apply through a subresource of its own type says about which object it is. */
const IDENTITY = ['name', 'namespace', 'uid', 'resourceVersion', 'managedFields'];

/** An apply of the subresource's type as one of its parent. @throws StatusError */
function parentGiven({ resource, update, type }: Declared, given: JsonObject): JsonObject {
  if (!update.view) return given;
  if (!update.declares) throw unsupportedMediaType(PATCH_TYPES);
  const { kind } = resource;
  const sent = isJsonObject(given['metadata']) ? given['metadata'] : {};
  const metadata = Object.fromEntries(Object.entries(sent).filter(([name]) => IDENTITY.includes(name)));
  return { kind: kind.kind, apiVersion: groupVersionText(kind), ...(update.declares(readApplied(type, given)) as JsonObject), metadata };
}

/** Answers calls to declared subresources. */
export class SubresourceHandler {
  readonly #services: VerbServices;

  constructor(services: VerbServices) {
    this.#services = services;
  }

  /** `declaration` has an `update`. */
  handle(resource: StoredResource, declaration: Subresource, call: ApiCall): ApiReply | Promise<ApiReply> {
    const type = declaration.type ? subresourceType(declaration.type) : resource.kind;
    const update = declaration.update;
    if (!type || !update) throw wrongMethod();
    const declared: Declared = { resource, update, type };
    switch (call.info.verb) {
      case 'get':
        return this.#get(declared, call);
      case 'update':
        return this.#update(declared, call);
      case 'patch':
        return this.#patch(declared, call);
      default:
        throw wrongMethod();
    }
  }

  #get(declared: Declared, { info }: ApiCall): ApiReply | Promise<ApiReply> {
    const waiting = this.#services.freshness.newest();
    const answer = (): ApiReply => {
      const { resource, update, type } = declared;
      const entry = resource.view.of(current(resource, info.namespace, info.name));
      if (!update.view) return { type: 'entry', code: 200, kind: resource.kind, entry };
      return { type: 'object', code: 200, object: update.view(entry.object), kind: type };
    };
    return waiting ? waiting.then(answer) : answer();
  }

  async #update(declared: Declared, call: ApiCall): Promise<ApiReply> {
    const options = parseWriteOptions(call.query, 'UpdateOptions');
    const scope = scopeOf(this.#services, declared.resource, call, options);
    const known = this.#known(declared, call);
    const sent = decodeBody(call.body, declared.type, bodyRules(call, options), known);
    if (declared.type === declared.resource.kind && !known) declared.resource.kind.defaults?.(sent, scope.context);
    checkName(sent, scope.name, scope.namespace);
    return this.#change(declared, scope, () => sent);
  }

  /**
   * The stored object when a component of this process sends a changed copy of it, as those that write statuses do: what it did not change is the stored object's
   * own part, has its defaults and need not be copied, decoded or compared.
   */
  #known({ resource, type }: Declared, { body, info }: ApiCall): KubeObject | undefined {
    if (body.type !== 'object' || type !== resource.kind) return undefined;
    const entry = resource.storage.cache.get(objectKey(resource.kind, info.namespace, info.name));
    const object = entry && resource.view.of(entry).object;
    const { spec } = (body.value ?? {}) as { readonly spec?: unknown };
    return object && spec !== undefined && spec === (object as { readonly spec?: unknown }).spec ? object : undefined;
  }

  async #patch(declared: Declared, call: ApiCall): Promise<ApiReply> {
    const options = parseWriteOptions(call.query, 'PatchOptions', isApply(call.body));
    const scope = scopeOf(this.#services, declared.resource, call, options);
    const rules = bodyRules(call, options);
    const patch = parsePatch(call.body, declared.type, { name: scope.name, namespace: scope.namespace });
    if (patch.type === 'apply') {
      const given = parentGiven(declared, patch.given);
      const write = { ...trackedWrite(scope), force: options.force };
      return this.#change(declared, scope, (stored) => trackApply(write, given, stored), true);
    }
    return this.#change(declared, scope, (stored) => {
      // A status has nothing to default, and is what is patched most.
      const plain = declared.type === declared.resource.kind && call.info.subresource === 'status';
      if (plain) return patchedView(patch, declared.type, stored, rules);
      const patched = applyPatch(patch, declared.type, declared.update.view?.(stored) ?? stored, rules);
      if (declared.type === declared.resource.kind) declared.resource.kind.defaults?.(patched, scope.context);
      return patched;
    });
  }

  async #change(
    { resource, update, type }: Declared,
    scope: WriteScope,
    sentOf: (stored: KubeObject) => Draft<KubeObject>,
    tracked = false,
  ): Promise<ApiReply> {
    const next = (stored: KubeObject): Draft<KubeObject> => {
      const given = sentOf(stored) as unknown as KubeObject;
      // What was applied is the parent already; it is taken over like everything else that comes through the subresource.
      const sent = tracked && update.view ? update.view(given) : given;
      const draft = { ...stored } as Draft<KubeObject>;
      update.apply(draft, sent, stored, scope.context);
      const { resourceVersion = '', uid = '' } = sent.metadata;
      // A type of its own, such as Scale, may come without resource version whatever the parent's rules are.
      const version = resourceVersion || (update.view ? stored.metadata.resourceVersion! : '');
      draft.metadata = { ...draft.metadata, resourceVersion: version, uid: uid || stored.metadata.uid! };
      if (tracked) draft.metadata.managedFields = given.metadata.managedFields as Draft<ManagedFieldsEntry>[];
      return draft;
    };
    const spec: ChangeSpec = { next, through: update, ...(tracked ? { tracked: true } : {}) };
    const { entry } = await changeObject(this.#services, scope, spec);
    if (!update.view) return { type: 'entry', code: 200, kind: resource.kind, entry };
    return { type: 'object', code: 200, object: update.view(entry.object), kind: type };
  }
}
