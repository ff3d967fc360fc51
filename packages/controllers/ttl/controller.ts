/**
 * Tells kubelets by an annotation of their node how long they may keep ConfigMaps and Secrets: longer in large clusters.
 *
 * Source: kube-controller-manager `pkg/controller/ttl`.
 */
import type { ControllerEntry } from '#controller/manager.ts';
import { watch, watchSelf } from '#controller/watches.ts';
import { nodes } from '#kinds/core/node/kind.ts';

const ANNOTATION = 'node.alpha.kubernetes.io/ttl';

/** Cluster sizes and seconds. Sizes overlap, so that a cluster at a border does not go back and forth. */
const STEPS: readonly { readonly min: number; readonly max: number; readonly seconds: number }[] = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1_000, seconds: 30 },
  { min: 900, max: 2_000, seconds: 60 },
  { min: 1_800, max: 10_000, seconds: 300 },
  { min: 9_000, max: Number.MAX_SAFE_INTEGER, seconds: 600 },
];

/** The step for a cluster of `count` nodes that stood at `step` before. */
export function nextStep(step: number, count: number): number {
  let next = step;
  while (next < STEPS.length - 1 && count > STEPS[next]!.max) next++;
  while (next > 0 && count < STEPS[next]!.min) next--;
  return next;
}

/** `ttl-controller`. */
export const ttlController: ControllerEntry = {
  name: 'ttl-controller',
  make({ informers }) {
    const informer = informers.of(nodes);
    let step = 0;
    /** When the size of the cluster crosses a border, all nodes concern us. */
    const concerned = (): readonly string[] => {
      const next = nextStep(step, informer.lister.list().length);
      if (next === step) return [];
      step = next;
      return informer.lister.list().map(({ metadata }) => metadata.name ?? '');
    };
    return {
      name: 'ttlcontroller',
      watches: [
        watch(informer, concerned, { changed: () => false }),
        watchSelf(informer, { changed: (node, old) => node.metadata.annotations?.[ANNOTATION] !== old.metadata.annotations?.[ANNOTATION] }),
      ],
      async reconcile(key, { client, signal }) {
        const node = informer.lister.get(key);
        const seconds = String(STEPS[step]!.seconds);
        if (!node || node.metadata.annotations?.[ANNOTATION] === seconds) return;
        await client.of(nodes).patch(key, { type: 'merge', body: { metadata: { annotations: { [ANNOTATION]: seconds } } } }, {}, signal);
      },
    };
  },
};
