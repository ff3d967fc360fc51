/**
 * Carries out what the decisions of this folder say: resizes sets, cleans up old ones, writes the status.
 */
import type { EventRecorder } from '#client/event-recorder.ts';
import type { ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import type { Deployment, DeploymentStatus } from '#kinds/apps/deployment/schema.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import { isReason } from '#machinery/status.ts';
import { isPodTerminal, isTerminating } from '../workload/pod-state.ts';
import { byRevision, recordsSize, sameAnnotations, sizeAnnotations } from './annotations.ts';
import { historyLimit } from './limits.ts';
import { createNewSet, refreshNewSet } from './new-set.ts';
import { resizeNewSet, resizeOldSets } from './rolling.ts';
import { scaledSizes } from './scale.ts';
import type { Resize } from './scale.ts';
import { activeSets, findNewSet, oldSets, wanted } from './sets.ts';
import { checkProgressInMs, deploymentCounts, isComplete, rolloutStatus } from './status.ts';

/** One pass over one Deployment. */
export class Rollout {
  /** With what this pass has to say so far; the server has `#stored`. */
  #deployment: Deployment;
  readonly #stored: Deployment;
  readonly #sets: readonly ReplicaSet[];
  readonly #events: EventRecorder;
  readonly #context: ReconcileContext;

  /** `stored` is the Deployment as the cache has it, `deployment` the same with conditions that were found before. */
  constructor(stored: Deployment, deployment: Deployment, sets: readonly ReplicaSet[], events: EventRecorder, context: ReconcileContext) {
    this.#stored = stored;
    this.#deployment = deployment;
    this.#sets = sets;
    this.#events = events;
    this.#context = context;
  }

  /** Only tells: for Deployments that are being deleted. */
  async tell(): Promise<void> {
    const newSet = await this.#existing();
    await this.#writeStatus(deploymentCounts(this.#deployment, newSet, this.#sets, this.#context.clock.now()));
  }

  /** Resizes without rolling out: for Deployments that are paused or were just scaled. */
  async scale(): Promise<void> {
    const newSet = await this.#existing();
    const old = oldSets(this.#sets, newSet);
    const sets = await this.#resize(scaledSizes(this.#deployment, newSet, old), newSet ? [...old, newSet] : old);
    if (this.#deployment.spec.paused) await this.#cleanUp(old);
    await this.#writeStatus(deploymentCounts(this.#deployment, newSet && sets.find((rs) => rs.metadata.uid === newSet.metadata.uid), sets, this.#context.clock.now()));
  }

  /** A step of a rolling update: grow the newest set, else shrink the old ones. */
  async roll(): Promise<ReconcileAgain | void> {
    const newSet = (await this.#existing()) ?? (await this.#create());
    const old = oldSets(this.#sets, newSet);
    const up = resizeNewSet(this.#deployment, newSet, old);
    const steps = up ? [up] : resizeOldSets(this.#deployment, newSet, old);
    const sets = await this.#resize(steps, [...old, newSet]);
    if (steps.length === 0 && isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp(old);
    return this.#finish(newSet, sets);
  }

  /** A step of a recreation: no new pod before the last old one is gone. */
  async recreate(podsBySet: ReadonlyMap<string, readonly Pod[]>): Promise<ReconcileAgain | void> {
    let newSet = await this.#existing();
    const old = oldSets(this.#sets, newSet);
    const down = activeSets(old).map((rs) => ({ rs, replicas: 0 }));
    const sets = await this.#resize(down, newSet ? [...old, newSet] : old);
    if (down.length > 0 || oldPodsRun(newSet, old, podsBySet)) return this.#finish(newSet, sets);
    newSet ??= await this.#create();
    const up = resizeNewSet(this.#deployment, newSet, old);
    const grown = await this.#resize(up ? [up] : [], [...old, newSet]);
    if (isComplete(this.#deployment, this.#deployment.status)) await this.#cleanUp(old);
    return this.#finish(newSet, grown);
  }

  async #existing(): Promise<ReplicaSet | undefined> {
    const existing = findNewSet(this.#deployment, this.#sets);
    if (!existing) return undefined;
    const { deployment, newSet } = await refreshNewSet(this.#deployment, existing, this.#sets, this.#context);
    this.#deployment = deployment;
    return newSet;
  }

  async #create(): Promise<ReplicaSet> {
    const { deployment, newSet } = await createNewSet(this.#deployment, this.#sets, this.#events, this.#context);
    this.#deployment = deployment;
    return newSet;
  }

  /** Carries the steps out; answers `sets` as they are afterwards. */
  async #resize(steps: readonly Resize[], sets: readonly ReplicaSet[]): Promise<readonly ReplicaSet[]> {
    const changed = new Map<ReplicaSet, ReplicaSet>();
    for (const { rs, replicas } of steps) {
      const resized = wanted(rs) !== replicas;
      if (!resized && recordsSize(rs, this.#deployment)) continue;
      const annotations = { ...rs.metadata.annotations, ...sizeAnnotations(this.#deployment) };
      const next = { ...rs, metadata: { ...rs.metadata, annotations }, spec: { ...rs.spec, replicas } };
      changed.set(rs, await this.#context.client.of(replicaSets).update(next, {}, this.#context.signal));
      if (!resized) continue;
      const direction = replicas > wanted(rs) ? 'up' : 'down';
      this.#events.event(this.#stored, 'Normal', 'ScalingReplicaSet', `Scaled ${direction} replica set ${rs.metadata.name} from ${wanted(rs)} to ${replicas}`);
    }
    return sets.map((rs) => changed.get(rs) ?? rs);
  }

  async #finish(newSet: ReplicaSet | undefined, sets: readonly ReplicaSet[]): Promise<ReconcileAgain | void> {
    const nowMs = this.#context.clock.now();
    const current = newSet && (sets.find((rs) => rs.metadata.uid === newSet.metadata.uid) ?? newSet);
    const status = rolloutStatus(this.#deployment, current, sets, nowMs);
    await this.#writeStatus(status);
    const afterMs = checkProgressInMs(this.#deployment, status, nowMs);
    return afterMs === undefined ? undefined : { afterMs };
  }

  /** Removes the oldest sets that are empty and beyond the history limit. */
  async #cleanUp(old: readonly ReplicaSet[]): Promise<void> {
    const limit = historyLimit(this.#deployment);
    if (limit === undefined) return;
    const candidates = old.filter((rs) => !isTerminating(rs)).toSorted(byRevision);
    for (const rs of candidates.slice(0, Math.max(candidates.length - limit, 0))) {
      if (rs.status.replicas !== 0 || wanted(rs) !== 0 || (rs.metadata.generation ?? 0) > (rs.status.observedGeneration ?? 0)) continue;
      const { namespace = '', name = '' } = rs.metadata;
      try {
        await this.#context.client.of(replicaSets).namespace(namespace).delete(name, {}, this.#context.signal);
      } catch (error) {
        if (!isReason(error, 'NotFound')) throw error;
      }
    }
  }

  async #writeStatus(status: DeploymentStatus): Promise<void> {
    const known = this.#stored;
    const annotations = this.#deployment.metadata.annotations;
    if (sameStatus(known.status, status) && sameAnnotations(known.metadata.annotations, annotations)) return;
    await this.#context.client.of(deployments).updateStatus({ ...known, metadata: this.#deployment.metadata, status }, {}, this.#context.signal);
  }
}

/** Absent counts are zero. */
function sameStatus(a: DeploymentStatus, b: DeploymentStatus): boolean {
  const counts = ['observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas'] as const;
  return (
    counts.every((count) => (a[count] ?? 0) === (b[count] ?? 0)) &&
    a.terminatingReplicas === b.terminatingReplicas &&
    a.collisionCount === b.collisionCount &&
    sameValue(a.conditions, b.conditions)
  );
}

/** Whether a pod of an old set may still run, terminating ones included. */
function oldPodsRun(newSet: ReplicaSet | undefined, old: readonly ReplicaSet[], podsBySet: ReadonlyMap<string, readonly Pod[]>): boolean {
  if (old.some((rs) => rs.status.replicas > 0)) return true;
  for (const [uid, pods] of podsBySet) {
    if (uid !== newSet?.metadata.uid && pods.some((pod) => !isPodTerminal(pod))) return true;
  }
  return false;
}
