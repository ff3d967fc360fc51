/**
 * Rules for a pod spec, in a pod or in a template.
 *
 * Source: kubernetes `pkg/apis/core/validation` ValidatePodSpec.
 */
import { at, child, duplicate, type FieldError, forbiddenField, invalid, required } from '#machinery/field-error.ts';
import { validateLabels } from '#machinery/meta-validation.ts';
import { inclusiveRangeMessage, nameIsDnsSubdomain } from '#machinery/names.ts';
import { type Gate, onByDefault } from '../../../feature-gates.ts';
import { goStruct } from '../../../go-struct.ts';
import { dnsLabel, dnsSubdomain, invalidEach, MAX_INT32, qualifiedName, requiredOneOf } from '../../../rules.ts';
import { type PodResourceClaim, podResourceClaim, type PodSchedulingGroup, type PodSpec } from '../schema.ts';
import { affinityRules } from './affinity.ts';
import { hostNetworkPorts } from './container-ports.ts';
import { type ContainerContext, validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts';
import { dnsConfigRules, hostAliases, hostnameOverride } from './dns.ts';
import { envFileVolumes } from './env.ts';
import { containerRequirements, podLevelResources } from './resources.ts';
import { podSecurity } from './security.ts';
import { spreadRules } from './spread.ts';
import { tolerationRules } from './tolerations.ts';
import { validateVolumes } from './volumes.ts';
import { hostProcessRules, hostUsersRules, operatingSystem } from './windows.ts';

const DNS_POLICIES: readonly string[] = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const NO_CLAIMS: ReadonlySet<string> = new Set();

/** Where the spec stands. */
export interface SpecContext {
  /** The pod's name when the spec is a pod's. */
  readonly podName?: string | undefined;
  /** A pod, not a template. */
  readonly isPod: boolean;
  /** The API's copy of a pod that a kubelet runs from a file. */
  readonly isMirror?: boolean;
  readonly gate?: Gate;
}

/** A pod spec. */
export function podSpecRules(field: string, spec: PodSpec, context: SpecContext): FieldError[] {
  const errors: FieldError[] = [];
  const { isPod, isMirror = false, gate = onByDefault } = context;
  if (spec.terminationGracePeriodSeconds === undefined) errors.push(required(child(field, 'terminationGracePeriodSeconds')));
  const volumes = validateVolumes(child(field, 'volumes'), spec.volumes ?? [], { podName: context.podName, isPod });
  errors.push(...volumes.errors);
  const claims = spec.resourceClaims;
  if (claims) errors.push(...claimRules(child(field, 'resourceClaims'), claims, isMirror));
  const inContainers: ContainerContext = {
    volumes: volumes.sound,
    claimNames: claims ? new Set(claims.map(({ name }) => name).filter(Boolean)) : NO_CLAIMS,
    grace: spec.terminationGracePeriodSeconds,
    os: spec.os?.name,
    restartPolicy: spec.restartPolicy,
    hostUsers: spec.hostUsers !== false,
    isPod,
  };
  errors.push(...validateContainers(child(field, 'containers'), spec.containers, inContainers));
  if (spec.initContainers) errors.push(...validateInitContainers(child(field, 'initContainers'), spec, inContainers));
  if (spec.ephemeralContainers) errors.push(...validateEphemeralContainers(child(field, 'ephemeralContainers'), spec, inContainers));
  errors.push(
    ...podLevelResources(child(field, 'resources'), spec, inContainers.claimNames),
    ...hostNetworkPorts(field, spec, isPod),
    ...placementRules(field, spec, gate),
    ...identityRules(field, spec, gate),
  );
  return errors;
}

/** Host, network, security and scheduling members. */
function placementRules(field: string, spec: PodSpec, gate: Gate): FieldError[] {
  const errors = [
    ...requiredOneOf(child(field, 'restartPolicy'), spec.restartPolicy, ['Always', 'OnFailure', 'Never']),
    ...requiredOneOf(child(field, 'dnsPolicy'), spec.dnsPolicy, DNS_POLICIES),
    ...validateLabels(spec.nodeSelector, child(field, 'nodeSelector')),
    ...podSecurity(child(field, 'securityContext'), spec),
    ...dnsConfigRules(child(field, 'dnsConfig'), spec.dnsConfig, spec.dnsPolicy),
    ...hostProcessRules(field, spec),
    ...hostUsersRules(field, spec, gate),
    ...hostnameOverride(field, spec),
  ];
  const { affinity, readinessGates = [], schedulingGates, topologySpreadConstraints: spread } = spec;
  if (affinity) errors.push(...affinityRules(child(field, 'affinity'), affinity));
  for (const [index, { conditionType }] of readinessGates.entries())
    errors.push(...qualifiedName(child(at(child(field, 'readinessGates'), index), 'conditionType'), conditionType));
  if (schedulingGates) errors.push(...schedulingGateRules(child(field, 'schedulingGates'), schedulingGates));
  if (spread) errors.push(...spreadRules(child(field, 'topologySpreadConstraints'), spread, gate));
  return errors;
}

/** Names, deadlines and references. */
function identityRules(field: string, spec: PodSpec, gate: Gate): FieldError[] {
  const errors: FieldError[] = [];
  const name = (member: 'serviceAccountName' | 'nodeName' | 'priorityClassName' | 'runtimeClassName'): void => {
    const value = spec[member];
    if (value || (member === 'runtimeClassName' && value !== undefined))
      errors.push(...invalidEach(child(field, member), value, nameIsDnsSubdomain(value, false)));
  };
  name('serviceAccountName');
  name('nodeName');
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32))
    errors.push(invalid(child(field, 'activeDeadlineSeconds'), deadline, inclusiveRangeMessage(1, MAX_INT32)));
  if (spec.hostname) errors.push(...dnsLabel(child(field, 'hostname'), spec.hostname));
  if (spec.subdomain) errors.push(...dnsLabel(child(field, 'subdomain'), spec.subdomain));
  if (spec.tolerations) errors.push(...tolerationRules(child(field, 'tolerations'), spec.tolerations, gate));
  if (spec.hostAliases) errors.push(...hostAliases(child(field, 'hostAliases'), spec.hostAliases));
  name('priorityClassName');
  name('runtimeClassName');
  if (spec.preemptionPolicy !== undefined)
    errors.push(...requiredOneOf(child(field, 'preemptionPolicy'), spec.preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  if (spec.overhead) errors.push(...containerRequirements(child(field, 'overhead'), { limits: spec.overhead }, NO_CLAIMS));
  errors.push(...operatingSystem(field, spec));
  if (spec.schedulingGroup) errors.push(...schedulingGroupRules(child(field, 'schedulingGroup', 'podGroupName'), spec.schedulingGroup));
  return [...errors, ...envFileVolumes(field, spec)];
}

function schedulingGateRules(field: string, gates: readonly { readonly name: string }[]): FieldError[] {
  const seen = new Set<string>();
  return gates.flatMap(({ name }, index) => {
    const errors = qualifiedName(at(field, index), name);
    if (seen.has(name)) errors.push(duplicate(at(field, index), name));
    seen.add(name);
    return errors;
  });
}

function schedulingGroupRules(field: string, { podGroupName: name }: PodSchedulingGroup): FieldError[] {
  return name === undefined ? [invalid(field, null, 'must specify one of: `podGroupName`')] : dnsSubdomain(field, name);
}

function claimRules(field: string, claims: readonly PodResourceClaim[], isMirror: boolean): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap((claim, index) => {
    if (isMirror) return [forbiddenField('', 'static pods do not support resource claims')];
    const here = at(field, index);
    const { name, resourceClaimName, resourceClaimTemplateName } = claim;
    const errors: FieldError[] = [];
    if (!name) errors.push(required(child(here, 'name')));
    else if (seen.has(name)) errors.push(duplicate(child(here, 'name'), name));
    else errors.push(...dnsLabel(child(here, 'name'), name));
    seen.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined)
      errors.push(invalid(here, goStruct(podResourceClaim, claim), 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'));
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined)
      errors.push(invalid(here, goStruct(podResourceClaim, claim), 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'));
    if (resourceClaimName !== undefined) errors.push(...dnsSubdomain(child(here, 'resourceClaimName'), resourceClaimName));
    if (resourceClaimTemplateName !== undefined) errors.push(...dnsSubdomain(child(here, 'resourceClaimTemplateName'), resourceClaimTemplateName));
    return errors;
  });
}
