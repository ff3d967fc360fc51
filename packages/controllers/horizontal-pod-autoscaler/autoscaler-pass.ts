/**
 * One pass over one autoscaler.
 */
import type { EventRecorder } from '#client/event-recorder.ts';
import type { ReconcileContext } from '#controller/controller.ts';
import { horizontalPodAutoscalers } from '#kinds/autoscaling/horizontal-pod-autoscaler/kind.ts';
import type { HorizontalPodAutoscaler, MetricStatus } from '#kinds/autoscaling/horizontal-pod-autoscaler/schema.ts';
import type { Scale } from '#kinds/autoscaling/scale/schema.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { parseQuantity } from '#machinery/quantity.ts';
import { parseLabelSelector } from '#machinery/selectors.ts';
import type { LabelMatcher } from '#machinery/selectors.ts';
import { isReason } from '#machinery/status.ts';
import { limit, limitByRules, stabilize, stabilizeByRules } from './behavior.ts';
import type { Limited, Wish } from './behavior.ts';
import type { AutoscalerSettings } from './controller.ts';
import { evaluateMetric, MetricFailure } from './evaluate-metric.ts';
import type { EvaluatedMetric, MetricContext } from './evaluate-metric.ts';
import type { History } from './history.ts';
import type { MetricsApi } from './metrics-api.ts';
import type { AutoscalerMetrics, PassOutcome } from './metrics.ts';
import type { Tolerance } from './replicas.ts';
import type { FoundScale, ScaleTargets } from './scale-targets.ts';
import type { PodSelectors } from './selectors.ts';
import { StatusDraft } from './status.ts';

/** What a pass works with. */
export interface PassInput {
  readonly autoscaler: HorizontalPodAutoscaler;
  readonly key: string;
  readonly history: History;
  readonly events: EventRecorder;
  readonly context: ReconcileContext;
  readonly settings: AutoscalerSettings;
  readonly targets: ScaleTargets;
  readonly api: MetricsApi;
  readonly selectors: PodSelectors;
  readonly podsOf: (selector: LabelMatcher) => readonly Pod[];
  readonly metrics: AutoscalerMetrics;
}

/** What the metrics ask for together. */
interface Recommended {
  readonly replicas: number;
  /** The metric that asks for the most. */
  readonly by: string;
  readonly statuses: readonly MetricStatus[];
  /** Some metrics failed, but growing does not need them. */
  readonly error?: Error;
}

/** A decision, with why. */
interface Decision {
  readonly desired: number;
  readonly rescale: boolean;
  readonly why: string;
  readonly statuses?: readonly MetricStatus[];
  readonly error?: Error;
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The pass. */
export class AutoscalerPass {
  readonly #input: PassInput;
  readonly #status: StatusDraft;
  readonly #nowMs: number;
  /** Whose fault a failure is, for metrics. */
  failureLabel: 'spec' | 'internal' = 'internal';

  constructor(input: PassInput) {
    this.#input = input;
    this.#nowMs = input.context.clock.now();
    this.#status = new StatusDraft(input.autoscaler, this.#nowMs);
  }

  /** Does it all. @throws Error with what failed, after the status tells it */
  async run(): Promise<PassOutcome> {
    const { history } = this.#input;
    const found = await this.#findScale();
    this.#status.condition('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
    const current = found.scale.spec.replicas ?? 0;
    history.begin(current, this.#nowMs);
    const decision = await this.#decide(found.scale);
    if (decision.rescale) await this.#rescale(found, decision);
    this.#status.decided(current, decision.rescale ? decision.desired : current, decision.statuses);
    await this.#write();
    this.#input.metrics.desired(this.#input.key, decision.rescale ? decision.desired : current);
    if (decision.error) throw decision.error;
    return { action: !decision.rescale ? 'none' : decision.desired > current ? 'scale_up' : 'scale_down', failure: 'none' };
  }

  async #findScale(): Promise<FoundScale> {
    const { autoscaler, targets, context, events } = this.#input;
    const { apiVersion = 'v1', kind, name } = autoscaler.spec.scaleTargetRef;
    const { namespace = '' } = autoscaler.metadata;
    try {
      return await targets.scale(await targets.kind(apiVersion, kind, context.signal), { namespace, name }, context.client, context.signal);
    } catch (error) {
      if (context.signal.aborted) throw error;
      events.event(autoscaler, 'Warning', 'FailedGetScale', message(error));
      this.#status.condition('AbleToScale', 'False', 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${message(error)}`);
      await this.#write();
      throw error;
    }
  }

