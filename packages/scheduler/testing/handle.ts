/**
 * A plugin handle over a cluster that holds nothing but the given objects.
 */
import { silentLogger } from '#base/log.ts';
import { createMetrics } from '#base/metrics.ts';
import { seededRandom } from '#base/random.ts';
import { openTaskGroup } from '#base/task-group.ts';
import { SimClock } from '#base/testing/sim-clock.ts';
import type { Client } from '#client/client.ts';
import type { Informer, InformerFactory, Lister } from '#client/informer.ts';
import type { Kind, KubeObject } from '#machinery/kind.ts';
import { addSchedulerMetrics } from '../metrics.ts';
import type { PluginHandle } from '../plugins/registry.ts';
import { WaitingPods } from '../waiting-pods.ts';

/** Objects by the plural name of their kind. */
export type Held = Readonly<Record<string, readonly KubeObject[]>>;

const keyOf = ({ metadata: { namespace, name } }: KubeObject): string => (namespace ? `${namespace}/${name}` : `${name}`);

function listerOf<T extends KubeObject>(objects: readonly T[]): Lister<T> {
  return {
    get: (key) => objects.find((one) => keyOf(one) === key),
    list: (namespace) => (namespace === undefined ? objects : objects.filter((one) => one.metadata.namespace === namespace)),
    byIndex: () => [],
  };
}

function informersOf(held: Held): InformerFactory {
  return {
    of<T extends KubeObject>(kind: Kind<T>): Informer<T> {
      const lister = listerOf((held[kind.plural] ?? []) as readonly T[]);
      return {
        kind,
        lister,
        synced: true,
        resourceVersion: '1',
        whenSynced: () => Promise.resolve(),
        listen(listener) {
          for (const one of lister.list()) listener.added?.(one, true);
          return { [Symbol.dispose]: () => {} };
        },
        addIndex: () => {},
      };
    },
    whenSynced: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A handle whose informers hold `held` and whose client must not be used. */
export function aHandle(held: Held = {}): PluginHandle {
  const unused = (): never => {
    throw new Error('this handle has no server');
  };
  const clock = new SimClock();
  return {
    client: { transport: { request: unused } as never, of: unused } as Client,
    informers: informersOf(held),
    clock,
    log: silentLogger,
    events: { event: () => {}, [Symbol.asyncDispose]: () => Promise.resolve() },
    tasks: openTaskGroup(() => {}),
    random: seededRandom(1),
    metrics: addSchedulerMetrics(createMetrics()),
    waiting: new WaitingPods(clock),
    recheck: () => {},
  };
}
