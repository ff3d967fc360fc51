/**
 * The history of a pod template as ControllerRevisions, for StatefulSets and DaemonSets.
 *
 * Source: upstream `pkg/controller/history`.
 */
import type { Client } from '#client/client.ts';
import { newControllerRef } from '#controller/owners.ts';
import { controllerRevisions } from '#kinds/apps/controller-revision/kind.ts';
import type { ControllerRevision } from '#kinds/apps/controller-revision/schema.ts';
import type { PodTemplateSpec } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { createdMs } from './pod-state.ts';
import { canonicalJson, fnv32a, safeEncode } from './template-hash.ts';

/** The label with the hash of a StatefulSet's revision. */
export const REVISION_HASH = 'controller.kubernetes.io/hash';
/** The label that tells the revision of a pod, and the hash of a DaemonSet's revision. */
export const POD_REVISION = 'controller-revision-hash';

/** Names made from a parent's name and a hash have 253 characters at most. */
const MAX_PREFIX = 223;

/** Whose history. */
export interface RevisionOwner {
  readonly owner: KubeObject;
  readonly kind: Kind;
  readonly template: PodTemplateSpec;
  readonly collisionCount: number | undefined;
  /** The label that a revision carries its hash in. */
  readonly hashLabel: string;
}

/** A revision that can be written, and how many name collisions were met so far. */
export interface MadeRevision {
  readonly revision: ControllerRevision;
  readonly collisionCount: number;
}

/** What a revision stores: a patch that replaces the template as a whole. */
function dataOf(template: PodTemplateSpec): NonNullable<ControllerRevision['data']> {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** The template that a revision stores. */
export function templateOf(revision: ControllerRevision): PodTemplateSpec {
  const { spec } = revision.data as { readonly spec: { readonly template: PodTemplateSpec & { readonly $patch?: string } } };
  const { $patch: _, ...template } = spec.template;
  return template;
}

/** The hash of a DaemonSet's revision, also of one that was written when it had the label of StatefulSets. */
export function hashOf({ metadata: { labels } }: ControllerRevision): string {
  return labels?.[POD_REVISION] ?? labels?.[REVISION_HASH] ?? '';
}

/** Whether a revision stores this template. */
export function storesTemplate(revision: ControllerRevision, template: PodTemplateSpec): boolean {
  return sameValue(templateOf(revision), template);
}

/** Oldest first. */
export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  return a.revision - b.revision || createdMs(a) - createdMs(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1);
}

/** The number after the newest; `revisions` sorted. */
export function nextRevisionNumber(revisions: readonly ControllerRevision[]): number {
  return (revisions.at(-1)?.revision ?? 0) + 1;
}

function draft({ owner, kind, template, hashLabel }: RevisionOwner, number: number, collisionCount: number): ControllerRevision {
  const encoder = new TextEncoder();
  const data = dataOf(template);
  const hash = safeEncode(String(fnv32a(encoder.encode(String(collisionCount)), fnv32a(encoder.encode(canonicalJson(data))))));
  const { name = '', namespace = '', annotations } = owner.metadata;
  return {
    kind: 'ControllerRevision',
    apiVersion: 'apps/v1',
    metadata: {
      name: `${name.slice(0, MAX_PREFIX)}-${hash}`,
      namespace,
      labels: { ...template.metadata.labels, [hashLabel]: hash },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [newControllerRef(owner, kind)],
    },
    data,
    revision: number,
  };
}

/** Stores the owner's template as revision `number`; a name that something else has is avoided by counting a collision. */
export async function createRevision(client: Client, about: RevisionOwner, number: number, signal: AbortSignal): Promise<MadeRevision> {
  const api = client.of(controllerRevisions).namespace(about.owner.metadata.namespace ?? '');
  for (let collisionCount = about.collisionCount ?? 0; ; collisionCount++) {
    const wanted = draft(about, number, collisionCount);
    try {
      return { revision: await api.create(wanted, {}, signal), collisionCount };
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error;
      const found = await api.get(wanted.metadata.name ?? '', signal);
      if (storesTemplate(found, about.template)) return { revision: found, collisionCount };
    }
  }
}

/** Makes a revision the newest: that is what a rollback is. */
export async function renumberRevision(client: Client, revision: ControllerRevision, number: number, signal: AbortSignal): Promise<ControllerRevision> {
  return revision.revision === number ? revision : client.of(controllerRevisions).update({ ...revision, revision: number }, {}, signal);
}

/** Deletes the oldest revisions beyond `limit` that nothing uses. */
export async function trimRevisions(client: Client, unused: readonly ControllerRevision[], limit: number, signal: AbortSignal): Promise<void> {
  for (const { metadata } of unused.toSorted(byRevision).slice(0, Math.max(unused.length - limit, 0))) {
    try {
      await client.of(controllerRevisions).namespace(metadata.namespace ?? '').delete(metadata.name ?? '', {}, signal);
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
    }
  }
}
