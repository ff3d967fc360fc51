/**
 * Answers `metrics.k8s.io` from what the metrics server knows.
 *
 * Source: metrics-server `pkg/api`.
 */
import { ViewEntry } from '#apiserver/cacher/entry.ts';
import type { ApiCall, ApiReply, Caches, Handler } from '#apiserver/call.ts';
import { parseListQuery } from '#apiserver/registry/list-options.ts';
import { wrongMethod } from '#apiserver/registry/object-handler.ts';
import { parsePredicate } from '#apiserver/registry/predicate.ts';
import { codecOf } from '#apiserver/registry/resources.ts';
import type { Clock } from '#base/clock.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import { pods } from '#kinds/core/pod/kind.ts';
import { nodeMetricsKind } from '#kinds/metrics/node-metrics/kind.ts';
import { podMetricsKind } from '#kinds/metrics/pod-metrics/kind.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { notFound } from '#machinery/status.ts';
import { nodeMetricsOf, podMetricsOf } from '#metrics-server/metrics-objects.ts';
import type { UsageReader } from '#metrics-server/usage-store.ts';

/** The kinds that these handlers answer. */
export const metricsKinds: readonly Kind[] = [nodeMetricsKind, podMetricsKind] as unknown as readonly Kind[];

/** How one kind of metrics is made from the objects that are measured. */
interface Source<T extends KubeObject> {
  readonly measured: Kind<T>;
  readonly metrics: Kind;
  /** What errors call them. */
  readonly named: string;
  of(object: T): KubeObject | undefined;
}

/** The handlers of `metrics.k8s.io`, by `GROUP/PLURAL`. */
export function metricsHandlers(caches: Caches, usage: UsageReader, clock: Clock): ReadonlyMap<string, Handler> {
  const ofNodes = handlerOf(caches, { measured: nodes, metrics: nodeMetricsKind as unknown as Kind, named: 'nodemetrics', of: (node) => nodeMetricsOf(node, usage, clock.now()) });
  const ofPods = handlerOf(caches, { measured: pods, metrics: podMetricsKind as unknown as Kind, named: 'podmetrics', of: (pod) => podMetricsOf(pod, usage, clock.now()) });
  return new Map([
    ['metrics.k8s.io/nodes', ofNodes],
    ['metrics.k8s.io/pods', ofPods],
  ]);
}

function handlerOf<T extends KubeObject>(caches: Caches, source: Source<T>): Handler {
  const codec = codecOf(source.metrics);
  return {
    handle({ info, query }: ApiCall): ApiReply {
      if (info.verb === 'get') {
        const text = info.namespace ? `${info.namespace}/${info.name}` : info.name;
        const object = caches.get(source.measured, info.namespace, info.name);
        if (!object) throw notFound({ group: '', resource: source.measured.plural }, text);
        const metrics = source.of(object);
        if (!metrics) throw notFound({ group: 'metrics.k8s.io', resource: source.named }, text);
        return { type: 'entry', code: 200, kind: source.metrics, entry: new ViewEntry(codec, metrics, 0) };
      }
      if (info.verb !== 'list') throw wrongMethod();
      const { matches } = parsePredicate(source.metrics, parseListQuery(query, false));
      const objects = caches.list(source.measured, info.namespace || undefined).filter((object) => !matches || matches(object));
      const entries = objects.flatMap((object) => source.of(object) ?? []).map((metrics) => new ViewEntry(codec, metrics, 0));
      return { type: 'list', kind: source.metrics, entries, metadata: { resourceVersion: '' } };
    },
  };
}
