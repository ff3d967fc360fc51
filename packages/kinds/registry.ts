/**
 * Every built-in kind, in discovery order of their groups. The API server serves these; adding a kind here is all it takes.
 */
import type { Kind } from '#machinery/kind.ts';
import { bindings } from './core/binding/kind.ts';
import { componentStatuses } from './core/component-status/kind.ts';
import { configMaps } from './core/config-map/kind.ts';
import { endpoints } from './core/endpoints/kind.ts';
import { events } from './core/event/kind.ts';
import { limitRanges } from './core/limit-range/kind.ts';
import { namespaces } from './core/namespace/kind.ts';
import { nodes } from './core/node/kind.ts';
import { persistentVolumeClaims } from './core/persistent-volume-claim/kind.ts';
import { persistentVolumes } from './core/persistent-volume/kind.ts';
import { pods } from './core/pod/kind.ts';
import { podTemplates } from './core/pod-template/kind.ts';
import { replicationControllers } from './core/replication-controller/kind.ts';
import { resourceQuotas } from './core/resource-quota/kind.ts';
import { secrets } from './core/secret/kind.ts';
import { serviceAccounts } from './core/service-account/kind.ts';
import { services } from './core/service/kind.ts';
import { mutatingAdmissionPolicies } from './admissionregistration/mutating-admission-policy/kind.ts';
import { mutatingAdmissionPolicyBindings } from './admissionregistration/mutating-admission-policy-binding/kind.ts';
import { mutatingWebhookConfigurations } from './admissionregistration/mutating-webhook-configuration/kind.ts';
import { validatingAdmissionPolicies } from './admissionregistration/validating-admission-policy/kind.ts';
import { validatingAdmissionPolicyBindings } from './admissionregistration/validating-admission-policy-binding/kind.ts';
import { validatingWebhookConfigurations } from './admissionregistration/validating-webhook-configuration/kind.ts';
import { customResourceDefinitions } from './apiextensions/custom-resource-definition/kind.ts';
import { apiServices } from './apiregistration/api-service/kind.ts';
import { controllerRevisions } from './apps/controller-revision/kind.ts';
import { daemonSets } from './apps/daemon-set/kind.ts';
import { deployments } from './apps/deployment/kind.ts';
import { replicaSets } from './apps/replica-set/kind.ts';
import { statefulSets } from './apps/stateful-set/kind.ts';
import { selfSubjectReviews } from './authentication/self-subject-review/kind.ts';
import { tokenReviews } from './authentication/token-review/kind.ts';
import { localSubjectAccessReviews } from './authorization/local-subject-access-review/kind.ts';
import { selfSubjectAccessReviews } from './authorization/self-subject-access-review/kind.ts';
import { selfSubjectRulesReviews } from './authorization/self-subject-rules-review/kind.ts';
import { subjectAccessReviews } from './authorization/subject-access-review/kind.ts';
import { horizontalPodAutoscalersV1 } from './autoscaling/horizontal-pod-autoscaler/kind-v1.ts';
import { horizontalPodAutoscalers } from './autoscaling/horizontal-pod-autoscaler/kind.ts';
import { cronJobs } from './batch/cron-job/kind.ts';
import { jobs } from './batch/job/kind.ts';
import { certificateSigningRequests } from './certificates/certificate-signing-request/kind.ts';
import { leases } from './coordination/lease/kind.ts';
import { endpointSlices } from './discovery/endpoint-slice/kind.ts';
import { eventsV1 } from './events/event/kind.ts';
import { flowSchemas } from './flowcontrol/flow-schema/kind.ts';
import { priorityLevelConfigurations } from './flowcontrol/priority-level-configuration/kind.ts';
import { ingressClasses } from './networking/ingress-class/kind.ts';
import { ingresses } from './networking/ingress/kind.ts';
import { ipAddresses } from './networking/ip-address/kind.ts';
import { networkPolicies } from './networking/network-policy/kind.ts';
import { serviceCIDRs } from './networking/service-cidr/kind.ts';
import { runtimeClasses } from './node/runtime-class/kind.ts';
import { podDisruptionBudgets } from './policy/pod-disruption-budget/kind.ts';
import { clusterRoleBindings } from './rbac/cluster-role-binding/kind.ts';
import { clusterRoles } from './rbac/cluster-role/kind.ts';
import { roleBindings } from './rbac/role-binding/kind.ts';
import { roles } from './rbac/role/kind.ts';
import { deviceClasses } from './resource/device-class/kind.ts';
import { resourceClaims } from './resource/resource-claim/kind.ts';
import { resourceClaimTemplates } from './resource/resource-claim-template/kind.ts';
import { resourceSlices } from './resource/resource-slice/kind.ts';
import { priorityClasses } from './scheduling/priority-class/kind.ts';
import { csiDrivers } from './storage/csi-driver/kind.ts';
import { csiNodes } from './storage/csi-node/kind.ts';
import { csiStorageCapacities } from './storage/csi-storage-capacity/kind.ts';
import { storageClasses } from './storage/storage-class/kind.ts';
import { volumeAttachments } from './storage/volume-attachment/kind.ts';
import { volumeAttributesClasses } from './storage/volume-attributes-class/kind.ts';

/** All kinds of the GA groups. */
export const builtinKinds: readonly Kind[] = [
  bindings,
  componentStatuses,
  configMaps,
  endpoints,
  events,
  limitRanges,
  namespaces,
  nodes,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  podTemplates,
  replicationControllers,
  resourceQuotas,
  secrets,
  serviceAccounts,
  services,
  mutatingAdmissionPolicies,
  mutatingAdmissionPolicyBindings,
  mutatingWebhookConfigurations,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
  validatingWebhookConfigurations,
  customResourceDefinitions,
  apiServices,
  controllerRevisions,
  daemonSets,
  deployments,
  replicaSets,
  statefulSets,
  selfSubjectReviews,
  tokenReviews,
  localSubjectAccessReviews,
  selfSubjectAccessReviews,
  selfSubjectRulesReviews,
  subjectAccessReviews,
  horizontalPodAutoscalersV1,
  horizontalPodAutoscalers,
  cronJobs,
  jobs,
  certificateSigningRequests,
  leases,
  endpointSlices,
  eventsV1,
  flowSchemas,
  priorityLevelConfigurations,
  ingressClasses,
  ingresses,
  ipAddresses,
  networkPolicies,
  serviceCIDRs,
  runtimeClasses,
  podDisruptionBudgets,
  clusterRoleBindings,
  clusterRoles,
  roleBindings,
  roles,
  deviceClasses,
  resourceClaims,
  resourceClaimTemplates,
  resourceSlices,
  priorityClasses,
  csiDrivers,
  csiNodes,
  csiStorageCapacities,
  storageClasses,
  volumeAttachments,
  volumeAttributesClasses,
];
