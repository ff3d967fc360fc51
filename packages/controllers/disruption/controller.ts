/**
 * Keeps the status of PodDisruptionBudgets: how many more pods may be disrupted now.
 *
 * Source: kube-controller-manager `pkg/controller/disruption`.
 */
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { controllerRef } from '#controller/owners.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { objectKey } from '#client/object-key.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { podDisruptionBudgets } from '#kinds/policy/pod-disruption-budget/kind.ts';
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#kinds/policy/pod-disruption-budget/schema.ts';
import { compileLabelSelector } from '#machinery/selectors.ts';
import { isReason } from '#machinery/status.ts';
import { formatTime } from '#machinery/time.ts';
import type { ListServedResources } from '../discovery/served-resources.ts';
import { goSelector } from '../workload/go-selector.ts';
import { budgetStatus, disruptedPods, expectation, failedStatus, healthyCount, needsScale } from './budget.ts';
import { Scales } from './scales.ts';
import { staleInMs } from './stale-target.ts';

/** What the controller needs. */
export interface DisruptionOptions {
  /** To find controllers of pods that are custom resources. */
  readonly listServed: ListServedResources;
}

/** Begins the keys of pods whose announced disruption may turn out stale; budgets have plain keys. */
const POD_KEY = 'pod:';

/** A budget that could not be counted is tried again when something changes, and after this long. */
const RETRY_MS = 60_000;

/** `disruption-controller`. */
export function disruptionController(options: DisruptionOptions): ControllerEntry {
  return {
    name: 'disruption-controller',
    component: 'controllermanager',
    make: (dependencies) => new DisruptionController(dependencies, options).controller(),
  };
}

class DisruptionController {
  readonly #dependencies: ControllerDependencies;
  readonly #budgets: Informer<PodDisruptionBudget>;
  readonly #pods: Informer<Pod>;
  readonly #scales: Scales;

  constructor(dependencies: ControllerDependencies, { listServed }: DisruptionOptions) {
    this.#dependencies = dependencies;
    this.#budgets = dependencies.informers.of(podDisruptionBudgets);
    this.#pods = dependencies.informers.of(pods);
    this.#scales = new Scales(dependencies.informers, listServed);
  }

  controller(): Controller {
    const { clock } = this.#dependencies;
    const budgetsIn = (namespace: string | undefined): readonly string[] => this.#budgets.lister.list(namespace ?? '').map(objectKey);
    return {
      name: 'disruption',
      watches: [
        watchSelf(this.#budgets),
        watch(this.#pods, (pod) => this.#budgetsOf(pod)),
        watch(this.#pods, (pod) => (staleInMs(pod, clock.now()) === undefined ? [] : [`${POD_KEY}${objectKey(pod)}`])),
        ...this.#scales.informers.map((informer) =>
          watch(informer, ({ metadata }) => budgetsIn(metadata.namespace), { changed: (object, old) => object.spec.replicas !== old.spec.replicas }),
        ),
      ],
      reconcile: (key, context) => (key.startsWith(POD_KEY) ? this.#reconcilePod(key.slice(POD_KEY.length), context) : this.#reconcile(key, context)),
    };
  }

  #budgetsOf(pod: Pod): readonly string[] {
    const keys = this.#budgets.lister
      .list(pod.metadata.namespace ?? '')
      .filter(({ spec }) => compileLabelSelector(spec.selector).matches(pod.metadata.labels ?? {}))
      .map(objectKey);
    if (keys.length > 1) {
      const { namespace, name } = pod.metadata;
      const text = `Pod ${JSON.stringify(namespace)}/${JSON.stringify(name)} matches multiple PodDisruptionBudgets.  Chose ${JSON.stringify(keys[0]!.split('/')[1])} arbitrarily.`;
      this.#dependencies.events.event(pod, 'Warning', 'MultiplePodDisruptionBudgets', text);
    }
    return keys;
  }

  async #reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const budget = this.#budgets.lister.get(key);
    if (!budget || budget.metadata.deletionTimestamp) return;
    try {
      return await this.#count(budget, context);
    } catch (error) {
      // Someone was faster: the next attempt sees what they wrote.
      if (context.signal.aborted || isReason(error, 'Conflict') || isReason(error, 'NotFound')) throw error;
      await this.#write(
        budget,
        failedStatus(budget, error instanceof Error ? error.message : String(error), formatTime(context.clock.now())),
        context,
      );
      return { afterMs: RETRY_MS };
    }
  }

  async #count(budget: PodDisruptionBudget, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const { client, clock, signal } = context;
    const { events } = this.#dependencies;
    const { namespace = '', name = '' } = budget.metadata;
    const selector = compileLabelSelector(budget.spec.selector);
    const selected = this.#pods.lister.list(namespace).filter((pod) => selector.matches(pod.metadata.labels ?? {}));
    if (selected.length === 0) events.event(budget, 'Normal', 'NoPods', 'No matching pods found');
    if (needsScale(budget) && selected.some((pod) => !controllerRef(pod))) events.event(budget, 'Warning', 'UnmanagedPods', unmanagedText(budget));
    let expected;
    try {
      expected = expectation(budget, selected.length, needsScale(budget) ? await this.#scales.expected(selected, client, signal) : 0);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (!signal.aborted)
        events.event(budget, 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: ${text}`);
      throw error;
    }
    const nowMs = clock.now();
    const { awaited, overdue, recheckMs } = disruptedPods(budget, selected, nowMs);
    for (const pod of overdue) events.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${namespace}/${name} to be deleted but it wasn't`);
    const status = budgetStatus(budget, { ...expected, currentHealthy: healthyCount(selected, awaited), awaited }, formatTime(nowMs));
    await this.#write(budget, status, context);
    return recheckMs === undefined ? undefined : { afterMs: recheckMs + 1 };
  }

  async #write(budget: PodDisruptionBudget, status: PodDisruptionBudgetStatus, { client, signal }: ReconcileContext): Promise<void> {
    if (status !== budget.status) await client.of(podDisruptionBudgets).updateStatus({ ...budget, status }, {}, signal);
  }

  async #reconcilePod(key: string, { client, clock, signal }: ReconcileContext): Promise<ReconcileAgain | void> {
    const pod = this.#pods.lister.get(key);
    const afterMs = pod && staleInMs(pod, clock.now());
    if (!pod || afterMs === undefined) return;
    if (afterMs > 0) return { afterMs };
    const { namespace = '', name = '', resourceVersion } = pod.metadata;
    const condition = { type: 'DisruptionTarget', status: 'False', reason: null, message: null, lastTransitionTime: formatTime(clock.now()) };
    const body = { metadata: { resourceVersion }, status: { conditions: [condition] } };
    await client.of(pods).namespace(namespace).patch(name, { type: 'strategic', body, subresource: 'status' }, {}, signal);
  }
}

/** Pods that no controller wants a number of cannot be counted. */
function unmanagedText({ spec }: PodDisruptionBudget): string {
  const found = `Pods selected by this PodDisruptionBudget (selector: ${goSelector(spec.selector)}) were found to be unmanaged. `;
  const outcome = 'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ';
  return `${found}${outcome}To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`;
}