  async #decide(scale: Scale): Promise<Decision> {
    const { minReplicas = 1, maxReplicas } = this.#input.autoscaler.spec;
    const current = scale.spec.replicas ?? 0;
    if (current === 0 && !this.#mayLeaveZero()) {
      this.#status.condition('ScalingActive', 'False', 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
      return { desired: 0, rescale: false, why: '' };
    }
    if (current > maxReplicas) return { desired: maxReplicas, rescale: true, why: 'Current number of replicas above Spec.MaxReplicas' };
    if (current < minReplicas) return { desired: minReplicas, rescale: true, why: 'Current number of replicas below Spec.MinReplicas' };
    const { replicas, by, statuses, error } = await this.#recommend(scale);
    const why = replicas > current ? `${by} above target` : replicas < current ? 'All metrics below target' : '';
    const desired = this.#normalize({ current, desired: replicas, min: minReplicas, max: maxReplicas, nowMs: this.#nowMs });
    return { desired, rescale: desired !== current, why, statuses, ...(error ? { error } : {}) };
  }

  /** Zero replicas are left only by who scaled to zero: whoever else did wants none. */
  #mayLeaveZero(): boolean {
    const { autoscaler, settings } = this.#input;
    return settings.scaleToZero && autoscaler.status.conditions?.some(({ type, status }) => type === 'ScaledToZero' && status === 'True') === true;
  }

  /** Notes whether it is the autoscaler that wants no replicas: only what is measured elsewhere tells when to begin again. */
  #noteZero(current: number, desired: number): void {
    const { autoscaler, settings } = this.#input;
    if (!settings.scaleToZero) return;
    const { minReplicas = 1, metrics = [] } = autoscaler.spec;
    const measuredElsewhere = metrics.some(({ type }) => type === 'Object' || type === 'External');
    if (current > 0 && desired === 0 && minReplicas === 0 && measuredElsewhere) {
      this.#status.condition('ScaledToZero', 'True', 'ScaledToZero', 'the HPA controller scaled the workload to zero');
    } else this.#status.condition('ScaledToZero', 'False', 'NotScaledToZero', 'the HPA controller did not scale the workload to zero');
  }

  /** Asks all metrics; those that fail do not matter when the others want to grow. */
  async #recommend(scale: Scale): Promise<Recommended> {
    const current = scale.spec.replicas ?? 0;
    const { metrics = [] } = this.#input.autoscaler.spec;
    const statuses: MetricStatus[] = [];
    let best: EvaluatedMetric | undefined;
    const failures: MetricFailure[] = [];
    try {
      const context = this.#metricContext(scale);
      for (const spec of metrics) {
        const result = await this.#input.metrics.computed(spec.type, this.#input.autoscaler.status.currentReplicas ?? 0, () => evaluateMetric(spec, context)).catch((error: unknown) => failure(error));
        if (result instanceof MetricFailure) {
          if (failures.length === 0) this.#input.events.event(this.#input.autoscaler, 'Warning', result.reason, result.what);
          failures.push(result);
          statuses.push({ type: '' } as unknown as MetricStatus);
          continue;
        }
        statuses.push(result.status);
        if (!best || result.replicas > best.replicas) best = result;
      }
    } catch (error) {
      return this.#notRecommended(current, statuses, error);
    }
    const [first] = failures;
    const error = first && new Error(`invalid metrics (${failures.length} invalid out of ${metrics.length}), first error is: ${first.message}`);
    if (first && (!best || best.replicas < current)) {
      this.#status.condition('ScalingActive', 'False', first.reason, `the HPA was unable to compute the replica count: ${first.what}`);
      return this.#notRecommended(current, statuses, error);
    }
    this.#status.condition('ScalingActive', 'True', 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${best?.name ?? ''}`);
    return { replicas: best?.replicas ?? 0, by: best?.name ?? '', statuses, ...(error ? { error } : {}) };
  }

  async #notRecommended(current: number, statuses: readonly MetricStatus[], error: unknown): Promise<never> {
    const { autoscaler, events, context } = this.#input;
    if (context.signal.aborted) throw error;
    this.#status.measured(current, statuses);
    await this.#write();
    events.event(autoscaler, 'Warning', 'FailedComputeMetricsReplicas', message(error));
    throw error;
  }

  #metricContext(scale: Scale): MetricContext {
    const { autoscaler, settings, targets, api, context } = this.#input;
    const selector = this.#parseSelector(scale.status.selector ?? '');
    const { cpuInitializationMs, initialReadinessMs } = settings;
    return {
      namespace: autoscaler.metadata.namespace ?? '',
      selector: selector.text,
      api,
      resourceOf: (apiVersion, kind) => targets.resource(apiVersion, kind, context.signal),
      signal: context.signal,
      facts: {
        specReplicas: scale.spec.replicas ?? 0,
        statusReplicas: scale.status.replicas,
        pods: selector.pods,
        tolerance: toleranceOf(autoscaler, settings.tolerance),
        nowMs: this.#nowMs,
        cpuInitializationMs,
        initialReadinessMs,
      },
    };
  }

  /** @throws Error when the target has no usable selector, or pods that another autoscaler scales too */
  #parseSelector(text: string): { readonly text: string; readonly pods: readonly Pod[] } {
    const { autoscaler, key, selectors, podsOf } = this.#input;
    const { namespace = '' } = autoscaler.metadata;
    if (text === '') throw this.#badSelector('SelectorRequired', 'selector is required', "the HPA target's scale is missing a selector");
    let selector: LabelMatcher;
    try {
      selector = parseLabelSelector(text);
    } catch (error) {
      const why = `couldn't convert selector into a corresponding internal selector object: ${message(error)}`;
      throw this.#badSelector('InvalidSelector', why, why);
    }
    selectors.remember(key, selector);
    const selected = podsOf(selector);
    const rivals = selectors.selecting(namespace, selected);
    if (rivals.length > 1) {
      const why = `pods by selector ${text} are controlled by multiple HPAs: [${rivals.join(' ')}]`;
      throw this.#badSelector('AmbiguousSelector', why, why);
    }
    return { text, pods: selected };
  }

  #badSelector(reason: string, what: string, told: string): Error {
    this.failureLabel = 'spec';
    this.#input.events.event(this.#input.autoscaler, 'Warning', reason, what);
    this.#status.condition('ScalingActive', 'False', reason === 'SelectorRequired' ? 'InvalidSelector' : reason, told);
    return new Error(what);
  }

  #normalize(wish: Wish): number {
    const { autoscaler, history, settings } = this.#input;
    const { behavior } = autoscaler.spec;
    const downMs = behavior?.scaleDown?.stabilizationWindowSeconds === undefined ? settings.downscaleStabilizationMs : behavior.scaleDown.stabilizationWindowSeconds * 1000;
    const upMs = (behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1000;
    const stable = behavior ? stabilizeByRules(wish, history, { upMs, downMs }) : stabilize(wish, history, downMs);
    history.wished(wish.desired, this.#nowMs, Math.max(upMs, downMs));
    this.#status.condition('AbleToScale', 'True', stable.reason, stable.message);
    const stableWish = { ...wish, desired: stable.replicas };
    const limited: Limited = behavior?.scaleUp && behavior.scaleDown ? limitByRules(stableWish, history, { up: behavior.scaleUp, down: behavior.scaleDown }) : limit(stableWish);
    this.#status.condition('ScalingLimited', limited.replicas === stable.replicas ? 'False' : 'True', limited.reason, limited.message);
    return limited.replicas;
  }

  async #rescale({ kind, scale }: FoundScale, { desired, why, statuses = [] }: Decision): Promise<void> {
    const { autoscaler, history, events, context } = this.#input;
    const { namespace = '', name = '' } = scale.metadata;
    const current = scale.spec.replicas ?? 0;
    try {
      await context.client.of(kind).namespace(namespace).sub('PUT', name, 'scale', { ...scale, spec: { ...scale.spec, replicas: desired } }, context.signal);
    } catch (error) {
      if (context.signal.aborted) throw error;
      events.event(autoscaler, 'Warning', 'FailedRescale', `New size: ${desired}; reason: ${why}; error: ${message(error)}`);
      this.#status.condition('AbleToScale', 'False', 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${message(error)}`);
      this.#status.measured(current, statuses);
      await this.#write();
      throw error;
    }
    this.#status.condition('AbleToScale', 'True', 'SucceededRescale', `the HPA controller was able to update the target scale to ${desired}`);
    events.event(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${why}`);
    this.#noteZero(current, desired);
    history.scaled(current, desired, this.#nowMs, autoscaler.spec.behavior);
    this.#status.scaled();
  }

  async #write(): Promise<void> {
    const { autoscaler, context, events } = this.#input;
    const status = this.#status.changed();
    if (!status) return;
    try {
      await context.client.of(horizontalPodAutoscalers).updateStatus({ ...autoscaler, status }, {}, context.signal);
    } catch (error) {
      if (context.signal.aborted) throw error;
      if (!isReason(error, 'NotFound')) events.event(autoscaler, 'Warning', 'FailedUpdateStatus', message(error));
      throw error;
    }
  }
}

function failure(error: unknown): MetricFailure {
  if (error instanceof MetricFailure) return error;
  throw error;
}

/** Behaviours may have tolerances of their own. */
function toleranceOf({ spec: { behavior } }: HorizontalPodAutoscaler, standard: number): Tolerance {
  const of = (text: string | undefined): number => (text === undefined ? standard : Number(parseQuantity(text).nanos) / 1e9);
  return { up: of(behavior?.scaleUp?.tolerance), down: of(behavior?.scaleDown?.tolerance) };
}
