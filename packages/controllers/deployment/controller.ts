/**
 * Rolls out Deployments over ReplicaSets.
 *
 * Source: kube-controller-manager `pkg/controller/deployment`.
 */
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import { controllerRef } from '#controller/owners.ts';
import { ownerKey, watch, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { deployments } from '#kinds/apps/deployment/kind.ts';
import type { Deployment } from '#kinds/apps/deployment/schema.ts';
import { replicaSets } from '#kinds/apps/replica-set/kind.ts';
import type { ReplicaSet } from '#kinds/apps/replica-set/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Kind } from '#machinery/kind.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { claim, orphanIndexValue, OWNER_INDEX, ownerIndexValues } from '../workload/claim.ts';
import { setCondition } from '../workload/conditions.ts';
import { isTerminating } from '../workload/pod-state.ts';
import { HashCollision } from './new-set.ts';
import { Rollout } from './rollout.ts';
import { isScalingEvent } from './scale.ts';
import { pauseCondition } from './status.ts';

/** `deployment-controller`. */
export const deploymentController: ControllerEntry = {
  name: 'deployment-controller',
  make: makeDeploymentController,
};

function makeDeploymentController(dependencies: ControllerDependencies): Controller {
  const { informers } = dependencies;
  const deploymentInformer = informers.of(deployments);
  const sets = informers.of(replicaSets);
  const podInformer = informers.of(pods);
  sets.addIndex(OWNER_INDEX, ownerIndexValues);
  podInformer.addIndex(OWNER_INDEX, ownerIndexValues);
  const reconciler = new DeploymentReconciler(dependencies, deploymentInformer, sets, podInformer);
  return {
    name: 'deployment',
    watches: [
      watchSelf(deploymentInformer),
      watch(sets, (rs) => keysOfSet(rs, deploymentInformer)),
      // Only Recreate waits for pods, and only for their disappearance: everything else shows in the status of their sets.
      watch(podInformer, (pod) => keysOfPod(pod, sets, deploymentInformer), { changed: (pod, old) => pod.status.phase !== old.status.phase }),
    ],
    reconcile: (key, context) => reconciler.reconcile(key, context),
  };
}

function keysOfSet(rs: ReplicaSet, informer: Informer<Deployment>): string[] {
  const owner = ownerKey(rs, deployments as Kind);
  if (owner !== undefined) return [owner];
  if (controllerRef(rs) || isTerminating(rs)) return [];
  const labels = rs.metadata.labels ?? {};
  return informer.lister
    .list(rs.metadata.namespace)
    .filter((deployment) => compileLabelSelector(deployment.spec.selector).matches(labels))
    .map(objectKey);
}

function keysOfPod(pod: Pod, sets: Informer<ReplicaSet>, informer: Informer<Deployment>): string[] {
  const setKey = ownerKey(pod, replicaSets as Kind);
  const rs = setKey === undefined ? undefined : sets.lister.get(setKey);
  const key = rs && ownerKey(rs, deployments as Kind);
  return key !== undefined && informer.lister.get(key)?.spec.strategy.type === 'Recreate' ? [key] : [];
}

class DeploymentReconciler {
  readonly #dependencies: ControllerDependencies;
  readonly #deployments: Informer<Deployment>;
  readonly #sets: Informer<ReplicaSet>;
  readonly #pods: Informer<Pod>;

  constructor(dependencies: ControllerDependencies, informer: Informer<Deployment>, sets: Informer<ReplicaSet>, podInformer: Informer<Pod>) {
    this.#dependencies = dependencies;
    this.#deployments = informer;
    this.#sets = sets;
    this.#pods = podInformer;
  }

  async reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const stored = this.#deployments.lister.get(key);
    if (!stored) return undefined;
    if (await this.#selectsEverything(stored, context)) return undefined;
    const sets = await this.#claimSets(stored, context);
    const deployment = isTerminating(stored) ? stored : withPauseCondition(stored, context.clock.now());
    const rollout = new Rollout(stored, deployment, sets, this.#dependencies.events, context);
    if (isTerminating(stored)) return rollout.tell();
    if (stored.spec.paused || isScalingEvent(stored, sets)) return rollout.scale();
    try {
      return await (stored.spec.strategy.type === 'Recreate' ? rollout.recreate(this.#podsBySet(sets)) : rollout.roll());
    } catch (error) {
      if (error instanceof HashCollision) return { afterMs: 0 }; // counted: the next attempt has another name
      throw error;
    }
  }

  /** An empty selector would claim every pod of the namespace: such a Deployment is only told off. */
  async #selectsEverything(deployment: Deployment, { client, signal }: ReconcileContext): Promise<boolean> {
    const { matchLabels, matchExpressions } = deployment.spec.selector ?? {};
    if (Object.keys(matchLabels ?? {}).length > 0 || (matchExpressions?.length ?? 0) > 0) return false;
    this.#dependencies.events.event(deployment, 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
    const generation = deployment.metadata.generation ?? 0;
    if ((deployment.status.observedGeneration ?? 0) < generation) {
      await client.of(deployments).updateStatus({ ...deployment, status: { ...deployment.status, observedGeneration: generation } }, {}, signal);
    }
    return true;
  }

  #claimSets(deployment: Deployment, { client, signal }: ReconcileContext): Promise<ReplicaSet[]> {
    const { namespace = '', uid = '' } = deployment.metadata;
    const candidates = [...this.#sets.lister.byIndex(OWNER_INDEX, uid), ...this.#sets.lister.byIndex(OWNER_INDEX, orphanIndexValue(namespace))];
    const selector = compileLabelSelector(deployment.spec.selector);
    return claim({ client, owner: deployment, ownerKind: deployments, kind: replicaSets, selector }, candidates, signal);
  }

  #podsBySet(sets: readonly ReplicaSet[]): ReadonlyMap<string, readonly Pod[]> {
    return new Map(sets.map((rs) => [rs.metadata.uid ?? '', this.#pods.lister.byIndex(OWNER_INDEX, rs.metadata.uid ?? '')]));
  }
}

function withPauseCondition(deployment: Deployment, nowMs: number): Deployment {
  const condition = pauseCondition(deployment, nowMs);
  if (!condition) return deployment;
  return { ...deployment, status: { ...deployment.status, conditions: setCondition(deployment.status.conditions, condition) } };
}
