/**
 * Subresources that read and write their parent as the kind declares: `status`, `scale`, `finalize` and the like.
 */
import type { ApiCall, ApiReply } from '../call.ts';
import { trackApply } from './field-tracker.ts';
import { bodyRules, scopeOf, wrongMethod, type VerbServices } from './object-handler.ts';
import { checkName } from './object-meta.ts';
import { applyPatch, isApply, parsePatch } from './patch.ts';
import { current } from './reads.ts';
import { decodeBody, type BodyType } from './request-body.ts';
import type { StoredResource } from './resources.ts';
import { subresourceType } from './subresource-types.ts';
import { changeObject, type ChangeSpec } from './update.ts';
import { parseWriteOptions } from './write-options.ts';
import { trackedWrite, type WriteScope } from './write-scope.ts';
import type { KubeObject, Subresource, SubresourceUpdate } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';
import { unsupportedMediaType } from '#machinery/status.ts';

/** A declared subresource of a stored resource. */
interface Declared {
  readonly resource: StoredResource;
  readonly update: SubresourceUpdate;
  /** What clients send and receive. */
  readonly type: BodyType;
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
    const sent = decodeBody(call.body, declared.type, bodyRules(call, options));
    if (declared.type === declared.resource.kind) declared.resource.kind.defaults?.(sent, scope.context);
    checkName(sent, scope.name, scope.namespace);
    return this.#change(declared, scope, () => sent);
  }

  async #patch(declared: Declared, call: ApiCall): Promise<ApiReply> {
    const options = parseWriteOptions(call.query, 'PatchOptions', isApply(call.body));
    const scope = scopeOf(this.#services, declared.resource, call, options);
    const rules = bodyRules(call, options);
    const patch = parsePatch(call.body, declared.type, { name: scope.name, namespace: scope.namespace });
    if (patch.type === 'apply') {
      if (declared.update.view)
        throw unsupportedMediaType(['application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json']);
      const write = { ...trackedWrite(scope), force: options.force };
      return this.#change(declared, scope, (stored) => trackApply(write, patch.given, stored), true);
    }
    return this.#change(declared, scope, (stored) => {
      const patched = applyPatch(patch, declared.type, declared.update.view?.(stored) ?? stored, rules);
      // A status has nothing to default, and is what is patched most.
      if (declared.type === declared.resource.kind && call.info.subresource !== 'status') declared.resource.kind.defaults?.(patched, scope.context);
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
      const sent = sentOf(stored) as unknown as KubeObject;
      const draft = { ...stored } as Draft<KubeObject>;
      update.apply(draft, sent, stored, scope.context);
      const { resourceVersion = '', uid = '' } = sent.metadata;
      // A type of its own, such as Scale, may come without resource version whatever the parent's rules are.
      const version = resourceVersion || (update.view ? stored.metadata.resourceVersion! : '');
      draft.metadata = { ...draft.metadata, resourceVersion: version, uid: uid || stored.metadata.uid! };
      return draft;
    };
    const spec: ChangeSpec = { next, through: update, ...(tracked ? { tracked: true } : {}) };
    const { entry } = await changeObject(this.#services, scope, spec);
    if (!update.view) return { type: 'entry', code: 200, kind: resource.kind, entry };
    return { type: 'object', code: 200, object: update.view(entry.object), kind: type };
  }
}
