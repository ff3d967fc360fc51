/**
 * Scales what HorizontalPodAutoscalers refer to, so that its metrics come near their targets.
 *
 *     scale of the target -> bounds, or metrics -> proposals, the highest counts -> stabilisation -> rate and bounds -> scale of the target
 *
 * Source: kube-controller-manager `pkg/controller/podautoscaler`.
 */
import type { Controller, ReconcileAgain, ReconcileContext } from '#controller/controller.ts';
import type { ControllerDependencies, ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import type { Informer } from '#client/informer.ts';
import { horizontalPodAutoscalers } from '#kinds/autoscaling/horizontal-pod-autoscaler/kind.ts';
import type { HorizontalPodAutoscaler } from '#kinds/autoscaling/horizontal-pod-autoscaler/schema.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { sameValue } from '#kinds/semantic-equal.ts';
import type { ListServedResources } from '../discovery/served-resources.ts';
import { AutoscalerPass } from './autoscaler-pass.ts';
import { History } from './history.ts';
import { metricsApi } from './metrics-api.ts';
import type { MetricsApi } from './metrics-api.ts';
import { autoscalerMetrics } from './metrics.ts';
import type { AutoscalerMetrics } from './metrics.ts';
import { ScaleTargets } from './scale-targets.ts';
import { PodSelectors } from './selectors.ts';

/** How autoscalers behave; the defaults are upstream's flags. */
export interface AutoscalerSettings {
  /** Between two looks at an autoscaler; default 15 s. */
  readonly syncMs: number;
  /** Without a behaviour: nothing shrinks below the highest wish of this time; default 5 min. */
  readonly downscaleStabilizationMs: number;
  /** Default 0.1. */
  readonly tolerance: number;
  /** Default 5 min. */
  readonly cpuInitializationMs: number;
  /** Default 30 s. */
  readonly initialReadinessMs: number;
  /** Feature gate HPAScaleToZero; default off. */
  readonly scaleToZero: boolean;
}

/** What the controller needs. */
export interface AutoscalerOptions extends Partial<AutoscalerSettings> {
  /** To find targets that are custom resources. */
  readonly listServed: ListServedResources;
}

const DEFAULTS: AutoscalerSettings = { syncMs: 15_000, downscaleStabilizationMs: 300_000, tolerance: 0.1, cpuInitializationMs: 300_000, initialReadinessMs: 30_000, scaleToZero: false };

/** `horizontal-pod-autoscaler-controller`. */
export function horizontalPodAutoscalerController({ listServed, ...settings }: AutoscalerOptions): ControllerEntry {
  return {
    name: 'horizontal-pod-autoscaler-controller',
    component: 'horizontal-pod-autoscaler',
    make: (dependencies) => new AutoscalerController(dependencies, listServed, { ...DEFAULTS, ...settings }).controller(),
  };
}

class AutoscalerController {
  readonly #dependencies: ControllerDependencies;
  readonly #settings: AutoscalerSettings;
  readonly #autoscalers: Informer<HorizontalPodAutoscaler>;
  readonly #pods: Informer<Pod>;
  readonly #targets: ScaleTargets;
  readonly #api: MetricsApi;
  readonly #selectors = new PodSelectors();
  readonly #histories = new Map<string, History>();
  readonly #metrics: AutoscalerMetrics;

  constructor(dependencies: ControllerDependencies, listServed: ListServedResources, settings: AutoscalerSettings) {
    this.#dependencies = dependencies;
    this.#settings = settings;
    this.#autoscalers = dependencies.informers.of(horizontalPodAutoscalers);
    this.#pods = dependencies.informers.of(pods);
    this.#targets = new ScaleTargets(listServed, dependencies.clock);
    this.#api = metricsApi(dependencies.client.transport);
    this.#metrics = autoscalerMetrics(dependencies.metrics, dependencies.clock, () => this.#autoscalers.lister.list().length);
  }

  controller(): Controller {
    return {
      name: 'horizontalpodautoscaler',
      // Statuses are our own writes; what they were made from is read anew with every pass.
      watches: [watchSelf(this.#autoscalers, { changed: (next, old) => !sameValue(next.spec, old.spec) }), watch(this.#pods, () => [])],
      reconcile: (key, context) => this.#reconcile(key, context),
    };
  }

  async #reconcile(key: string, context: ReconcileContext): Promise<ReconcileAgain | void> {
    const autoscaler = this.#autoscalers.lister.get(key);
    if (!autoscaler) {
      this.#histories.delete(key);
      this.#selectors.forget(key);
      this.#metrics.desired(key, undefined);
      return undefined;
    }
    const history = this.#histories.get(key) ?? new History();
    this.#histories.set(key, history);
    const { events } = this.#dependencies;
    const pass = new AutoscalerPass({
      autoscaler,
      key,
      history,
      events,
      context,
      settings: this.#settings,
      targets: this.#targets,
      api: this.#api,
      selectors: this.#selectors,
      podsOf: (selector) => this.#pods.lister.list(autoscaler.metadata.namespace).filter((pod) => selector.matches(pod.metadata.labels ?? {})),
      metrics: this.#metrics,
    });
    await this.#metrics.reconciled(async () => {
      try {
        return await pass.run();
      } catch (error) {
        if (context.signal.aborted) throw error;
        // Everybody gets the next look in its turn: what failed is told by conditions and events.
        context.log.debug('an autoscaler could not be reconciled', { error: error instanceof Error ? error.message : String(error) });
        return { action: 'none', failure: pass.failureLabel };
      }
    });
    return { afterMs: this.#settings.syncMs };
  }
}
