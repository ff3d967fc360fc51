/**
 * A profile: the plugins that serve the pods of one scheduler name, prepared so that each extension point is one array.
 */
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { ClusterEvent, ClusterEventType, EventHint } from './events.ts';
import { EXTENDER } from './extenders.ts';
import type { Plugin, QueueOrder } from './framework.ts';

/** A plugin with the weight of its scores. */
export interface WeightedPlugin {
  readonly plugin: Plugin;
  readonly weight: number;
}

/** The plugins at each extension point, in their order. */
export interface ExtensionPoints {
  readonly preEnqueue: readonly Plugin[];
  readonly queueSort: readonly Plugin[];
  readonly preFilter: readonly Plugin[];
  readonly filter: readonly Plugin[];
  readonly postFilter: readonly Plugin[];
  readonly preScore: readonly Plugin[];
  readonly score: readonly WeightedPlugin[];
  readonly reserve: readonly Plugin[];
  readonly permit: readonly Plugin[];
  readonly preBind: readonly Plugin[];
  readonly bind: readonly Plugin[];
  readonly postBind: readonly Plugin[];
}

/** The extension points that each of the plugins implements. */
export function extensionPointsOf(weighted: readonly WeightedPlugin[]): ExtensionPoints {
  const all = weighted.map((one) => one.plugin);
  return {
    preEnqueue: all.filter((one) => one.preEnqueue),
    queueSort: all.filter((one) => one.before),
    preFilter: all.filter((one) => one.preFilter),
    filter: all.filter((one) => one.filter),
    postFilter: all.filter((one) => one.postFilter),
    preScore: all.filter((one) => one.preScore),
    score: weighted.filter((one) => one.plugin.score),
    reserve: all.filter((one) => one.reserve ?? one.unreserve),
    permit: all.filter((one) => one.permit),
    preBind: all.filter((one) => one.preBind),
    bind: all.filter((one) => one.bind),
    postBind: all.filter((one) => one.postBind),
  };
}

/** A named set of plugins. */
export class Profile {
  readonly schedulerName: string;
  readonly points: ExtensionPoints;
  /** Every plugin of any point, once. */
  readonly plugins: readonly Plugin[];
  /** Share of the nodes that is looked at, in percent; undefined: adaptive. */
  readonly percentageOfNodesToScore: number | undefined;
  readonly #hints = new Map<ClusterEventType, Map<string, EventHint[]>>();

  constructor(schedulerName: string, points: ExtensionPoints, percentageOfNodesToScore?: number) {
    this.schedulerName = schedulerName;
    this.points = points;
    this.percentageOfNodesToScore = percentageOfNodesToScore;
    const { score, ...others } = points;
    this.plugins = [...new Set([...Object.values(others).flat(), ...score.map((one) => one.plugin)])];
    for (const { name, events = [] } of this.plugins) {
      for (const hint of events) for (const type of hint.on) this.#hintsOn(type, name).push(hint);
    }
  }

  /** Types of events that some plugin wants to know of. */
  get eventTypes(): Iterable<ClusterEventType> {
    return this.#hints.keys();
  }

  /** Names of the plugins that such an event may concern. */
  pluginsOn(type: ClusterEventType): Iterable<string> {
    return [...(this.#hints.get(type)?.keys() ?? []), EXTENDER];
  }

  /** Whether `event` may make a pod schedulable that plugin `name` rejected. */
  mayHelp(name: string, pod: Pod, event: ClusterEvent): boolean {
    if (name === EXTENDER) return true;
    const hints = this.#hints.get(event.type)?.get(name);
    return hints !== undefined && hints.some((hint) => hint.helps?.(pod, event) ?? true);
  }

  /** Whether `a` leaves the queue before `b`. */
  before(a: QueueOrder, b: QueueOrder): boolean {
    return this.points.queueSort[0]?.before?.(a, b) ?? a.addedMs < b.addedMs;
  }

  #hintsOn(type: ClusterEventType, name: string): EventHint[] {
    let byName = this.#hints.get(type);
    if (!byName) this.#hints.set(type, (byName = new Map()));
    let hints = byName.get(name);
    if (!hints) byName.set(name, (hints = []));
    return hints;
  }
}
