/**
 * What a node's agent may do to pods, and for which of them it gets tokens.
 *
 * Source: the NodeRestriction documentation; kubernetes `plugin/pkg/admission/noderestriction`, KEP-4935.
 */
import type { AdmissionRequest } from './admission.ts';
import { refusal } from './refusal.ts';
import { type Authorizer, resourceAttributes } from '../authorization/authorizer.ts';
import { visitPodReferences } from '../authorization/pod-references.ts';
import type { Caches } from '../call.ts';
import type { TokenRequest } from '#kinds/authentication/token-request/schema.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { csiDrivers } from '#kinds/storage/csi-driver/kind.ts';
import type { OwnerReference } from '#machinery/meta.ts';
import type { Draft } from '#machinery/schema.ts';
import { notFound } from '#machinery/status.ts';

/** A request of a node. */
export interface NodeRequest {
  readonly request: AdmissionRequest;
  readonly node: string;
  readonly caches: Caches;
  readonly authorizer: Authorizer;
}

const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
/** Who may have tokens for audiences that no pod asks for. */
const AUDIENCE_VERB = 'request-serviceaccounts-token-audience';

const quoted = (text: string): string => JSON.stringify(text);

/** Pods are made by nodes only to show what runs from files, and die with their node. */
function checkNewPod(asked: NodeRequest): void {
  const { request, node } = asked;
  const pod = request.object as Draft<Pod>;
  const refuse = (why: string): Error => refusal(request, `node ${quoted(node)} ${why}`);
  if (pod.metadata?.annotations?.[MIRROR_ANNOTATION] === undefined) {
    throw refusal(request, `pod does not have ${quoted(MIRROR_ANNOTATION)} annotation, node ${quoted(node)} can only create mirror pods`);
  }
  if (pod.spec?.nodeName !== node) throw refuse('can only create pods with spec.nodeName set to itself');
  checkOwner(asked, (pod.metadata.ownerReferences ?? []) as readonly OwnerReference[]);
  if (pod.spec.serviceAccountName) throw refuse('can not create pods that reference a service account');
  const referred = new Set<string>();
  visitPodReferences(pod as unknown as Pod, (kind) => referred.add(kind));
  for (const kind of ['secrets', 'configmaps', 'persistentvolumeclaims', 'resourceclaims'])
    if (referred.has(kind)) throw refuse(`can not create pods that reference ${kind}`);
  if (pod.spec.volumes?.some(({ projected }) => projected)) throw refuse('can not create pods that reference projected volumes');
}

function checkOwner({ request, node, caches }: NodeRequest, owners: readonly OwnerReference[]): void {
  const refuse = (why: string): Error => refusal(request, `node ${quoted(node)} ${why}`);
  const [owner, ...others] = owners;
  if (others.length > 0) throw refuse('can only create pods with a single owner reference set to itself');
  if (!owner || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    throw refuse('can only create pods with an owner reference set to itself');
  if (!owner.controller) throw refuse('can only create pods with a controller owner reference set to itself');
  if (owner.blockOwnerDeletion) throw refuse('must not set blockOwnerDeletion on an owner reference');
  const found = caches.get(nodes, '', node);
  if (!found) throw notFound({ group: '', resource: 'nodes' }, node);
  if (found.metadata.uid !== owner.uid) throw refusal(request, `node ${node} UID mismatch: expected ${owner.uid} got ${found.metadata.uid}`);
}

/** Nodes create mirror pods, and delete, evict and report on what is bound to them. @throws StatusError Forbidden */
export function checkPod(asked: NodeRequest): void {
  const { request, node, caches } = asked;
  const { operation, subresource } = request;
  if (subresource === '' && operation === 'CREATE') return checkNewPod(asked);
  const pod = (request.old as Pod | undefined) ?? caches.get(pods, request.namespace, request.name);
  const own = pod?.spec.nodeName === node;
  if (subresource === '' && operation === 'DELETE') {
    if (!own) throw refusal(request, `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`);
  } else if (subresource === 'status' && operation === 'UPDATE') {
    if (!own) throw refusal(request, `node ${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`);
    if (!sameValue(request.object?.metadata?.labels ?? {}, pod?.metadata.labels ?? {}))
      throw refusal(request, `node ${quoted(node)} cannot update labels through pod status`);
    if (!sameValue((request.object as Draft<Pod>).status?.resourceClaimStatuses ?? [], pod?.status.resourceClaimStatuses ?? [])) {
      throw refusal(request, `node ${quoted(node)} cannot update resource claim statuses`);
    }
  } else if (subresource === 'eviction') {
    if (!own) throw refusal(request, `node ${quoted(node)} can only evict pods with spec.nodeName set to itself`);
  } else throw refusal(request, `unexpected operation ${quoted(operation)}, node ${quoted(node)} can only create and delete mirror pods`);
}

/** Nodes get tokens for their own pods, for audiences that these ask for. @throws StatusError Forbidden */
export function checkToken(asked: NodeRequest): void | Promise<void> {
  const { request, node, caches } = asked;
  const { boundObjectRef: bound, audiences = [] } = (request.object as Draft<TokenRequest>).spec ?? {};
  if (!bound || bound.kind !== 'Pod') throw refusal(request, 'node requested token not bound to a pod');
  if (!bound.uid) throw refusal(request, 'node requested token with a pod binding without a uid');
  const pod = caches.get(pods, request.namespace, bound.name ?? '');
  if (pod && pod.metadata.uid !== bound.uid) {
    throw refusal(
      request,
      `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  if (!pod || pod.spec.nodeName !== node) throw refusal(request, 'node requested token bound to a pod scheduled on a different node');
  if (audiences.length > 1) throw refusal(request, 'node may only request 0 or 1 audiences');
  const audience = audiences[0] ?? '';
  return wantsAudience(pod, audience, caches) ? undefined : checkAudienceGranted(asked, audience);
}

/** Whether the pod's own volumes ask for tokens of the audience. */
function wantsAudience(pod: Pod, audience: string, caches: Caches): boolean {
  return (pod.spec.volumes ?? []).some((volume) => {
    if (volume.projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken && (serviceAccountToken.audience ?? '') === audience))
      return true;
    const claim = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : undefined);
    const volumeName = claim === undefined ? undefined : caches.get(persistentVolumeClaims, pod.metadata.namespace ?? '', claim)?.spec.volumeName;
    const driver = volume.csi?.driver ?? (volumeName ? caches.get(persistentVolumes, '', volumeName)?.spec.csi?.driver : undefined);
    return driver !== undefined && (caches.get(csiDrivers, '', driver)?.spec.tokenRequests ?? []).some((one) => one.audience === audience);
  });
}

async function checkAudienceGranted({ request, authorizer }: NodeRequest, audience: string): Promise<void> {
  const { verdict } = await authorizer.authorize(
    request.user,
    resourceAttributes({ verb: AUDIENCE_VERB, version: '', resource: audience, namespace: request.namespace, name: request.name }),
  );
  if (verdict !== 'allow') throw refusal(request, `audience ${quoted(audience)} not found in pod spec volume`);
}
