/** Lets a node's agent reach what its own pods need, and no more. Source: the Node authorizer documentation; kubernetes `auth/authorizer/node`. */
import { persistentVolumeClaims } from '#kinds/core/persistent-volume-claim/kind.ts';
import { persistentVolumes } from '#kinds/core/persistent-volume/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { PolicyRule } from '#kinds/rbac/rules.ts';
import { volumeAttachments } from '#kinds/storage/volume-attachment/kind.ts';
import type { Caches, User } from '../call.ts';
import { type Attributes, type Authorizer, type Decision, NO_OPINION } from './authorizer.ts';
import { type ReferenceKind, podRefersTo } from './pod-references.ts';
import { RuleTable } from './rule-table.ts';

const NODE_USER_PREFIX = 'system:node:';
const NODE_GROUP = 'system:nodes';
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';
const LEASE_NAMESPACE = 'kube-node-lease';

const ALLOW: Decision = { verdict: 'allow', reason: '' };
const READS = new Set(['get', 'list', 'watch']);
const READ_WRITES = new Set(['get', 'create', 'update', 'patch', 'delete']);

/** What every node may do, whatever runs on it. Some of it NodeRestriction admission narrows further. */
const NODE_RULES: readonly PolicyRule[] = [
  { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'] },
  { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews', 'localsubjectaccessreviews'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['services'] },
  { verbs: ['create', 'update', 'patch'], apiGroups: ['', 'events.k8s.io'], resources: ['events'] },
  { verbs: ['create', 'get', 'list', 'watch'], apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['storage.k8s.io'], resources: ['csidrivers'] },
  { verbs: ['get', 'list', 'watch'], apiGroups: ['node.k8s.io'], resources: ['runtimeclasses'] },
];

const no = (reason: string): Decision => ({ verdict: 'none', reason });

/** The node whose agent `user` is; `undefined` for other users. */
export function nodeOf(user: User): string | undefined {
  if (!user.name.startsWith(NODE_USER_PREFIX) || !user.groups.includes(NODE_GROUP)) return undefined;
  return user.name.slice(NODE_USER_PREFIX.length);
}

/** Authorizes nodes by the pods that are bound to them. */
export class NodeAuthorizer implements Authorizer, Disposable {
  readonly #caches: Caches;
  readonly #podsByNode = new Map<string, Map<string, Pod>>();
  readonly #rules = new RuleTable();
  readonly #subscription: Disposable;

  /** The caches must have loaded. */
  constructor(caches: Caches) {
    this.#caches = caches;
    this.#rules.add(NODE_RULES, '');
    for (const pod of caches.list(pods)) this.#place(pod, undefined);
    this.#subscription = caches.subscribe(pods, (next, previous) => this.#place(next, previous));
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  authorize(user: User, asked: Attributes): Decision {
    const node = nodeOf(user);
    if (node === undefined) return NO_OPINION;
    if (node === '') return no(`unknown node for user ${JSON.stringify(user.name)}`);
    if (asked.isResource) {
      const decision = this.#authorizeResource(node, asked);
      if (decision) return decision;
    }
    return this.#rules.allows(asked) === undefined ? NO_OPINION : ALLOW;
  }

  #authorizeResource(node: string, asked: Attributes): Decision | undefined {
    switch (asked.group === '' ? asked.resource : `${asked.group}/${asked.resource}`) {
      case 'secrets':
        return this.#readRelated(node, 'secrets', asked);
      case 'configmaps':
        return this.#readRelated(node, 'configmaps', asked);
      case 'persistentvolumeclaims':
        return asked.subresource === 'status' ? this.#related(node, 'persistentvolumeclaims', asked, ['update', 'patch']) : this.#getRelated(node, 'persistentvolumeclaims', asked);
      case 'resource.k8s.io/resourceclaims':
        return this.#getRelated(node, 'resourceclaims', asked);
      case 'persistentvolumes':
        return this.#getOwn(node, asked, () => this.#usesVolume(node, asked.name));
      case 'storage.k8s.io/volumeattachments':
        return this.#getOwn(node, asked, () => this.#caches.get(volumeAttachments, '', asked.name)?.spec.nodeName === node);
      case 'serviceaccounts':
        return this.#createToken(node, asked);
      case 'coordination.k8s.io/leases':
        if (asked.namespace !== LEASE_NAMESPACE) return no(`can only access leases in the ${JSON.stringify(LEASE_NAMESPACE)} system namespace`);
        return ownObject(node, asked, 'can only access node lease with the same name as the requesting node');
      case 'storage.k8s.io/csinodes':
        return ownObject(node, asked, 'can only access CSINode with the same name as the requesting node');
      case 'resource.k8s.io/resourceslices':
        return resourceSlice(node, asked);
      case 'nodes':
        return ownNode(node, asked);
      case 'pods':
        return this.#ownPod(node, asked);
      default:
        return undefined;
    }
  }

  #readRelated(node: string, kind: ReferenceKind, asked: Attributes): Decision {
    if (!READS.has(asked.verb)) return no('can only read resources of this type');
    if (asked.subresource !== '') return no('cannot read subresource');
    if (asked.namespace === '') return no('can only read namespaced object of this type');
    return this.#related(node, kind, asked, undefined);
  }

  #getRelated(node: string, kind: ReferenceKind, asked: Attributes): Decision {
    if (asked.verb !== 'get') return no('can only get individual resources of this type');
    if (asked.subresource !== '') return no('cannot get subresource');
    return this.#related(node, kind, asked, undefined);
  }

  #related(node: string, kind: ReferenceKind, asked: Attributes, verbs: readonly string[] | undefined): Decision {
    if (verbs && !verbs.includes(asked.verb)) return no('can only update subresource of this type');
    if (asked.name === '') return no('No Object name found');
    for (const pod of this.#podsByNode.get(node)?.values() ?? []) {
      if (pod.metadata.namespace === asked.namespace && podRefersTo(pod, kind, asked.name)) return ALLOW;
      // A driver's secrets lie in its own namespace, not in that of the pod.
      if (kind === 'secrets' && this.#throughVolume(pod, asked.namespace, asked.name)) return ALLOW;
    }
    return unrelated(node);
  }

  #getOwn(node: string, asked: Attributes, isOwn: () => boolean): Decision {
    if (asked.verb !== 'get') return no('can only get individual resources of this type');
    if (asked.subresource !== '') return no('cannot get subresource');
    return asked.name !== '' && isOwn() ? ALLOW : unrelated(node);
  }

  #createToken(node: string, asked: Attributes): Decision {
    if (asked.verb === 'get' && asked.subresource === '') return this.#related(node, 'serviceaccounts', asked, undefined);
    if (asked.verb !== 'create' || asked.subresource !== 'token') return no('can only create tokens for individual service accounts');
    return this.#related(node, 'serviceaccounts', asked, undefined);
  }

  #ownPod(node: string, asked: Attributes): Decision {
    const { verb, subresource } = asked;
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : NO_OPINION;
    if (subresource === 'eviction') return verb === 'create' ? ALLOW : NO_OPINION;
    if (subresource !== '') return NO_OPINION;
    if (verb === 'create' || verb === 'delete') return ALLOW;
    if (verb === 'get') return this.#podsByNode.get(node)?.has(`${asked.namespace}/${asked.name}`) ? ALLOW : unrelated(node);
    if (verb !== 'list' && verb !== 'watch') return NO_OPINION;
    const scoped = (asked.fieldSelector ?? '').split(',').some((term) => term === `spec.nodeName=${node}` || term === `spec.nodeName==${node}`);
    return scoped ? ALLOW : no('can only list/watch pods with spec.nodeName field selector');
  }

  /** The secrets of a claim's volume, which the node needs to mount it. */
  #throughVolume(pod: Pod, namespace: string, secret: string): boolean {
    return this.#volumesOf(pod).some((name) => {
      const spec = this.#caches.get(persistentVolumes, '', name)?.spec;
      const references = [spec?.csi?.nodePublishSecretRef, spec?.csi?.nodeStageSecretRef, spec?.csi?.nodeExpandSecretRef, spec?.rbd?.secretRef, spec?.iscsi?.secretRef, spec?.cephfs?.secretRef];
      return references.some((one) => one?.name === secret && one.namespace === namespace);
    });
  }

  #usesVolume(node: string, volume: string): boolean {
    for (const pod of this.#podsByNode.get(node)?.values() ?? []) if (this.#volumesOf(pod).includes(volume)) return true;
    return false;
  }

  #volumesOf(pod: Pod): string[] {
    const names: string[] = [];
    for (const volume of pod.spec?.volumes ?? []) {
      const claim = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : undefined);
      const bound = claim === undefined ? undefined : this.#caches.get(persistentVolumeClaims, pod.metadata.namespace ?? '', claim)?.spec?.volumeName;
      if (bound) names.push(bound);
    }
    return names;
  }

  #place(next: Pod | undefined, previous: Pod | undefined): void {
    const before = nodeNameOf(previous);
    const after = nodeNameOf(next);
    if (before !== undefined && before !== after) {
      const placed = this.#podsByNode.get(before);
      placed?.delete(podKey(previous!));
      if (placed?.size === 0) this.#podsByNode.delete(before);
    }
    if (after === undefined) return;
    let placed = this.#podsByNode.get(after);
    if (!placed) this.#podsByNode.set(after, (placed = new Map()));
    placed.set(podKey(next!), next!);
  }
}

