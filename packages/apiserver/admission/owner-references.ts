/**
 * Owners are named only by who may delete the owned object, and blocked from going only by who may change their finalizers.
 *
 * Source: kubernetes `plugin/pkg/admission/gc`.
 */
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import { type Authorizer, resourceAttributes } from '../authorization/authorizer.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { groupVersionText, type Kind } from '#machinery/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';

/** What the plugin works with. */
export interface OwnerReferencesOptions {
  readonly authorizer: Authorizer;
  /** The kinds that are served. */
  readonly kinds: readonly Kind[];
}

function newlyBlocking({ object, old }: AdmissionRequest): OwnerReference[] {
  const before = (old?.metadata.ownerReferences ?? []).filter(({ blockOwnerDeletion }) => blockOwnerDeletion);
  const now = (object?.metadata?.ownerReferences ?? []) as readonly OwnerReference[];
  return now.filter(({ uid, blockOwnerDeletion }) => blockOwnerDeletion && !before.some((one) => one.uid === uid));
}

/** The plugin. */
export function ownerReferencesPermissionEnforcement({ authorizer, kinds }: OwnerReferencesOptions): AdmissionPlugin {
  const checkDeletable = async (request: AdmissionRequest): Promise<void> => {
    const { kind, namespace, name, user } = request;
    const asked = resourceAttributes({
      verb: 'delete',
      group: kind.group,
      version: kind.version,
      resource: kind.plural,
      namespace,
      name: name || (request.object?.metadata?.name ?? ''),
    });
    const { verdict, reason } = await authorizer.authorize(user, asked);
    if (verdict !== 'allow') throw refusal(request, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
  };
  const checkBlocking = async (request: AdmissionRequest, { apiVersion, kind, name }: OwnerReference): Promise<void> => {
    const owner = kinds.find((one) => one.kind === kind && groupVersionText(one) === apiVersion);
    if (!owner) {
      throw refusal(
        request,
        `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
      );
    }
    const namespace = owner.namespaced ? request.namespace : '';
    const asked = resourceAttributes({
      verb: 'update',
      group: owner.group,
      version: owner.version,
      resource: owner.plural,
      subresource: 'finalizers',
      namespace,
      name,
    });
    const { verdict, reason } = await authorizer.authorize(request.user, asked);
    if (verdict !== 'allow')
      throw refusal(request, `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reason}, <nil>`);
  };
  return {
    name: 'OwnerReferencesPermissionEnforcement',
    interest: { operations: ['CREATE', 'UPDATE'] },
    async validate(request) {
      const { object, old } = request;
      const now = object?.metadata?.ownerReferences ?? [];
      if (sameValue(now, old?.metadata.ownerReferences ?? [])) return;
      // Who creates an object may name its owners; otherwise it takes the right to delete it, which naming an owner amounts to.
      if (old) await checkDeletable(request);
      for (const reference of newlyBlocking(request)) await checkBlocking(request, reference);
    },
  };
}
