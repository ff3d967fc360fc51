/**
 * Probes the running containers of the node and remembers what the probes say.
 *
 * One loop per probe of a container. While a startup probe has not passed, the other probes wait. Until a readiness or startup probe has
 * succeeded once it is tried more often than its period, at growing distances: the extra tries can only make a container ready earlier,
 * their failures are neither counted nor reported.
 *
 * Source: kubernetes `pkg/kubelet/prober`.
 */
import type { Random } from '#base/random.ts';
import type { TaskGroup } from '#base/task-group.ts';
import type { EventRecorder } from '#client/event-recorder.ts';
import type { Probe } from '#kinds/core/pod/probes.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import { containerReference } from '../pod/container-reference.ts';
import type { ContainerHealth } from '../pod/plan.ts';
import type { ProbeResult } from './network.ts';
import { type ProbeSubject, type ProbeTools, runProbe } from './run-probe.ts';

/** What the prober needs. */
export interface ProberOptions extends ProbeTools {
  readonly random: Random;
  readonly recorder: EventRecorder;
  readonly tasks: TaskGroup;
  /** What is known about a container has changed. */
  readonly onChange: (podUid: string) => void;
}

/** A running container to be probed. */
export interface ProbedContainer extends ProbeSubject {
  readonly pod: Pod;
  readonly startedAtMs: number;
  /** What was known about it before this process started. */
  readonly before?: { readonly ready: boolean; readonly started: boolean };
}

type ProbeKind = 'startup' | 'readiness' | 'liveness';

const WORDS: Readonly<Record<ProbeKind, string>> = { startup: 'Startup', readiness: 'Readiness', liveness: 'Liveness' };

/** The first extra try comes this soon after the container's start; each further one twice as late. */
const FIRST_EXTRA_MS = 100;

interface Tracked {
  readonly of: ProbedContainer;
  readonly stop: AbortController;
  started: boolean;
  ready: boolean;
  failed: 'liveness' | 'startup' | undefined;
  /** The pod is being stopped. */
  ending: boolean;
}

