/**
 * The words of `kubectl rollout status`. Pure.
 *
 * Source: the messages of kubectl's rollout status viewers.
 */
import { CliError } from '../io.ts';
import { type AnyObject, listAt, textAt, valueAt } from '../objects.ts';
import type { Resource } from '../resources.ts';

/** What to print, and whether the rollout is finished. */
export interface RolloutProgress {
  readonly text: string;
  readonly done: boolean;
}

const number = (object: unknown, ...path: readonly string[]): number => Number(valueAt(object, ...path) ?? 0);

/** @throws CliError when the rollout failed, or the kind has none. */
export function rolloutStatus(resource: Resource, object: AnyObject): RolloutProgress {
  switch (resource.kind) {
    case 'Deployment':
      return deploymentStatus(object);
    case 'DaemonSet':
      return daemonSetStatus(object);
    case 'StatefulSet':
      return statefulSetStatus(object);
    default:
      throw new CliError(`error: no status viewer has been implemented for ${resource.kind}`);
  }
}

function isObserved(object: AnyObject): boolean {
  return (object.metadata.generation ?? 0) <= number(object, 'status', 'observedGeneration');
}

function deploymentStatus(object: AnyObject): RolloutProgress {
  const { name } = object.metadata;
  if (!isObserved(object)) return { text: 'Waiting for deployment spec update to be observed...\n', done: false };
  const progressing = listAt(object, 'status', 'conditions').find((condition) => textAt(condition, 'type') === 'Progressing');
  if (progressing && textAt(progressing, 'reason') === 'ProgressDeadlineExceeded') throw new CliError(`error: deployment "${name}" exceeded its progress deadline`);
  const wanted = Number(valueAt(object, 'spec', 'replicas') ?? 1);
  const [updated, total, available] = [number(object, 'status', 'updatedReplicas'), number(object, 'status', 'replicas'), number(object, 'status', 'availableReplicas')];
  if (updated < wanted) return { text: `Waiting for deployment "${name}" rollout to finish: ${updated} out of ${wanted} new replicas have been updated...\n`, done: false };
  if (total > updated) return { text: `Waiting for deployment "${name}" rollout to finish: ${total - updated} old replicas are pending termination...\n`, done: false };
  if (available < updated) return { text: `Waiting for deployment "${name}" rollout to finish: ${available} of ${updated} updated replicas are available...\n`, done: false };
  return { text: `deployment "${name}" successfully rolled out\n`, done: true };
}

function daemonSetStatus(object: AnyObject): RolloutProgress {
  const { name } = object.metadata;
  if (!isObserved(object)) return { text: 'Waiting for daemon set spec update to be observed...\n', done: false };
  const [updated, wanted, available] = [number(object, 'status', 'updatedNumberScheduled'), number(object, 'status', 'desiredNumberScheduled'), number(object, 'status', 'numberAvailable')];
  if (updated < wanted) return { text: `Waiting for daemon set "${name}" rollout to finish: ${updated} out of ${wanted} new pods have been updated...\n`, done: false };
  if (available < wanted) return { text: `Waiting for daemon set "${name}" rollout to finish: ${available} of ${wanted} updated pods are available...\n`, done: false };
  return { text: `daemon set "${name}" successfully rolled out\n`, done: true };
}

function statefulSetStatus(object: AnyObject): RolloutProgress {
  if (textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') throw new CliError('error: rollout status is only available for RollingUpdate strategy type');
  if (!isObserved(object)) return { text: 'Waiting for statefulset spec update to be observed...\n', done: false };
  const wanted = Number(valueAt(object, 'spec', 'replicas') ?? 1);
  const ready = number(object, 'status', 'readyReplicas');
  if (ready < wanted) return { text: `Waiting for ${wanted - ready} pods to be ready...\n`, done: false };
  const partition = number(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
  const updated = number(object, 'status', 'updatedReplicas');
  if (partition > 0) {
    if (updated < wanted - partition) return { text: `Waiting for partitioned roll out to finish: ${updated} out of ${wanted - partition} new pods have been updated...\n`, done: false };
    return { text: `partitioned roll out complete: ${updated} new pods have been updated...\n`, done: true };
  }
  const [update, current] = [textAt(object, 'status', 'updateRevision'), textAt(object, 'status', 'currentRevision')];
  if (update !== current) return { text: `waiting for statefulset rolling update to complete ${updated} pods at revision ${update}...\n`, done: false };
  return { text: `statefulset rolling update complete ${number(object, 'status', 'currentReplicas')} pods at revision ${current}...\n`, done: true };
}
