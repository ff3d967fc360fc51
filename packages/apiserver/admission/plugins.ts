/**
 * The admission plugins in the order of the original, which of them are on by default, and the choice of a server.
 *
 * Source: kubernetes `kubeapiserver/options/plugins.go`.
 */
import type { AdmissionPlugin } from './admission.ts';
import { certificateApproval, certificateSigning, certificateSubjectRestriction, clusterTrustBundleAttest } from './certificates.ts';
import { defaultIngressClass, defaultStorageClass } from './default-classes.ts';
import { defaultTolerationSeconds } from './default-toleration-seconds.ts';
import { eventRateLimit, type EventLimit } from './event-rate-limit.ts';
import { limitRanger } from './limit-ranger.ts';
import type { LimitedResource } from './limited-resources.ts';
import { namespaceLifecycle } from './namespace-lifecycle.ts';
import { nodeRestriction } from './node-restriction.ts';
import { alwaysPullImages, extendedResourceToleration, limitPodHardAntiAffinityTopology } from './optional-pod-plugins.ts';
import { alwaysAdmit, alwaysDeny, denyServiceExternalIPs, namespaceExists } from './optional-plugins.ts';
import { ownerReferencesPermissionEnforcement } from './owner-references.ts';
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts';
import { podNodeSelector, type NodeSelectorConfiguration } from './pod-node-selector.ts';
import { DEFAULT_POD_SECURITY, type PodSecurityConfiguration } from './pod-security/configuration.ts';
import { podSecurity } from './pod-security/pod-security.ts';
import { podTolerationRestriction, type TolerationConfiguration } from './pod-toleration-restriction.ts';
import { podTopologyLabels } from './pod-topology-labels.ts';
import { priority } from './priority.ts';
import { resourceQuota, type ResourceQuotaOptions } from './resource-quota.ts';
import { runtimeClass } from './runtime-class.ts';
import { serviceAccount, type ServiceAccountOptions } from './service-account.ts';
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts';
import { taintNodesByCondition } from './taint-nodes-by-condition.ts';
import type { Authorizer } from '../authorization/authorizer.ts';
import { ConfigurationError } from '../configuration.ts';
import type { Kind } from '#machinery/kind.ts';

/** What plugins can be told. */
export interface PluginConfiguration {
  readonly podSecurity?: PodSecurityConfiguration;
  readonly eventLimits?: readonly EventLimit[];
  readonly nodeSelectors?: NodeSelectorConfiguration;
  readonly tolerations?: TolerationConfiguration;
  readonly limitedResources?: readonly LimitedResource[];
}

/** What the plugins work with. */
export type PluginOptions = ServiceAccountOptions &
  ResourceQuotaOptions & { readonly authorizer: Authorizer; readonly kinds: readonly Kind[]; readonly configuration?: PluginConfiguration };

/** Which plugins a server has beside the default ones, and which of these not; and what they are told. */
export interface AdmissionConfig {
  readonly enable?: readonly string[];
  readonly disable?: readonly string[];
  readonly plugins?: PluginConfiguration;
}

interface Entry {
  readonly name: string;
  readonly byDefault: boolean;
  /** Absent: the name has its place, what it does is elsewhere or not there. */
  readonly make?: (options: PluginOptions) => AdmissionPlugin;
}

const on = (name: string, make?: Entry['make']): Entry => ({ name, byDefault: true, ...(make ? { make } : {}) });
const off = (name: string, make?: Entry['make']): Entry => ({ name, byDefault: false, ...(make ? { make } : {}) });