/** All probes of this node. */
export class Prober {
  readonly #options: ProberOptions;
  readonly #tracked = new Map<string, Tracked>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Starts probing a running container; does nothing when it is probed already. */
  track(of: ProbedContainer): void {
    if (this.#tracked.has(of.containerId)) return;
    const { startupProbe, readinessProbe, livenessProbe } = of.container;
    const started = startupProbe === undefined || of.before?.started === true;
    const tracked: Tracked = { of, stop: new AbortController(), started, ready: readinessProbe === undefined || of.before?.ready === true, failed: undefined, ending: false };
    this.#tracked.set(of.containerId, tracked);
    if (startupProbe && !started) this.#run(tracked, 'startup', startupProbe);
    if (readinessProbe) this.#run(tracked, 'readiness', readinessProbe);
    if (livenessProbe) this.#run(tracked, 'liveness', livenessProbe);
  }

  /** Ends the probes of a container. */
  drop(containerId: string): void {
    this.#tracked.get(containerId)?.stop.abort();
    this.#tracked.delete(containerId);
  }

  /** Ends the probes of a pod's containers that are not in `running`. */
  keep(podUid: string, running: ReadonlySet<string>): void {
    for (const [id, { of }] of this.#tracked) if (of.pod.metadata.uid === podUid && !running.has(id)) this.drop(id);
  }

  /** What `planPod` asks. */
  health(containerId: string): ContainerHealth {
    const tracked = this.#tracked.get(containerId);
    if (!tracked) return { started: false };
    return tracked.failed ? { started: tracked.started, failed: tracked.failed } : { started: tracked.started };
  }

  /** Whether the container may get traffic. */
  ready(containerId: string): boolean {
    const tracked = this.#tracked.get(containerId);
    return tracked !== undefined && tracked.started && tracked.ready;
  }

  /** Whether the container has started. */
  started(containerId: string): boolean {
    return this.#tracked.get(containerId)?.started ?? false;
  }

  /** A pod is being stopped: only readiness still matters. */
  stopForTermination(podUid: string): void {
    for (const tracked of this.#tracked.values()) {
      if (tracked.of.pod.metadata.uid !== podUid) continue;
      tracked.failed = undefined;
      tracked.ending = true;
    }
  }

  #run(tracked: Tracked, kind: ProbeKind, probe: Probe): void {
    this.#options.tasks.run(`${kind} probe of ${tracked.of.container.name}`, async (signal) => {
      const either = AbortSignal.any([signal, tracked.stop.signal]);
      try {
        await this.#loop(tracked, kind, probe, either);
      } catch (error) {
        if (!either.aborted) throw error;
      }
    });
  }

  async #loop(tracked: Tracked, kind: ProbeKind, probe: Probe, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    const delayMs = (probe.initialDelaySeconds ?? 0) * 1000 - (clock.now() - tracked.of.startedAtMs);
    if (delayMs > 0) await clock.sleep(delayMs, signal);
    let extraMs = kind === 'liveness' || tracked.of.before ? periodMs : FIRST_EXTRA_MS;
    let nextCountedMs = clock.monotonicMs();
    const run: ProbeRun = { successes: 0, failures: 0 };
    while (!signal.aborted) {
      // A container that is being stopped is not asked whether it lives: the next one is.
      if (kind !== 'readiness' && (tracked.failed || tracked.ending)) return;
      if (kind !== 'startup' && !tracked.started) {
        await clock.sleep(FIRST_EXTRA_MS, signal);
        nextCountedMs = clock.monotonicMs();
        continue;
      }
      const counted = clock.monotonicMs() >= nextCountedMs;
      if (counted) nextCountedMs += periodMs;
      const result = await runProbe(tracked.of, probe, this.#options, signal);
      if (signal.aborted) return;
      if (result.outcome === 'success' || counted) this.#judge(tracked, kind, probe, result, run);
      if (kind === 'startup' && tracked.started) return;
      if (result.outcome === 'success') extraMs = periodMs;
      const waitMs = Math.max(0, Math.min(nextCountedMs - clock.monotonicMs(), extraMs));
      extraMs = Math.min(extraMs * 2, periodMs);
      await clock.sleep(waitMs, signal);
    }
  }

  #judge(tracked: Tracked, kind: ProbeKind, probe: Probe, result: ProbeResult, run: ProbeRun): void {
    const { recorder } = this.#options;
    const { pod, container } = tracked.of;
    const about = containerReference(pod, container.name);
    if (result.warns) recorder.event(about, 'Warning', 'ProbeWarning', `${WORDS[kind]} probe warning: ${result.output}`);
    if (result.outcome !== 'success') {
      const text = result.outcome === 'failure' ? `${WORDS[kind]} probe failed: ${result.output}` : `${WORDS[kind]} probe errored and resulted in unknown state: ${result.output}`;
      recorder.event(about, 'Warning', 'Unhealthy', text);
    }
    if (result.outcome === 'unknown') return;
    if (result.outcome === 'success') {
      run.successes += 1;
      run.failures = 0;
      if (run.successes >= (probe.successThreshold ?? 1)) this.#set(tracked, kind, true);
    } else {
      run.failures += 1;
      run.successes = 0;
      if (run.failures >= (probe.failureThreshold ?? 3)) this.#set(tracked, kind, false);
    }
  }

  #set(tracked: Tracked, kind: ProbeKind, good: boolean): void {
    const { started, ready, failed } = tracked;
    if (kind === 'readiness') tracked.ready = good;
    else if (kind === 'startup' && good) tracked.started = true;
    else if (!good) tracked.failed = kind;
    if (started !== tracked.started || ready !== tracked.ready || failed !== tracked.failed) this.#options.onChange(tracked.of.pod.metadata.uid ?? '');
  }
}

interface ProbeRun {
  successes: number;
  failures: number;
}
