import type { FieldText } from '#machinery/kind.ts';
import type { Pod } from './schema.ts';

/** Field selectors of pods; `spec.host` is the old name of `spec.nodeName`. */
export const podSelectableFields: Readonly<Record<string, FieldText<Pod>>> = {
  'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
  'spec.host': (pod) => pod.spec.nodeName ?? '',
  'spec.restartPolicy': (pod) => pod.spec.restartPolicy ?? '',
  'spec.schedulerName': (pod) => pod.spec.schedulerName ?? '',
  'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? '',
  'spec.hostNetwork': (pod) => String(pod.spec.hostNetwork ?? false),
  'status.phase': (pod) => pod.status.phase ?? '',
  'status.podIP': (pod) => pod.status.podIPs?.[0]?.ip ?? '',
  'status.podIPs': (pod) => (pod.status.podIPs ?? []).map((one) => one.ip).join(','),
  'status.nominatedNodeName': (pod) => pod.status.nominatedNodeName ?? '',
};