const ENTRIES: readonly Entry[] = [
  off('AlwaysAdmit', () => alwaysAdmit),
  on('NamespaceLifecycle', ({ caches }) => namespaceLifecycle(caches)),
  off('NamespaceExists', ({ caches }) => namespaceExists(caches)),
  off('LimitPodHardAntiAffinityTopology', () => limitPodHardAntiAffinityTopology),
  on('LimitRanger', ({ caches }) => limitRanger(caches)),
  on('ServiceAccount', serviceAccount),
  // Off by default in the original, but every installer turns it on, and nodes here count on it.
  on('NodeRestriction', nodeRestriction),
  on('TaintNodesByCondition', () => taintNodesByCondition),
  off('AlwaysPullImages', () => alwaysPullImages),
  on('PodSecurity', ({ caches, configuration }) => podSecurity(caches, configuration?.podSecurity ?? DEFAULT_POD_SECURITY)),
  off('PodNodeSelector', ({ caches, configuration }) => podNodeSelector(caches, configuration?.nodeSelectors ?? {})),
  on('Priority', ({ caches }) => priority(caches)),
  on('DefaultTolerationSeconds', () => defaultTolerationSeconds),
  off('PodTolerationRestriction', ({ caches, configuration }) => podTolerationRestriction(caches, configuration?.tolerations ?? {})),
  off('EventRateLimit', ({ clock, configuration }) => eventRateLimit(configuration?.eventLimits ?? [], clock)),
  off('ExtendedResourceToleration', () => extendedResourceToleration),
  on('DefaultStorageClass', ({ caches }) => defaultStorageClass(caches)),
  on('StorageObjectInUseProtection', () => storageObjectInUseProtection),
  off('OwnerReferencesPermissionEnforcement', ownerReferencesPermissionEnforcement),
  on('PersistentVolumeClaimResize', ({ caches }) => persistentVolumeClaimResize(caches)),
  on('RuntimeClass', ({ caches }) => runtimeClass(caches)),
  on('CertificateApproval', ({ authorizer }) => certificateApproval(authorizer)),
  on('CertificateSigning', ({ authorizer }) => certificateSigning(authorizer)),
  on('ClusterTrustBundleAttest', ({ authorizer }) => clusterTrustBundleAttest(authorizer)),
  on('CertificateSubjectRestriction', () => certificateSubjectRestriction),
  on('DefaultIngressClass', ({ caches }) => defaultIngressClass(caches)),
  off('DenyServiceExternalIPs', () => denyServiceExternalIPs),
  on('PodTopologyLabels', ({ caches }) => podTopologyLabels(caches)),
  // Policies and webhooks see what all of the above made of a request, and come before what counts it.
  on('MutatingAdmissionPolicy'),
  on('MutatingAdmissionWebhook'),
  on('ValidatingAdmissionPolicy'),
  on('ValidatingAdmissionWebhook'),
  on('ResourceQuota', (options) => resourceQuota({ ...options, limited: options.configuration?.limitedResources ?? [] })),
  off('AlwaysDeny', () => alwaysDeny),
];

/** @throws ConfigurationError for names that no plugin has, for names that are both wanted and not, and for what a wanted plugin needs to be told */
export function checkAdmissionConfig({ enable = [], disable = [], plugins }: AdmissionConfig): void {
  for (const [flag, names] of [
    ['enable', enable],
    ['disable', disable],
  ] as const) {
    const unknown = names.find((one) => !ENTRIES.some(({ name }) => name === one));
    if (unknown !== undefined) throw new ConfigurationError(`${flag}-admission-plugins plugin ${JSON.stringify(unknown)} is unknown`);
  }
  const both = enable.find((name) => disable.includes(name));
  if (both !== undefined) throw new ConfigurationError(`${both} in enable-admission-plugins and disable-admission-plugins overlapped`);
  if (enable.includes('EventRateLimit') && !plugins?.eventLimits)
    throw new ConfigurationError('failed to initialize admission: couldn\'t init admission plugin "EventRateLimit": configuration is required');
}

/** The plugins of a server, in order. @throws ConfigurationError for a choice that cannot be */
export function admissionPlugins(options: PluginOptions, config: AdmissionConfig = {}): readonly AdmissionPlugin[] {
  checkAdmissionConfig(config);
  const { enable = [], disable = [], plugins } = config;
  const all: PluginOptions = plugins ? { ...options, configuration: plugins } : options;
  return ENTRIES.flatMap(({ name, byDefault, make }) => {
    const wanted = (byDefault || enable.includes(name)) && !disable.includes(name);
    return wanted && make ? [make(all)] : [];
  });
}