/** The node that a pod gives rights to: mirror pods give none, because the node itself makes them. */
function nodeNameOf(pod: Pod | undefined): string | undefined {
  if (!pod?.spec?.nodeName || pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return undefined;
  return pod.spec.nodeName;
}

function podKey(pod: Pod): string {
  return `${pod.metadata.namespace}/${pod.metadata.name}`;
}

function unrelated(node: string): Decision {
  return no(`no relationship found between node '${node}' and this object`);
}

function ownObject(node: string, asked: Attributes, why: string): Decision {
  if (!READ_WRITES.has(asked.verb) || asked.subresource !== '') return no('can only get, create, update, patch, or delete an individual resource of this type');
  // The name of an object that is being created is not in the request; admission checks it.
  return asked.verb === 'create' || asked.name === node ? ALLOW : no(why);
}

function ownNode(node: string, asked: Attributes): Decision {
  const { verb, subresource, name } = asked;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? ALLOW : NO_OPINION;
  if (subresource !== '') return NO_OPINION;
  if (verb === 'create' || verb === 'update' || verb === 'patch') return ALLOW;
  if (!READS.has(verb)) return NO_OPINION;
  if (name === node) return ALLOW;
  return no(name === '' ? `node '${node}' cannot read all nodes, only its own Node object` : `node '${node}' cannot read '${name}', only its own Node object`);
}

function resourceSlice(node: string, asked: Attributes): Decision {
  if (asked.subresource !== '') return no('cannot access subresource');
  if (READ_WRITES.has(asked.verb)) return ALLOW;
  const scoped = (asked.fieldSelector ?? '').split(',').some((term) => term === `spec.nodeName=${node}` || term === `spec.nodeName==${node}`);
  return scoped ? ALLOW : no('can only list/watch/deletecollection resourceslices with nodeName field selector');
}
