/**
 * TaintToleration: NoSchedule and NoExecute taints decide, PreferNoSchedule ones score.
 */
import type { Taint } from '#kinds/core/node/schema.ts';
import type { Toleration } from '#kinds/core/pod/affinity.ts';
import { findUntolerated, tolerates } from '#kinds/core/pod/tolerations.ts';
import type { Plugin, Rejection } from '../framework.ts';
import { normalizeToMax } from './normalize.ts';

const HARD = ['NoSchedule', 'NoExecute'];

/** Taints and tolerations. */
export function taintToleration(): Plugin<readonly Toleration[]> {
  // Few different taints exist in a cluster, so their rejections are made once.
  const rejections = new Map<string, Rejection>();
  const rejectionFor = ({ key, value }: Taint): Rejection => {
    const text = `node(s) had untolerated taint {${key}: ${value ?? ''}}`;
    let rejection = rejections.get(text);
    if (!rejection) {
      if (rejections.size >= MAX_REMEMBERED) rejections.clear();
      rejections.set(text, (rejection = { reasons: [text], resolvable: false }));
    }
    return rejection;
  };
  return {
    name: 'TaintToleration',
    nodeLocal: true,
    events: [{ on: ['NodeAdd', 'NodeTaints'] }, { on: ['PodUpdate'] }],
    filter({ pod }, { node }) {
      if (!node.spec.taints) return undefined;
      const taint = findUntolerated(node.spec.taints, pod.spec.tolerations, HARD);
      return taint && rejectionFor(taint);
    },
    preScore: ({ pod }) => (pod.spec.tolerations ?? []).filter((one) => !one.effect || one.effect === 'PreferNoSchedule'),
    score(_pod, { node }, tolerations) {
      let intolerable = 0;
      for (const taint of node.spec.taints ?? []) {
        if (taint.effect === 'PreferNoSchedule' && !tolerations.some((one) => tolerates(one, taint))) intolerable++;
      }
      return intolerable;
    },
    normalize: (scores) => normalizeToMax(scores, true),
  };
}

/** Taint texts are few; a cluster that makes up new ones all the time must not fill memory. */
const MAX_REMEMBERED = 1_000;
