/**
 * Pods carry the zone and region of their node as labels, set when they are bound.
 *
 * Source: kubernetes `plugin/pkg/admission/podtopologylabels`, KEP-4742.
 */
import type { AdmissionPlugin } from './admission.ts';
import type { Caches } from '../call.ts';
import type { Binding } from '#kinds/core/binding/schema.ts';
import { nodes } from '#kinds/core/node/kind.ts';
import type { Pod } from '#kinds/core/pod/schema.ts';
import type { KubeObject } from '#machinery/kind.ts';
import type { Draft } from '#machinery/schema.ts';

/** The labels that are copied. */
export const TOPOLOGY_LABELS = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone'] as const;

/** The plugin. */
export function podTopologyLabels(caches: Caches): AdmissionPlugin {
  const label = (object: Draft<KubeObject>, nodeName: string): void => {
    const labels = caches.get(nodes, '', nodeName)?.metadata.labels ?? {};
    for (const name of TOPOLOGY_LABELS) {
      const value = labels[name];
      if (value !== undefined) object.metadata = { ...object.metadata, labels: { ...object.metadata?.labels, [name]: value } };
    }
  };
  return {
    name: 'PodTopologyLabels',
    interest: { operations: ['CREATE'], resources: ['/pods'], subresources: ['binding'] },
    admit({ object, subresource }) {
      if (!object) return;
      const nodeName = subresource === 'binding' ? (object as Draft<Binding>).target?.name : (object as Draft<Pod>).spec?.nodeName;
      if (nodeName) label(object, nodeName);
    },
  };
}
