/**
 * Creates and deletes pods for their controllers, with the events people look for.
 */
import type { Client } from '#client/client.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import { newControllerRef } from '#controller/owners.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod, PodTemplateSpec } from '#kinds/core/pod/schema.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';

/** Whose pods, through whom. */
export interface PodControl {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly owner: KubeObject;
  readonly ownerKind: Kind;
  readonly signal: AbortSignal;
}

/** What a pod made from a template differs in. */
export interface PodIdentity {
  /** Default: a generated name after the owner's. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly generateName?: string;
}

/** Creates a pod from `template` that `owner` controls. @throws StatusError after reporting it as `FailedCreate` */
export async function createPod(control: PodControl, template: Pick<PodTemplateSpec, 'metadata' | 'spec'>, identity: PodIdentity = {}): Promise<Pod> {
  const { client, events, owner, ownerKind, signal } = control;
  const { namespace = '', name = '' } = owner.metadata;
  const { labels, annotations, finalizers = [] } = template.metadata;
  const allFinalizers = [...finalizers, ...(identity.finalizers ?? [])];
  const metadata = {
    ...(identity.name ? { name: identity.name } : { generateName: identity.generateName ?? `${name}-` }),
    namespace,
    labels: { ...labels, ...identity.labels },
    annotations: { ...annotations, ...identity.annotations },
    ...(allFinalizers.length > 0 ? { finalizers: allFinalizers } : {}),
    ownerReferences: [newControllerRef(owner, ownerKind)],
  };
  try {
    const pod = await client.of(pods).namespace(namespace).create({ metadata, spec: template.spec }, {}, signal);
    events.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
    return pod;
  } catch (error) {
    // Only the first failure of a namespace that goes away would tell anything, and that is known already.
    if (!isNamespaceTerminating(error) && !signal.aborted) events.event(owner, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
    throw error;
  }
}

/** Deletes a pod of `owner`; one that is gone already is fine. @throws StatusError after reporting it as `FailedDelete` */
export async function deletePod(control: PodControl, pod: Pod): Promise<void> {
  const { client, events, owner, signal } = control;
  const { namespace = '', name = '', uid } = pod.metadata;
  try {
    await client.of(pods).namespace(namespace).delete(name, uid ? { preconditions: { uid } } : {}, signal);
    events.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  } catch (error) {
    if (isReason(error, 'NotFound') || isReason(error, 'Conflict')) return;
    if (!signal.aborted) events.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`);
    throw error;
  }
}

/** The text of an error, as events carry it. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
