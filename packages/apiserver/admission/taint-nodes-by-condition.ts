/**
 * New nodes are tainted until their agent has reported that they are ready.
 *
 * Source: kubernetes `plugin/pkg/admission/nodetaint`.
 */
import type { AdmissionPlugin } from './admission.ts';
import type { Node } from '#kinds/core/node/schema.ts';
import type { Draft } from '#machinery/schema.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';

/** The plugin. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  interest: { operations: ['CREATE'], resources: ['/nodes'] },
  admit({ object }) {
    const node = object as Draft<Node>;
    const taints = node.spec?.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY && effect === 'NoSchedule')) return;
    node.spec = { ...node.spec, taints: [...taints, { key: NOT_READY, effect: 'NoSchedule' }] };
  },
};
