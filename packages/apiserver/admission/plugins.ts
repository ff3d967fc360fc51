/**
 * The plugins that are on by default, in the order of the original.
 *
 * Places are kept for those that need more than memory: policies and webhooks come between the changing and the counting plugins.
 */
import type { AdmissionPlugin } from './admission.ts';
import { defaultIngressClass, defaultStorageClass } from './default-classes.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import { priority } from './priority.ts';
import { resourceQuota, type ResourceQuotaOptions } from './resource-quota.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount, type ServiceAccountOptions } from './service-account.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';

/** What the plugins work with. */
export type PluginOptions = ServiceAccountOptions & ResourceQuotaOptions;

/** The plugins of a server. Source: kubernetes `kubeapiserver/options/plugins.go`. */
export function standardPlugins(options: PluginOptions): readonly AdmissionPlugin[] {
  const { caches } = options;
  return [
    namespaceLifecycle(caches),
    limitRanger(caches),
    serviceAccount(options),
    nodeRestriction(caches),
    taintNodesByCondition,
    priority(caches),
    defaultTolerationSeconds,
    defaultStorageClass(caches),
    runtimeClass(caches),
    defaultIngressClass(caches),
    podTopologyLabels(caches),
    resourceQuota(options),
  ];
}
