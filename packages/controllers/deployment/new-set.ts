/**
 * The ReplicaSet of a Deployment's present template: found and brought up to date, or made.
 */
import type { ReconcileContext } from '#controller/controller.ts';
import { newControllerRef } from '#controller/owners.ts';
import { isNamespaceTerminating } from '#controller/errors.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import type { Deployment } from '#kinds/apps/deployment/schema.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import type { Kind } from '#machinery/kind.ts';
import { isReason } from '#machinery/status.ts';
import { messageOf } from '../workload/pod-control.ts';
import { templateHash } from '../workload/template-hash.ts';
import { maxRevision, newSetAnnotations, REVISION, sameAnnotations } from './annotations.ts';
import { newSetSize } from './rolling.ts';
import { oldSets, sameTemplate, TEMPLATE_HASH } from './sets.ts';
import { deploymentCondition } from './status.ts';
import { progressDeadlineMs } from './limits.ts';
import { findCondition, setCondition } from '../workload/conditions.ts';

/** The newest set, and the Deployment with what finding or making it has to say (written with the next status update). */
export interface NewSet {
  readonly deployment: Deployment;
  readonly newSet: ReplicaSet;
}

/** Hash collisions: another template, or somebody else, has the name. The next attempt uses another hash. */
export class HashCollision extends Error {}

function withRevision(deployment: Deployment, revision: string): Deployment {
  if (deployment.metadata.annotations?.[REVISION] === revision) return deployment;
  return { ...deployment, metadata: { ...deployment.metadata, annotations: { ...deployment.metadata.annotations, [REVISION]: revision } } };
}

function withProgress(deployment: Deployment, status: 'True' | 'False', reason: string, message: string, nowMs: number): Deployment {
  if (progressDeadlineMs(deployment) === undefined) return deployment;
  const conditions = setCondition(deployment.status.conditions, deploymentCondition('Progressing', status, reason, message, nowMs));
  return { ...deployment, status: { ...deployment.status, conditions } };
}

/** Gives the existing newest set the Deployment's annotations, revision and minReadySeconds. */
export async function refreshNewSet(deployment: Deployment, existing: ReplicaSet, sets: readonly ReplicaSet[], context: ReconcileContext): Promise<NewSet> {
  const revision = maxRevision(oldSets(sets, existing)) + 1n;
  const annotations = newSetAnnotations(deployment, existing.metadata.annotations, revision, false);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  let newSet = existing;
  if (!sameAnnotations(annotations, existing.metadata.annotations) || minReadySeconds !== (existing.spec.minReadySeconds ?? 0)) {
    const changed = { ...existing, metadata: { ...existing.metadata, annotations }, spec: { ...existing.spec, minReadySeconds } };
    newSet = await context.client.of(replicaSets).update(changed, {}, context.signal);
  }
  let next = withRevision(deployment, newSet.metadata.annotations?.[REVISION] ?? String(revision));
  if (!findCondition(next.status.conditions, 'Progressing')) {
    next = withProgress(next, 'True', 'FoundNewReplicaSet', `Found new replica set "${newSet.metadata.name}"`, context.clock.now());
  }
  return { deployment: next, newSet };
}

/** The set to create for the present template. */
export function draftNewSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status.collisionCount);
  const labels = { ...template.metadata.labels, [TEMPLATE_HASH]: hash };
  const { name = '', namespace = '' } = deployment.metadata;
  return {
    kind: replicaSets.kind,
    apiVersion: 'apps/v1',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: newSetAnnotations(deployment, {}, maxRevision(sets) + 1n, true),
      ownerReferences: [newControllerRef(deployment, deployments as Kind)],
    },
    spec: {
      replicas: newSetSize(deployment, sets, 0),
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [TEMPLATE_HASH]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
    status: { replicas: 0 },
  };
}

/**
 * Makes the set of the present template.
 * @throws HashCollision when its name is taken: the collision has been counted. @throws StatusError when it cannot be created: that is in the Deployment's conditions.
 */
export async function createNewSet(deployment: Deployment, sets: readonly ReplicaSet[], events: EventRecorder, context: ReconcileContext): Promise<NewSet> {
  const { client, clock, signal } = context;
  const draft = draftNewSet(deployment, sets);
  const { name = '', namespace = '' } = draft.metadata;
  let newSet: ReplicaSet;
  let created = false;
  try {
    newSet = await client.of(replicaSets).create(draft, {}, signal);
    created = true;
  } catch (error) {
    if (isReason(error, 'AlreadyExists')) newSet = await takeExisting(deployment, namespace, name, context);
    else {
      if (!isNamespaceTerminating(error) && !signal.aborted) await reportFailure(deployment, name, error, events, context);
      throw error;
    }
  }
  const replicas = newSet.spec.replicas ?? 0;
  if (created && replicas > 0) events.event(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${name} from 0 to ${replicas}`);
  let next = withRevision(deployment, draft.metadata.annotations?.[REVISION] ?? '1');
  if (created) next = withProgress(next, 'True', 'NewReplicaSetCreated', `Created new replica set "${name}"`, clock.now());
  return { deployment: next, newSet };
}

/** The name is taken: by our own set that the cache did not show yet, or by something else. */
async function takeExisting(deployment: Deployment, namespace: string, name: string, { client, signal }: ReconcileContext): Promise<ReplicaSet> {
  const found = await client.of(replicaSets).namespace(namespace).get(name, signal);
  const owner = found.metadata.ownerReferences?.find((reference) => reference.controller);
  if (owner?.uid === deployment.metadata.uid && sameTemplate(found.spec.template, deployment.spec.template)) return found;
  const collisionCount = (deployment.status.collisionCount ?? 0) + 1;
  await client.of(deployments).updateStatus({ ...deployment, status: { ...deployment.status, collisionCount } }, {}, signal);
  throw new HashCollision(`replica set ${name} exists and is another one`);
}

async function reportFailure(deployment: Deployment, name: string, error: unknown, events: EventRecorder, { client, clock, signal }: ReconcileContext): Promise<void> {
  const message = `Failed to create new replica set "${name}": ${messageOf(error)}`;
  events.event(deployment, 'Warning', 'ReplicaSetCreateError', message);
  const failed = withProgress(deployment, 'False', 'ReplicaSetCreateError', message, clock.now());
  if (failed.status.conditions !== deployment.status.conditions) await client.of(deployments).updateStatus(failed, {}, signal);
}
