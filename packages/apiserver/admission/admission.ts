/**
 * The admission chain: plugins that may change a request's object, then plugins that may refuse it.
 *
 * Source: apiserver `pkg/admission`.
 */
import type { User } from '../call.ts';
import type { AdmissionMetrics, Phase, PhaseMeter } from './admission-metrics.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';

/** What a request does to an object. */
export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** A request as plugins see it. */
export interface AdmissionRequest {
  readonly operation: Operation;
  /** The resource of the path. */
  readonly kind: Kind;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly namespace: string;
  /** Empty when the server is still to generate it. */
  readonly name: string;
  /** The object, owned by the request: `admit` may change it. Absent for DELETE. */
  readonly object: Draft<KubeObject> | undefined;
  /** The stored object; absent for CREATE. */
  readonly old: KubeObject | undefined;
  /** `CreateOptions`, `DeleteOptions` and so on, as far as plugins may need them. */
  readonly options: { readonly dryRun: boolean; readonly gracePeriodSeconds?: number };
  readonly user: User;
  readonly nowMs: number;
  warn(text: string): void;
  /** Adds to the request's audit event; absent where none is kept. */
  annotate?: ((key: string, value: string) => void) | undefined;
}

/** Which requests a plugin wants to see. */
export interface Interest {
  readonly operations: readonly Operation[];
  /** `GROUP/PLURAL` of the resources; absent: all of them. */
  readonly resources?: readonly string[];
  /** Whether requests to subresources come too; absent: not. A list names those that do. */
  readonly subresources?: true | readonly string[];
}

/** One rule of admission. Failures are thrown as StatusError. */
export interface AdmissionPlugin {
  readonly name: string;
  readonly interest: Interest;
  /** May change the object. */
  admit?(request: AdmissionRequest): void | Promise<void>;
  /** Sees the final object. */
  validate?(request: AdmissionRequest): void | Promise<void>;
}

function isInterested({ operations, resources, subresources }: Interest, request: AdmissionRequest): boolean {
  if (!operations.includes(request.operation)) return false;
  if (request.subresource !== '' && subresources !== true && !subresources?.includes(request.subresource)) return false;
  return !resources || resources.includes(`${request.kind.group}/${request.kind.plural}`);
}

/** The plugins that see a kind of request in one phase. */
interface Selected {
  readonly phase: Phase;
  readonly plugins: readonly AdmissionPlugin[];
  readonly meter: PhaseMeter | undefined;
}

/** The plugins in order. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #metrics: AdmissionMetrics | undefined;
  /** Asked once, then remembered. */
  readonly #selected = new Map<Kind, Map<string, Readonly<Record<Phase, Selected>>>>();

  constructor(plugins: readonly AdmissionPlugin[], metrics?: AdmissionMetrics) {
    this.#plugins = plugins;
    this.#metrics = metrics;
  }

  /** Lets plugins change the object; a promise only when one of them waits. */
  admit(request: AdmissionRequest): void | Promise<void> {
    return this.#run(this.#select(request).admit, request);
  }

  /** Lets plugins refuse the object; a promise only when one of them waits. */
  validate(request: AdmissionRequest): void | Promise<void> {
    return this.#run(this.#select(request).validate, request);
  }

  #run(selected: Selected, request: AdmissionRequest): void | Promise<void> {
    const { phase, plugins, meter } = selected;
    const sinceMs = meter?.now() ?? 0;
    let i = 0;
    try {
      for (; i < plugins.length; i++) {
        const waiting = plugins[i]![phase]!(request);
        if (waiting) return this.#wait(selected, request, { waiting, index: i, sinceMs });
      }
    } catch (error) {
      meter?.passed(0, i, sinceMs);
      meter?.refused(i, sinceMs);
      meter?.ended(sinceMs, true);
      throw error;
    }
    meter?.passed(0, plugins.length, sinceMs);
    meter?.ended(sinceMs, false);
    return undefined;
  }

  /** Goes on where plugin `index` waits. */
  async #wait({ phase, plugins, meter }: Selected, request: AdmissionRequest, { waiting, index, sinceMs }: { readonly waiting: Promise<void>; readonly index: number; readonly sinceMs: number }): Promise<void> {
    meter?.passed(0, index, sinceMs);
    let current = index;
    let fromMs = meter?.now() ?? 0;
    try {
      await waiting;
      meter?.passed(index, index + 1, fromMs);
      for (current = index + 1; current < plugins.length; current++) {
        fromMs = meter?.now() ?? 0;
        await plugins[current]![phase]!(request);
        meter?.passed(current, current + 1, fromMs);
      }
      meter?.ended(sinceMs, false);
    } catch (error) {
      meter?.refused(current, fromMs);
      meter?.ended(sinceMs, true);
      throw error;
    }
  }

  #select(request: AdmissionRequest): Readonly<Record<Phase, Selected>> {
    let byCase = this.#selected.get(request.kind);
    if (!byCase) this.#selected.set(request.kind, (byCase = new Map()));
    const key = `${request.operation} ${request.subresource}`;
    let selected = byCase.get(key);
    if (!selected) {
      const interested = this.#plugins.filter((plugin) => isInterested(plugin.interest, request));
      const of = (phase: Phase): Selected => {
        const plugins = interested.filter((plugin) => plugin[phase]);
        return { phase, plugins, meter: this.#metrics?.meter(plugins.map(({ name }) => name), phase, request.operation) };
      };
      byCase.set(key, (selected = { admit: of('admit'), validate: of('validate') }));
    }
    return selected;
  }
}
