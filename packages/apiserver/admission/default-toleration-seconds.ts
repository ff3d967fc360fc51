/**
 * Pods leave a node that is not ready or not reachable after five minutes, unless they say otherwise.
 *
 * Source: kubernetes `plugin/pkg/admission/defaulttolerationseconds`.
 */
import type { AdmissionPlugin } from './admission.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { Draft } from '#machinery/schema.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const SECONDS = 300;

/** The plugin. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  interest: { operations: ['CREATE', 'UPDATE'], resources: ['/pods'] },
  admit({ object }) {
    const spec = (object as Draft<Pod>).spec;
    if (!spec) return;
    const tolerations = spec.tolerations ?? [];
    const missing = [NOT_READY, UNREACHABLE].filter(
      (key) => !tolerations.some((one) => (!one.key || one.key === key) && (!one.effect || one.effect === 'NoExecute')),
    );
    if (missing.length === 0) return;
    const added = missing.map((key) => ({ key, operator: 'Exists' as const, effect: 'NoExecute' as const, tolerationSeconds: SECONDS }));
    spec.tolerations = [...tolerations, ...added];
  },
};
