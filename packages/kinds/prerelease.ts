/**
 * Beta and alpha versions and kinds: off unless `--runtime-config` asks for them.
 */
import type { Kind } from '#machinery/kind.ts';
import { mutatingAdmissionPolicies } from './admissionregistration/mutating-admission-policy/kind.ts';
import { mutatingAdmissionPolicyBindings } from './admissionregistration/mutating-admission-policy-binding/kind.ts';
import { clusterTrustBundles } from './certificates/cluster-trust-bundle/kind.ts';
import { podCertificateRequests } from './certificates/pod-certificate-request/kind.ts';
import { leaseCandidates } from './coordination/lease-candidate/kind.ts';
import { storageVersions } from './internal/storage-version/kind.ts';
import { ipAddresses } from './networking/ip-address/kind.ts';
import { serviceCIDRs } from './networking/service-cidr/kind.ts';
import { otherVersion } from './other-version.ts';
import { deviceClasses } from './resource/device-class/kind.ts';
import { deviceTaintRules } from './resource/device-taint-rule/kind.ts';
import { resourceClaims } from './resource/resource-claim/kind.ts';
import { resourceClaimTemplates } from './resource/resource-claim-template/kind.ts';
import { resourceV1beta1Kinds } from './resource/v1beta1/kinds.ts';
import { resourcePoolStatusRequests } from './resource/resource-pool-status-request/kind.ts';
import { resourceSlices } from './resource/resource-slice/kind.ts';
import { podGroups } from './scheduling/pod-group/kind.ts';
import { workloads } from './scheduling/workload/kind.ts';
import { volumeAttributesClasses } from './storage/volume-attributes-class/kind.ts';
import { storageVersionMigrations } from './storagemigration/storage-version-migration/kind.ts';

/** All of them. */
export const prereleaseKinds: readonly Kind[] = [
  ...['v1beta1', 'v1alpha1'].flatMap((version): Kind[] => [otherVersion(mutatingAdmissionPolicies, version), otherVersion(mutatingAdmissionPolicyBindings, version)]),
  clusterTrustBundles,
  { ...otherVersion(clusterTrustBundles, 'v1alpha1'), deprecation: 'certificates.k8s.io/v1alpha1 ClusterTrustBundle is deprecated in v1.34+' },
  podCertificateRequests,
  leaseCandidates,
  otherVersion(leaseCandidates, 'v1alpha2'),
  otherVersion(ipAddresses, 'v1beta1'),
  otherVersion(serviceCIDRs, 'v1beta1'),
  otherVersion(deviceClasses, 'v1beta2'),
  otherVersion(resourceClaims, 'v1beta2'),
  otherVersion(resourceClaimTemplates, 'v1beta2'),
  otherVersion(resourceSlices, 'v1beta2'),
  ...resourceV1beta1Kinds,
  deviceTaintRules,
  otherVersion(deviceTaintRules, 'v1alpha3'),
  { ...otherVersion(volumeAttributesClasses, 'v1beta1'), deprecation: 'storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated in v1.34+; use storage.k8s.io/v1 VolumeAttributesClass' },
  resourcePoolStatusRequests,
  workloads,
  podGroups,
  storageVersionMigrations,
  storageVersions,
];
